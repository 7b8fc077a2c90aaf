"""Which column of a file is which field of the class: what the user says first, then the headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from geodata.errors import InvalidInputError
from geodata.imports.fields import Field, ImportClass, Shape
from geodata.imports.values import plain

LON = Field("lon", "经度 lng longitude long x坐标 x xcoord point_x 东坐标 横坐标 easting")
LAT = Field("lat", "纬度 latitude y坐标 y ycoord point_y 北坐标 纵坐标 northing")
EASTING = Field("lon", "东坐标 横坐标 easting x坐标 x xcoord point_x 经度 lng longitude")
NORTHING = Field("lat", "北坐标 纵坐标 northing y坐标 y ycoord point_y 纬度 latitude")
WKT = Field("wkt", "geometry geom shape 几何 坐标串 边界")


@dataclass(frozen=True, slots=True)
class Columns:
    """The outcome of matching. Fields of position are `lon`, `lat` and `wkt`."""

    of_field: dict[str, str]
    """Header of the file by field."""
    constants: dict[str, str]
    """What the user sets for all rows, by field."""
    ignored: list[str]
    """Headers that nothing uses."""

    def given(self, field: str) -> bool:
        """Whether the file or the user gives this field."""
        return field in self.of_field or field in self.constants


def match(
    importing: ImportClass,
    headers: Sequence[str],
    *,
    mapped: Mapping[str, str],
    constants: Mapping[str, str],
    source_id: str,
    degrees: bool,
    has_shapes: bool,
) -> Columns:
    """Match headers with the fields of a class.

    Args:
        importing: the class.
        headers: the file's columns.
        mapped: field by column, as the user says; wins over everything else.
        constants: value by field, for all rows.
        source_id: column with the supplier's own ids; empty: by its header.
        degrees: positions are longitude and latitude (a file may hold both these and a grid's).
        has_shapes: the file brings geometries, so no column is needed for them.

    Raises:
        InvalidInputError: a column or field that does not exist, a field given twice, or a required one not at all.
    """
    fields = {item.name: item for item in (*importing.fields, *(() if has_shapes else _position(importing, degrees=degrees)))}
    wanted = dict(mapped) | ({source_id: _own_id(importing)} if source_id else {})
    _refuse_strangers(importing, headers, fields, wanted, constants)
    taken: dict[str, str] = {}
    for column, name in wanted.items():
        if name in taken or name in constants:
            raise InvalidInputError(f"{name} is given twice")
        taken[name] = column
    free = [header for header in headers if header not in taken.values()]
    for item in fields.values():
        if item.name in taken or item.name in constants:
            continue
        header = _by_alias(item, free)
        if header is not None:
            taken[item.name] = header
            free.remove(header)
    found = Columns(taken, dict(constants), free)
    _refuse_gaps(importing, found, headers, has_shapes=has_shapes)
    return found


def _position(importing: ImportClass, *, degrees: bool) -> tuple[Field, ...]:
    pair = (LON, LAT) if degrees else (EASTING, NORTHING)
    return (*pair, WKT) if importing.shape is Shape.POINT else (WKT,)


def _own_id(importing: ImportClass) -> str:
    return importing.source_column or importing.natural_key


def _by_alias(item: Field, headers: Sequence[str]) -> str | None:
    by_plain = {plain(header): header for header in reversed(headers)}
    for alias in (item.name, *item.aliases.split()):
        if plain(alias) in by_plain:
            return by_plain[plain(alias)]
    return None


def _refuse_strangers(
    importing: ImportClass, headers: Sequence[str], fields: Mapping[str, Field], mapped: Mapping[str, str], constants: Mapping[str, str]
) -> None:
    for column in mapped:
        if column not in headers:
            raise InvalidInputError(f"the file has no column {column!r}; it has {', '.join(headers)}")
    for name in (*mapped.values(), *constants):
        if name not in fields:
            raise InvalidInputError(f"{importing.key} has no field {name!r}; it has {', '.join(fields)}")


def _refuse_gaps(importing: ImportClass, found: Columns, headers: Sequence[str], *, has_shapes: bool) -> None:
    having = f"the file has {', '.join(headers)}"
    missing = [item.name for item in importing.fields if item.required and not found.given(item.name)]
    if missing:
        raise InvalidInputError(
            f"no column for {', '.join(missing)}: name it with --map COLUMN={missing[0]}, or give one value with "
            f"--set {missing[0]}=VALUE; {having}"
        )
    keys = [name for name in (importing.source_column, importing.natural_key) if name]
    if not any(found.given(name) for name in keys):
        raise InvalidInputError(f"no column identifies the rows ({' or '.join(keys)}): name one with --source-id; {having}")
    placed = has_shapes or found.given("wkt") or (found.given("lon") and found.given("lat")) or found.given("building")
    if importing.position_required and not placed:
        wanted = "a geometry (wkt)" if importing.shape is Shape.POLYGON else "a position (lon and lat, or wkt)"
        raise InvalidInputError(f"no column gives {wanted}: name it with --map; {having}")
