"""Fill tables anew in the caller's transaction: emptied, without indexes and constraints while rows come in, complete again at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from geodata.db import Conn

SETTINGS = """
    SELECT set_config('maintenance_work_mem', '512MB', true), set_config('synchronous_commit', 'off', true),
           set_config('default_statistics_target', '40', true)
"""
"""Of this transaction only: sorts stay in memory, and a smaller sample is enough for statistics until autovacuum comes by."""
CONSTRAINTS = """
    SELECT n.nspname, c.relname, k.conname, k.contype = 'f', pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype IN ('p', 'u', 'f') AND (k.conrelid = ANY(%(tables)s::regclass[]) OR k.confrelid = ANY(%(tables)s::regclass[]))
    ORDER BY k.conname
"""
INDEXES = """
    SELECT n.nspname, t.relname, c.relname, pg_get_indexdef(c.oid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indrelid = ANY(%(tables)s::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
    ORDER BY c.relname
"""


@dataclass(frozen=True, slots=True)
class _Constraint:
    schema: str
    table: str
    name: str
    foreign: bool
    definition: str

    def drop(self) -> sql.Composed:
        return sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(self.schema, self.table), sql.Identifier(self.name))

    def add(self) -> sql.Composed:
        command = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
        return command.format(sql.Identifier(self.schema, self.table), sql.Identifier(self.name), sql.SQL(self.definition))


@dataclass(frozen=True, slots=True)
class _Index:
    schema: str
    table: str
    name: str
    definition: str


@dataclass(slots=True)
class Refill:
    """Tables under way: rows come in by COPY, then each table is restored once."""

    conn: Conn
    constraints: list[_Constraint]
    indexes: list[_Index]
    waiting: set[str]

    def restore(self, table: str) -> None:
        """Build indexes and keys of `table` and analyse it; foreign keys follow at the end."""
        schema, name = table.split(".")
        for constraint in self.constraints:
            if (constraint.schema, constraint.table) == (schema, name) and not constraint.foreign:
                self.conn.execute(constraint.add())
        for index in self.indexes:
            if (index.schema, index.table) == (schema, name):
                self.conn.execute(sql.SQL(index.definition))
        self.conn.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(schema, name)))
        self.conn.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(schema, name)))
        self.waiting.discard(table)


@contextmanager
def refilled(conn: Conn, tables: Sequence[str]) -> Iterator[Refill]:
    """Empty `tables` ("schema.name") without their indexes and constraints, let the block fill them, restore what it has not restored.

    Everything happens in the transaction that `conn` is in: when the block fails, the caller's rollback brings the old rows back. Tables
    that refer to these are emptied, too. Statement triggers fire once, by the TRUNCATE; row triggers do not fire. Readers of the tables wait
    until the transaction ends.
    """
    conn.execute(SETTINGS)
    names = [sql.Identifier(*table.split(".")) for table in tables]
    conn.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(names)))
    constraints = [_Constraint(*row) for row in conn.execute(CONSTRAINTS, {"tables": list(tables)})]
    indexes = [_Index(*row) for row in conn.execute(INDEXES, {"tables": list(tables)})]
    for constraint in sorted(constraints, key=lambda item: not item.foreign):
        conn.execute(constraint.drop())
    for index in indexes:
        conn.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index.schema, index.name)))
    for name in names:
        conn.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
    refill = Refill(conn, constraints, indexes, set(tables))
    yield refill
    for table in sorted(refill.waiting):
        refill.restore(table)
    for constraint in constraints:
        if constraint.foreign:
            conn.execute(constraint.add())
