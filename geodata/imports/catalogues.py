"""Catalogues that rows refer to: read from the database."""

from typing import Final

from psycopg import sql

from geodata.db import Conn
from geodata.imports.fields import ImportClass

MOST_CODES: Final = 5_000
CODES = sql.SQL("SELECT code, name FROM {} ORDER BY code LIMIT %s")


def load_catalogues(conn: Conn, importing: ImportClass) -> dict[str, dict[str, str]]:
    """Names by code, for each catalogue that the class's fields name."""
    tables = {item.catalogue for item in importing.fields if item.catalogue}
    return {table: dict(conn.execute(CODES.format(sql.Identifier("hall", table)), [MOST_CODES]).fetchall()) for table in tables}
