"""What is generated speaks the language of the layers: every coded value has its word."""

import re
from operator import attrgetter

import pytest

from geodata.db import Conn
from geodata.source import Kind
from layers.base import Layer
from layers.registry import LAYERS


@pytest.mark.parametrize("layer", LAYERS, ids=attrgetter("key"))
def test_every_coded_value_has_a_word(toy_conn: Conn, layer: Layer) -> None:
    for field in layer.fields:
        if field.choices and field.kind in {Kind.CODE, Kind.BOOL}:
            rows = toy_conn.execute(
                f'SELECT DISTINCT "{field.name}"::text FROM hall.{layer.view} WHERE "{field.name}" IS NOT NULL'
            ).fetchall()
            assert {value for (value,) in rows} <= field.choices.keys(), field.name


def test_no_personal_value_can_be_real(toy_conn: Conn) -> None:
    phones = """
        SELECT phone FROM hall.person UNION SELECT phone FROM hall.organization UNION SELECT phone FROM hall.worker
        UNION SELECT phone FROM hall.vehicle UNION SELECT phone FROM hall.resource UNION SELECT reporter_phone FROM hall.event
    """
    assert all(re.fullmatch(r"110\d{8}", phone) for (phone,) in toy_conn.execute(phones).fetchall() if phone)
    assert toy_conn.execute("SELECT count(*) FROM hall.person WHERE id_no !~ '^990000[0-9]{11}[0-9X]$'").fetchone() == (0,)
    assert toy_conn.execute("SELECT count(*) FROM hall.organization WHERE uscc !~ '^[159][129]990000'").fetchone() == (0,)
