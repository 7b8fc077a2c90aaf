"""`python -m geodata.imports.describe`: the page of all importable fields, docs/import-fields.md, from the declarations."""

from collections.abc import Iterator

from geodata.imports.classes import CLASSES
from geodata.imports.fields import Field, ImportClass, Shape
from geodata.source import Kind

KINDS = {
    Kind.TEXT: "text",
    Kind.CODE: "one of",
    Kind.INT: "whole number",
    Kind.FLOAT: "number",
    Kind.BOOL: "yes or no",
    Kind.DATE: "date",
    Kind.TIME: "time",
}
INTRODUCTION = """# Fields of the import

Made by `python -m geodata.imports.describe`; how to import is in [import.md](import.md). Headers are compared without case, blanks and signs; the name
of the field itself always counts. Points also need a position: `lon` and `lat` (经度, 纬度, 东坐标, 北坐标, easting, northing, x, y …), `wkt`, the geometry
of the file, or `building`. Polygons need the geometry of the file or `wkt`."""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, *(_section(item.key, item) for item in CLASSES)]
    return "\n\n".join(parts) + "\n"


def _section(title: str, importing: ImportClass) -> str:
    shape = "Polygons" if importing.shape is Shape.POLYGON else "Points"
    keys = " or ".join(f"`{key}`" for key in (importing.source_column, importing.natural_key) if key)
    numbered = f" A row without `{importing.natural_key}` gets the next free one." if importing.numbering else ""
    lines = [f"## {title}", "", f"{shape}; a row is found again by {keys}.{numbered}", "", "| field | headers | value |", "|---|---|---|"]
    lines += [
        f"| `{item.name}` | {', '.join(item.aliases.split())} | {'; '.join(_facts(item))} |" for item in importing.fields if item.aliases
    ]
    return "\n".join(lines)


def _facts(item: Field) -> Iterator[str]:
    if item.required:
        yield "**required**"
    if item.catalogue:
        yield f"a code or name of `hall.{item.catalogue}`"
    elif item.kind is Kind.CODE:
        yield "one of " + ", ".join(f"`{code}` {names.split('|')[0]}" for code, names in item.words.items())
    else:
        yield (
            "list"
            if item.many
            else KINDS[item.kind] + (f" {item.low:.0f} to {item.high:.0f}" if item.low is not None and item.high is not None else "")
        )
    if item.check:
        yield "checked"
    if item.personal:
        yield "masked in reports"
    if item.default not in (None, []):
        yield f"else `{str(item.default).lower() if isinstance(item.default, bool) else item.default}`"


if __name__ == "__main__":
    print(page(), end="")
