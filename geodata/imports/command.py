"""`python -m geodata import layer FILE --as LAYER`: the command line of the import."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import psycopg

from geodata.errors import InvalidInputError
from geodata.imports.classes import CLASSES
from geodata.imports.run import MAX_BAD, Order, Summary, run_import
from geodata.progress import to_terminal

HELP = "import a file of your own data as one of the layers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help=".geojson, .gpkg, .shp, .zip of one, .csv, .tsv (also .gz), .xlsx")
    parser.add_argument(
        "--as", dest="layer", required=True, metavar="LAYER", choices=[item.key for item in CLASSES], help="what the rows are"
    )
    parser.add_argument(
        "--crs", default="", help="coordinate system of the positions: an EPSG code, gcj02 or bd09 (default: the file's, else WGS 84)"
    )
    parser.add_argument("--map", nargs="+", action="extend", default=[], metavar="COLUMN=FIELD", help="which column is which field")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="FIELD=VALUE", help="one value for all rows")
    parser.add_argument(
        "--source-id", default="", metavar="COLUMN", help="column with the supplier's own id, by which rows are found again"
    )
    parser.add_argument("--supplier", default="", metavar="NAME", help="put before these ids, where several suppliers number alike")
    parser.add_argument("--encoding", default="", help="of text (default: UTF-8, else GB18030)")
    parser.add_argument("--part", default="", metavar="NAME", help="sheet of the workbook, layer of the GeoPackage")
    parser.add_argument(
        "--max-bad", type=float, default=MAX_BAD, metavar="SHARE", help=f"refuse the file with more bad rows (default {MAX_BAD})"
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="list of bad rows (default: imports/ in the data folder)")


def run(options: argparse.Namespace, database_url: str, data_dir: Path) -> None:
    """Import as the options say and print what was done.

    Raises:
        HallError: nothing was imported; the message says why.
    """
    if not 0 <= options.max_bad <= 1:
        raise InvalidInputError(f"--max-bad {options.max_bad:g} is no share between 0 and 1")
    order = Order(
        file=options.file,
        layer=options.layer,
        crs=options.crs,
        mapped=_pairs("--map", options.map),
        constants=_pairs("--set", options.set),
        source_id=options.source_id,
        supplier=options.supplier,
        encoding=options.encoding,
        part=options.part,
        max_bad=options.max_bad,
        report=options.report or data_dir / "imports" / f"{options.file.stem}-{options.layer}.bad.csv",
    )
    with psycopg.connect(database_url) as conn:
        summary = run_import(conn, order, to_terminal())
    print("\n".join(account(order, summary)))


def account(order: Order, summary: Summary) -> list[str]:
    """The summary in lines."""
    counts, system = summary.counts, summary.system
    lines = [
        (
            f"{order.file.name} as {order.layer}: {summary.read:,} rows read, {counts.new:,} new, {counts.updated:,} updated, "
            f"{counts.unchanged:,} unchanged, {summary.bad:,} bad"
        ),
        f"columns: {', '.join(f'{header} = {name}' for name, header in summary.columns.of_field.items())}",
    ]
    if summary.columns.ignored:
        lines.append(f"not used: {', '.join(summary.columns.ignored)}")
    lines.append(f"coordinates: {system.title}; there and back the largest error is {summary.round_trip_m:.2g} m")
    if not system.shifted:
        lines.append("warning: no shift from this system's datum to WGS 84 is known here; positions may be off by 100 m")
    if summary.flags:
        lines.append(f"doubtful: {', '.join(f'{count:,} {flag}' for flag, count in summary.flags.most_common())}")
    if summary.flags["outside_district"] > summary.read / 2:
        lines.append("warning: most positions lie outside the district: is --crs right?")
    if summary.flags["swapped"] > summary.read / 2:
        lines.append("warning: most positions had longitude and latitude exchanged: name the columns with --map")
    if counts.numbered:
        lines.append(f"{counts.numbered:,} rows without a code got the next free ones")
    if summary.report:
        lines.append(f"bad rows: {summary.report}")
    return lines


def _pairs(option: str, words: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        left, sign, right = word.rpartition("=") if option == "--map" else word.partition("=")
        if not (sign and left and right):
            raise InvalidInputError(f"{option} {word}: write it as A=B")
        pairs[left] = right
    return pairs
