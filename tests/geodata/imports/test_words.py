"""The import understands every code that the layers show, in both languages."""

import pytest

from geodata.db import Conn
from geodata.imports.classes import CLASSES
from geodata.imports.columns import match
from geodata.imports.fields import Field as ImportField
from geodata.imports.fields import ImportClass
from geodata.imports.values import read_column
from geodata.source import Kind
from layers import registry
from layers.base import Field
from tests.geodata.imports.conftest import one

PAIRS = [
    pytest.param(field, shown, id=f"{importing.key}.{field.name}")
    for importing in CLASSES
    for field in importing.fields
    for shown in registry.get(importing.key).fields
    if field.name == shown.name and field.words and shown.choices
]


@pytest.mark.parametrize(("field", "shown"), PAIRS)
def test_codes_and_words_of_the_layer_are_understood(field: ImportField, shown: Field) -> None:
    assert set(field.words) == set(shown.choices)
    for code, text in shown.choices.items():
        values, reasons = read_column(field, [code, text.zh, text.en], {})
        assert not reasons
        assert values == [code == "true" if field.kind is Kind.BOOL else code] * 3


@pytest.mark.parametrize("importing", CLASSES, ids=lambda importing: importing.key)
def test_titles_of_the_layer_are_known_as_headers(importing: ImportClass) -> None:
    layer = registry.get(importing.key)
    titles = {item.name: item.title.zh for item in layer.fields if (own := importing.named(item.name)) and own.aliases}
    source = [importing.source_column] if importing.source_column else []
    headers = list(dict.fromkeys([*titles.values(), *source]))
    constants = {item.name: "x" for item in importing.fields if item.required and item.name not in titles and item.name not in source}
    found = match(importing, headers, mapped={}, constants=constants, source_id="", degrees=True, has_shapes=True)
    assert {name: found.of_field.get(name) for name in titles} == titles


FILLED = {"id", "geom", "grid_code", "area_m2", "flags", "geom_3857", "tags", "worker_id"}
SETTLED = {
    "azimuth_deg",  # a full circle where it is not known
    "reported_at",  # of a worker: without it there is no position
    "place_text",  # empty where the file names no place
}


@pytest.mark.parametrize("importing", CLASSES, ids=lambda importing: importing.key)
def test_no_column_that_must_hold_something_is_left_empty(conn: Conn, importing: ImportClass) -> None:
    """Every NOT NULL column is required of the file, has a default, is numbered, constant or filled from others."""
    tables = [importing.table, importing.second.table if importing.second else ""]
    query = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'hall' AND table_name = ANY(%s) AND is_nullable = 'NO'"
    fields = {item.name: item for item in importing.fields}
    for (name,) in conn.execute(query, [tables]).fetchall():
        field = fields.get(name)
        if field is None:
            defaulted = one(
                conn, "SELECT column_default FROM information_schema.columns WHERE table_schema = 'hall' AND table_name = %s AND column_name = %s",
                importing.table, name,
            )  # fmt: skip
            assert name in FILLED or name in importing.constants or defaulted is not None, name
        else:
            numbered = importing.numbering is not None and name == importing.natural_key
            assert field.required or field.default is not None or field.filled_from or numbered or name in FILLED or name in SETTLED, name
