"""Bring a database to the newest migration with dbmate, and guard the released files against edits."""

import hashlib
import subprocess
import sysconfig
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from geodata.errors import SetupError

MIGRATIONS = Path(__file__).parent / "migrations"
SUMS = MIGRATIONS / "SHA256SUMS"


def migrate(database_url: str) -> None:
    """Apply what is missing, one transaction a file; several processes may call it at once.

    Raises:
        SetupError: a file failed; nothing of it stays.
    """
    command = [
        str(Path(sysconfig.get_path("scripts")) / "dbmate"),
        *("--url", dbmate_url(database_url)),
        *("-d", str(MIGRATIONS), "--migrations-table", "public.schema_migration"),
        *("--no-dump-schema", "--migration-lock", "migrate", "--strict"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SetupError(f"migration failed: {done.stderr.strip() or done.stdout.strip()}")


def dbmate_url(database_url: str) -> str:
    """Rewrite a libpq string as the URL that dbmate's parser reads; a socket folder becomes a parameter."""
    parts = conninfo_to_dict(database_url)
    user, password = quote(str(parts.get("user") or "")), quote(str(parts.get("password") or ""))
    login = f"{user}:{password}@" if password else f"{user}@" if user else ""
    host, name = str(parts.get("host") or ""), quote(str(parts.get("dbname") or parts.get("user") or ""))
    if host.startswith("/") or not host:
        return f"postgres://{login}/{name}?socket={quote(host or '/var/run/postgresql', safe='')}&sslmode=disable"
    mode = parts.get("sslmode") or "prefer"
    mode = "disable" if mode == "prefer" else mode
    return f"postgres://{login}{host}:{parts.get('port') or 5432}/{name}?sslmode={mode}"


def sums() -> str:
    """Digests of all migration files in the format of sha256sum."""
    files = sorted(MIGRATIONS.glob("*.sql"))
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
