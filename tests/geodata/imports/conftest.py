"""A small district, and imports into it that end with the test."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from geodata.db import Conn
from geodata.imports.run import Order, Summary, run_import
from tests import district

FILES = Path(__file__).parents[2] / "data" / "imports"
Import = Callable[..., Summary]


@pytest.fixture
def hall(conn: Conn) -> Conn:
    """A district of two streets side by side: 113.54..113.545..113.55 E, 22.19..22.195 N."""
    district.fill(conn)
    conn.execute("INSERT INTO hall.part_class VALUES ('0118', '路灯', '01')")
    return conn


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Where bad rows are listed."""
    return tmp_path / "bad.csv"


@pytest.fixture
def load(hall: Conn, report: Path) -> Import:
    """Import a file into the district: `load(path, "cameras", crs="gcj02", …)`."""

    def run(file: Path, layer: str, **options: Any) -> Summary:
        return run_import(hall, Order(file=file, layer=layer, **{"report": report, "max_bad": 0.5, **options}))

    return run


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as a CSV file: `written([{"名称": "a"}, …])`."""

    def write(rows: Sequence[Mapping[str, object]], name: str = "own.csv", encoding: str = "utf-8") -> Path:
        header = list(rows[0])
        lines = [",".join(header), *(",".join(str(row[key]) for key in header) for row in rows)]
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return write


def one(conn: Conn, query: str, *values: object) -> Any:
    """First column of the first row."""
    row = conn.execute(query.encode(), values).fetchone()
    return row[0] if row else None
