"""Classes, names and addresses of places."""

from pathlib import Path

import pytest

from geodata.osm.extract import read_extract
from geodata.osm.places import RULES, address_of, class_of, places
from tests.geodata.osm.writer import Drawing


@pytest.mark.parametrize(
    ("tags", "place_class"),
    [
        ({"amenity": "school"}, "school"),
        ({"amenity": "hospital", "building": "yes"}, "hospital"),
        ({"amenity": "police", "office": "government"}, "police"),
        ({"office": "government"}, "government"),
        ({"office": "company"}, "office"),
        ({"shop": "supermarket"}, "shop"),
        ({"highway": "bus_stop", "public_transport": "platform"}, "bus_stop"),
        ({"railway": "station"}, "station"),
        ({"place": "quarter"}, "quarter"),
        ({"leisure": "park"}, "park"),
        ({"shop": "no"}, None),
        ({"highway": "crossing"}, None),
        ({"building": "yes"}, None),
    ],
)
def test_tags_decide_the_class(tags: dict[str, str], place_class: str | None) -> None:
    assert class_of(tags) == place_class


def test_every_class_is_one_that_the_layer_knows() -> None:
    from layers.places import CLASSES

    assert {place_class for place_class, _, _ in RULES} <= set(CLASSES)


def test_an_address_is_street_and_number() -> None:
    assert address_of({"addr:street": "新馬路 Avenida", "addr:housenumber": "12-14"}) == "新马路12-14号"
    assert address_of({"addr:street": "新馬路", "addr:housenumber": "1號地下"}) == "新马路1号地下"
    assert address_of({"addr:street": "Rue Grimaldi", "addr:housenumber": "5"}) == "Rue Grimaldi, 5"
    assert address_of({"addr:housenumber": "5"}) is None


def test_named_things_and_what_matters_in_an_emergency_are_places(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.way([(10, 0), (10.01, 0)], highway="residential")
    drawing.node(10.001, 0.001, amenity="cafe", name="好好咖啡 Café", phone="+853 1234")
    drawing.node(10.002, 0.001, amenity="cafe")
    drawing.node(10.003, 0.001, amenity="toilets")
    drawing.node(10.004, 0.001, amenity="parking", access="private")
    drawing.node(10.005, 0.001, emergency="fire_hydrant")
    drawing.node(10.006, 0.001, amenity="bank", name="$")
    drawing.box(10.002, 0.002, 10.004, 0.004, leisure="park", name="梅園")
    extract = read_extract(drawing.write(tmp_path / "places.osm"))
    found = places(extract.points, extract.areas)
    assert list(zip(found.place_class, found.name, found.phone, strict=True)) == [
        ("food", "好好咖啡", "+853 1234"),
        ("toilet", "公厕", None),
        ("other", "消火栓", None),
        ("park", "梅园", None),
    ]
    assert found.name_raw == ["好好咖啡 Café", "", "", "梅園"]
    assert (round(found.point[3].x, 6), round(found.point[3].y, 6)) == (10.003, 0.003)
