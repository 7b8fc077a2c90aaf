"""`python -m geodata demo`: the sample city on the ground that was imported, in one transaction."""

import argparse
import datetime as dt
from pathlib import Path

import psycopg

from geodata.city import accounts
from geodata.city.generate import LARGEST, SEED, SMALLEST, generate
from geodata.city.ground_read import read_ground
from geodata.progress import to_terminal

EXAMPLE = "a time with its zone is needed, such as 2026-11-23T12:00:00+08:00"
HELP = "generate the sample city on the imported ground; replaces the one that is there"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--scale", type=float, default=LARGEST, metavar="F", help=f"size, {SMALLEST} to {LARGEST} (default {LARGEST})")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="the same seed and present give the same city")
    parser.add_argument("--now", type=_instant, metavar="TIME", help="the city's present, RFC 3339 (default: this hour)")


def run(options: argparse.Namespace, database_url: str, data_dir: Path) -> None:
    """Generate as the options say and print what was made.

    Raises:
        HallError: nothing was changed; the message says why.
    """
    now = options.now or dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    data_dir.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(database_url) as conn:
        counts = generate(conn, read_ground(conn), scale=options.scale, seed=options.seed, now=now, progress=to_terminal())
        path = accounts.write(conn, data_dir)
    print("\n".join(f"{table.removeprefix('hall.'):<22}{count:>11,}" for table, count in counts.items()))
    print(f"accounts: {path}")


def _instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(EXAMPLE) from None
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(EXAMPLE)
    return instant
