"""A checked batch into its table: one transaction, matched by the source's own ids, nothing touched that is already so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import numpy as np
from psycopg import Cursor, sql

from geodata.db import Conn
from geodata.errors import SetupError
from geodata.imports.batch import Batch
from geodata.imports.fields import ImportClass, SecondTable, Shape
from geodata.imports.read import Problem
from geodata.load import Column, as_column, copy_frame, geometry_hex, multi_polygons

STAGE = sql.Identifier("pg_temp", "imported")
FREE_NUMBERS = """
    WITH taken AS (
        SELECT left({key}, -%(digits)s) AS prefix, max(right({key}, %(digits)s)::integer) AS last
        FROM (SELECT {key} FROM {table} UNION ALL SELECT {key} FROM {stage}) AS every
        WHERE right({key}, %(digits)s) ~ '^[0-9]+$' GROUP BY 1
    ), fresh AS (
        SELECT row_no, code_prefix, row_number() OVER (PARTITION BY code_prefix ORDER BY row_no) AS place
        FROM {stage} WHERE id IS NULL AND {key} IS NULL
    ), numbered AS (
        SELECT row_no, code_prefix, (coalesce(last, 0) + place)::text AS number FROM fresh LEFT JOIN taken ON prefix = code_prefix
    )
    UPDATE {stage} AS s SET {key} = n.code_prefix || lpad(n.number, greatest(%(digits)s, length(n.number)), '0')
    FROM numbered AS n WHERE n.row_no = s.row_no
    RETURNING n.code_prefix, length(n.number)
"""
# Compared as bytes: these can be hashed, geometries cannot.
REPEATED = """
    WITH standing AS (
        SELECT ST_AsEWKB(geom) AS place FROM {stage} WHERE NOT 'zero' = ANY(flags)
        UNION ALL
        SELECT ST_AsEWKB(t.geom) FROM {table} AS t LEFT JOIN {stage} AS s ON s.id = t.id WHERE s.id IS NULL
    ), repeated AS (
        SELECT place FROM standing GROUP BY place HAVING count(*) > 1
    )
    UPDATE {stage} AS s SET flags = flags || ARRAY['duplicate_position'] FROM repeated AS r WHERE ST_AsEWKB(s.geom) = r.place
"""


KEPT_BY_HAND = """
    UPDATE {stage} AS s
    SET geom = t.geom, grid_code = t.grid_code, {column} = t.{column},
        flags = ARRAY(SELECT flag FROM unnest(s.flags) AS flag WHERE NOT flag IN ('zero', 'swapped', 'outside_district'))
    FROM {table} AS t WHERE t.id = s.id AND t.{column} = 'hand'
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the good rows."""

    new: int
    updated: int
    unchanged: int
    numbered: int
    """New rows that got their code here."""
    repeated_positions: int


class Stage:
    """The batch in a temporary table beside its target, inside the caller's transaction."""

    def __init__(self, conn: Conn, importing: ImportClass, batch: Batch) -> None:
        self._conn = conn
        self._importing = importing
        self._batch = batch
        self._table = sql.Identifier("hall", importing.table)
        second = importing.second
        own = set(second.columns) if second else set()
        names = [name for name in (*batch.values, "geom") if name != "code_prefix" and (name != "flags" or importing.flags)]
        self._columns = [name for name in names if name not in own]
        self._second_columns = [name for name in names if second and name in (*second.columns, *second.shared)]

    def fill(self) -> None:
        """Lock the target against other writers and copy the batch beside it."""
        second = self._importing.second
        of_second = [name for name in self._second_columns if second and name not in second.shared]
        self._run("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        self._run("DROP TABLE IF EXISTS {stage}")
        self._run(
            "CREATE TEMP TABLE imported ON COMMIT DROP AS SELECT 0 AS row_no, NULL::bigint AS id, ''::text AS fate, ''::text AS code_prefix, {names} "
            "FROM {table} AS t {joined} WITH NO DATA",
            names=_listed("t", self._columns) + (sql.SQL(", ") + _listed("u", of_second) if second else sql.SQL("")),
            joined=sql.SQL("CROSS JOIN {} AS u").format(sql.Identifier("hall", second.table)) if second else sql.SQL(""),
        )
        wanted = {*self._columns, *self._second_columns, "code_prefix"}
        frame: dict[str, Column] = {name: as_column(values) for name, values in self._batch.values.items() if name in wanted}
        lines = np.array(self._batch.lines, np.int64)
        copy_frame(self._conn, "pg_temp.imported", {"row_no": lines, **frame, "geom": self._geometries()})
        for copied in self._importing.copied:
            self._run(
                "UPDATE {stage} AS s SET {column} = c.{column} FROM {source} AS c WHERE c.code = s.{by}",
                column=copied.column,
                source=sql.Identifier("hall", copied.catalogue),
                by=copied.by,
            )
        self._run("ANALYZE {stage}")

    def match(self) -> list[Problem]:
        """Find the rows that exist already; return those that claim what belongs to another row, and leave these out."""
        importing = self._importing
        for name in filter(None, (importing.source_column, importing.natural_key)):
            self._run("UPDATE {stage} AS s SET id = t.id FROM {table} AS t WHERE s.id IS NULL AND t.{key} = s.{key}", key=name)
        for name in filter(None, (importing.source_column, importing.natural_key)):  # a row keeps the id that the file leaves out
            self._run("UPDATE {stage} AS s SET {key} = t.{key} FROM {table} AS t WHERE t.id = s.id AND s.{key} IS NULL", key=name)
        problems = []
        if importing.natural_key and importing.source_column:
            query = "SELECT s.row_no FROM {stage} AS s JOIN {table} AS t ON t.{key} = s.{key} WHERE t.id <> s.id"
            problems += self._refuse(query, importing.natural_key, "belongs to another row already")
            query = "SELECT row_no FROM {stage} AS s WHERE EXISTS (SELECT FROM {stage} AS o WHERE o.id = s.id AND o.row_no < s.row_no)"
            problems += self._refuse(query, importing.natural_key, "is the same row as another one of the file")
        if importing.unique:
            column, value = importing.unique.only
            query = (
                "SELECT s.row_no FROM {stage} AS s JOIN {table} AS t ON t.{key} = s.{key} WHERE s.{only} = {value} AND t.{only} = {value} "
                "AND t.id IS DISTINCT FROM s.id AND NOT EXISTS (SELECT FROM {stage} AS o WHERE o.id = t.id)"
            )
            problems += self._refuse(
                query, importing.unique.column, "belongs to another row already", only=column, value=sql.Literal(value)
            )
        return problems

    def write(self) -> Counts:
        """Number what has no code, mark repeated positions, then insert and update.

        Raises:
            SetupError: a prefix has no free number left.
        """
        if self._importing.by_hand:
            self._run(KEPT_BY_HAND, column=self._importing.by_hand)
        numbered = self._number()
        repeated = self._mark_repeated() if self._importing.apart else 0
        self._judge()
        rows = self._run("SELECT fate, count(*) FROM {stage} GROUP BY fate").fetchall()
        counts = {str(fate): int(count) for fate, count in rows}
        if counts.get("changed"):
            self._update()
        if counts.get("new"):
            self._insert()
        if self._importing.second and (counts.get("changed") or counts.get("new")):
            self._write_second(self._importing.second)
        return Counts(counts.get("new", 0), counts.get("changed", 0), counts.get("same", 0), numbered, repeated)

    def close(self) -> None:
        """Drop the stage before the transaction ends, so that a caller may import again in it."""
        self._run("DROP TABLE IF EXISTS {stage}")

    def _number(self) -> int:
        numbering = self._importing.numbering
        if numbering is None:
            return 0
        rows = self._run(FREE_NUMBERS, {"digits": numbering.digits}, key=self._importing.natural_key).fetchall()
        full = next((str(prefix) for prefix, length in rows if length > numbering.digits), None)
        if full is not None:
            raise SetupError(f"there is no free number of {numbering.digits} digits left behind {full}")
        return len(rows)

    def _mark_repeated(self) -> int:
        return self._run(REPEATED).rowcount

    def _judge(self) -> None:
        """Mark every row as new, changed or same, by the columns that the file decides."""
        self._run("UPDATE {stage} SET fate = CASE WHEN id IS NULL THEN 'new' ELSE 'same' END")
        decided = [name for name in self._columns if name in self._batch.decided]
        self._run(
            "UPDATE {stage} AS s SET fate = 'changed' FROM {table} AS t WHERE t.id = s.id AND ({mine}) IS DISTINCT FROM ({theirs})",
            mine=_listed("t", decided),
            theirs=_listed("s", decided),
        )
        second = self._importing.second
        decided = [name for name in self._second_columns if name in self._batch.decided]
        if second and decided:
            self._run(
                "UPDATE {stage} AS s SET fate = 'changed' FROM {stage} AS o LEFT JOIN {second} AS t ON t.{key} = o.id "
                "WHERE o.row_no = s.row_no AND s.fate = 'same' AND s.geom IS NOT NULL AND ({mine}) IS DISTINCT FROM ({theirs})",
                mine=_listed("t", decided),
                theirs=_listed("s", decided),
                second=sql.Identifier("hall", second.table),
                key=second.key,
            )

    def _update(self) -> None:
        unique = self._importing.unique
        if unique and unique.column in self._batch.decided:  # rows may exchange what only one may hold
            self._run(
                "UPDATE {table} AS t SET {key} = t.id::text FROM {stage} AS s WHERE s.id = t.id AND s.fate = 'changed' AND t.{key} <> s.{key}",
                key=unique.column,
            )
        decided = [name for name in self._columns if name in self._batch.decided]
        self._run(
            "UPDATE {table} AS t SET {assigned} FROM {stage} AS s WHERE s.id = t.id AND s.fate = 'changed'", assigned=_assigned(decided)
        )

    def _insert(self) -> None:
        self._run(
            "UPDATE {stage} AS s SET id = n.id FROM (SELECT row_no, row_number() OVER (ORDER BY row_no) "
            "+ (SELECT coalesce(max(id), 0) FROM {table}) AS id FROM {stage} WHERE fate = 'new') AS n WHERE n.row_no = s.row_no"
        )
        self._run(
            "INSERT INTO {table} (id, {names}) SELECT id, {names} FROM {stage} WHERE fate = 'new' ORDER BY row_no",
            names=_plain(self._columns),
        )
        self._run(
            "SELECT setval(name, (SELECT max(id) FROM {table})) FROM pg_get_serial_sequence(%(table)s, 'id') AS name WHERE name IS NOT NULL",
            {"table": f"hall.{self._importing.table}"},
        )

    def _write_second(self, second: SecondTable) -> None:
        names = self._second_columns
        decided = [name for name in names if name in self._batch.decided]
        table = sql.Identifier("hall", second.table)
        self._run(
            "INSERT INTO {second} AS t ({key}, {names}) SELECT id, {names} FROM {stage} WHERE fate <> 'same' AND geom IS NOT NULL ORDER BY row_no "
            "ON CONFLICT ({key}) DO {action}",
            second=table,
            key=second.key,
            names=_plain(names),
            action=sql.SQL("UPDATE SET {}").format(_assigned(decided, "excluded")) if decided else sql.SQL("NOTHING"),
        )
        self._run(
            "UPDATE {second} AS t SET {assigned} FROM {stage} AS s WHERE t.{key} = s.id AND s.fate = 'changed' AND s.geom IS NULL",
            second=table,
            key=second.key,
            assigned=_assigned(second.shared),
        )

    def _refuse(self, query: LiteralString, column: str, reason: str, **names: str | sql.Composable) -> list[Problem]:
        lines = [int(row[0]) for row in self._run(query, key=column, **names).fetchall()]
        self._run("DELETE FROM {stage} WHERE row_no = ANY(%(lines)s)", {"lines": lines})
        return [Problem(line, column, "", reason) for line in lines]

    def _geometries(self) -> Column:
        shapes = self._batch.shapes
        present = np.array([shape is not None for shape in shapes], bool)
        out = np.full(len(shapes), None, object)
        if present.any():
            out[present] = geometry_hex(multi_polygons(shapes[present]) if self._importing.shape is Shape.POLYGON else shapes[present])
        return out

    def _run(self, query: LiteralString, values: Mapping[str, object] | None = None, /, **names: str | sql.Composable) -> Cursor[Any]:
        """Run one statement; names are identifiers unless they are SQL already."""
        parts = {name: sql.Identifier(part) if isinstance(part, str) else part for name, part in names.items()}
        return self._conn.execute(sql.SQL(query).format(stage=STAGE, table=self._table, **parts), values)


def _plain(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _listed(alias: str, names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(alias, name) for name in names)


def _assigned(names: Sequence[str], source: str = "s") -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier(source, name)) for name in names)
