"""The sample city at scale 1.0, in a database of its own that is kept for the next run."""

import os
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

import prepare
from geodata.db import open_pool
from geodata.settings import Settings
from services import derived

DATABASE = "hall_bench"


def city() -> Settings:
    """Prepare the city, unless a run before did, and return the settings that serve it.

    Raises:
        SetupError: the database cannot be reached or filled.
    """
    admin = os.environ["DATABASE_URL"]
    with psycopg.connect(admin, autocommit=True) as conn:
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    data_dir = Path(os.environ.get("DATA_DIR") or ".data").resolve() / "bench"
    url = make_conninfo(admin, dbname=DATABASE)
    settings = Settings.from_env({**os.environ, "DATABASE_URL": url, "DATA_DIR": str(data_dir), "SCALE": "1", "DEMO": "1"})
    prepare.prepare(settings)
    with open_pool(url, most=2) as pool:
        derived.make(pool, settings, datetime.now(UTC))
    return settings
