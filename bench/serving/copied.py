"""A database of its own with some tables of a city, so that a measurement may write."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from geodata.migrate import migrate

COLUMNS = """
    SELECT array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns
    WHERE table_schema = 'hall' AND table_name = %s AND is_generated = 'NEVER'
"""
# rows come with their ids: what is numbered by itself goes on behind them
NUMBERED = """
    SELECT c.column_name, pg_get_serial_sequence('hall.' || c.table_name, c.column_name) FROM information_schema.columns AS c
    WHERE c.table_schema = 'hall' AND c.table_name = %s AND c.is_identity = 'YES'
"""
EVERYTHING = "true"


@contextmanager
def copied(source_url: str, name: str, tables: Mapping[str, str]) -> Iterator[str]:
    """Make a migrated database with rows of `tables` (name → condition) of another one; it is removed in the end."""
    place = sql.Identifier(name)
    with psycopg.connect(source_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(place))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(place))
        url = make_conninfo(source_url, dbname=name)
        try:
            migrate(url)
            with psycopg.connect(source_url) as source, psycopg.connect(url) as target:
                for table, condition in tables.items():
                    _copy(source, target, table, condition)
            with psycopg.connect(url, autocommit=True) as target:
                target.execute("ANALYZE")
            yield url
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(place))


def _copy(source: psycopg.Connection, target: psycopg.Connection, table: str, condition: str) -> None:
    given, wanted = (conn.execute(COLUMNS, [table]).fetchone()[0] or () for conn in (source, target))  # type: ignore[index]
    names = sql.SQL(", ").join(sql.Identifier(name) for name in wanted if name in given)
    if not given:
        return
    target.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier("hall", table)))
    read = sql.SQL("COPY (SELECT {} FROM {} WHERE {}) TO STDOUT").format(names, sql.Identifier("hall", table), sql.SQL(condition))
    write = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("hall", table), names)
    with source.cursor().copy(read) as out, target.cursor().copy(write) as into:
        for block in out:
            into.write(block)
    for column, sequence in target.execute(NUMBERED, [table]).fetchall():
        last = sql.SQL("SELECT setval(%s, greatest(max({}), 1)) FROM {}").format(sql.Identifier(column), sql.Identifier("hall", table))
        target.execute(last, [sequence])
