"""`python -m services.intake FILE --source hotline12345`: take in the orders of a CSV, XLSX or JSON file, and report every bad row."""

import argparse
import csv
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from geodata.db import Pool, open_pool, reading, writing
from geodata.errors import HallError, InvalidInputError, NotAllowedError
from geodata.progress import QUIET, Progress, to_terminal
from geodata.settings import Settings
from services import inbound
from services.classify import classes
from services.intake import receive_all
from services.report import SOURCES, Report, check
from services.rights import Reader, Role

TOGETHER = 100
MAX_BAD_SHOWN = 50
ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(slots=True)
class Summary:
    """What became of the rows of a file."""

    rows: int = 0
    created: int = 0
    known: int = 0
    waiting: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)
    """Row number, counted from 1 without the heading, and what is wrong with it."""


def rows_of(path: Path, source: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a file; the heading names the columns.

    Raises:
        InvalidInputError: it is none of CSV, XLSX and JSON, or cannot be read.
    """
    match path.suffix.lower():
        case ".csv":
            yield from csv.DictReader(io.StringIO(_text(path)))
        case ".xlsx":
            yield from _sheet(path)
        case ".json":
            try:
                message = json.loads(_text(path))
            except ValueError as error:
                raise InvalidInputError(f"{path.name}: no JSON: {error}") from None
            inside = next(
                (message[name] for name in inbound.mapping(source).orders_in if isinstance(message, dict) and name in message), message
            )
            yield from inside if isinstance(inside, list) else [inside]
        case _:
            raise InvalidInputError(f"{path.name}: CSV, XLSX or JSON is taken")


def take_in(pool: Pool, path: Path, source: str, reader: Reader, now: datetime, *, progress: Progress = QUIET) -> Summary:
    """Take in a file. A bad row is reported and spoils no other; a file that is read twice makes nothing twice."""
    summary, batch = Summary(), []
    with reading(pool) as conn:
        known = classes(conn)
    for number, row in enumerate(rows_of(path, source), 1):
        summary.rows = number
        try:
            report = inbound.read(source, {name: value for name, value in row.items() if name is not None}, known)
            check(report, reader)
        except NotAllowedError:
            raise
        except HallError as error:
            summary.bad.append((number, str(error)))
            continue
        batch.append((number, report))
        if len(batch) == TOGETHER:
            _write(pool, batch, reader, now, summary)
            batch = []
            progress.say(f"{number} rows")
    _write(pool, batch, reader, now, summary)
    return summary


def main(arguments: list[str]) -> int:
    """Run the command; 1 when a row was bad."""
    parser = argparse.ArgumentParser(prog="python -m services.intake", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--source", required=True, choices=SOURCES)
    parser.add_argument("--account", default="intake", help="name that is written into the log of the cases")
    options = parser.parse_args(arguments)
    settings = Settings.from_env(os.environ)
    # who may run commands on the machine may hand in anything
    reader = Reader(0, options.account, options.account, Role.ACCEPTOR, "")
    try:
        with open_pool(settings.database_url, most=2) as pool:
            summary = take_in(pool, options.file, options.source, reader, datetime.now(UTC), progress=to_terminal())
    except (HallError, OSError) as error:
        print(f"hallmap: {error}", file=sys.stderr)
        return 2
    print(
        f"{summary.rows} rows: {summary.created} cases, {summary.known} known before, {summary.waiting} wait for a person, {len(summary.bad)} bad"
    )
    for number, why in summary.bad[:MAX_BAD_SHOWN]:
        print(f"  row {number}: {why}", file=sys.stderr)
    if len(summary.bad) > MAX_BAD_SHOWN:
        print(f"  … and {len(summary.bad) - MAX_BAD_SHOWN} more", file=sys.stderr)
    return 1 if summary.bad else 0


def _write(pool: Pool, batch: list[tuple[int, Report]], reader: Reader, now: datetime, summary: Summary) -> None:
    if not batch:
        return
    try:
        with writing(pool) as conn:
            answers = receive_all(conn, [(report, reader) for _, report in batch], now)
    except InvalidInputError as error:
        if len(batch) == 1:
            summary.bad.append((batch[0][0], str(error)))
        for item in batch if len(batch) > 1 else ():
            _write(pool, [item], reader, now, summary)
        return
    for received in answers:
        summary.created += received.created
        summary.known += received.known
        summary.waiting += not received.known and received.event_id is None


def _text(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInputError(f"{path.name}: neither UTF-8 nor GB 18030")


def _sheet(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (KeyError, OSError, ValueError) as error:
        raise InvalidInputError(f"{path.name}: no workbook that can be read") from error
    sheet = book.worksheets[0]
    lines = sheet.iter_rows(values_only=True)
    heading = [str(name or "").strip() for name in next(lines, ())]
    for line in lines:
        if any(value not in (None, "") for value in line):
            yield {name: _plain(value) for name, value in zip(heading, line, strict=False) if name}
    book.close()


def _plain(value: Any) -> Any:
    """Numbers of orders are often kept as numbers; times go as text so that the raw record is JSON."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return int(value) if isinstance(value, float) and value.is_integer() else value
