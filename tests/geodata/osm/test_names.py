"""One script per name."""

import pytest

from geodata.osm.names import chinese_name, display_name, short


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        ({"name": "孫逸仙大馬路 Avenida Dr. Sun Yat-Sen"}, "孙逸仙大马路"),
        ({"name": "青洲大馬路(青洲新路) Avenida"}, "青洲大马路"),
        ({"name": "Café", "name:zh": "咖啡館"}, "咖啡馆"),
        ({"name": "花王堂区", "name:zh": "花王堂區;大三巴"}, "花王堂区"),
        ({"name": "McDonald's 麥當勞"}, "McDonald's 麦当劳"),
        ({"name": "Rue Grimaldi"}, "Rue Grimaldi"),
        ({"name": "(工地)"}, "工地"),
        ({}, ""),
    ],
)
def test_names_are_shown_in_simplified_chinese_where_there_is_chinese(tags: dict[str, str], name: str) -> None:
    assert display_name(tags) == name


def test_a_name_without_chinese_is_no_chinese_name() -> None:
    assert chinese_name({"name": "Rue Grimaldi", "name:zh": "Rue Grimaldi"}) == ""


def test_a_second_name_goes() -> None:
    assert short("A / B") == "A"
    assert short("/") == "/"
