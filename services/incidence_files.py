"""Rankings and the cases behind them as files to take away: CSV for programs, XLSX with one sheet a table for offices."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from services.export_files import BOM, DANGEROUS
from services.worktime import LOCAL

Cell = str | int | float | datetime | date | None
CSV_TYPE: Final = "text/csv"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST, SAMPLE_ROWS, SHEET_NAME = 48, 200, 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: its name, heads and rows."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def as_csv(sheet: Sheet) -> bytes:
    """Write one table as spreadsheets read it: with a mark, no cell that begins a formula; instants as RFC 3339 in China's time."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(sheet.heads)
    writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return BOM + text.getvalue().encode()


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Write tables as sheets of one workbook: heads stand still, columns filter, instants are local times."""
    book = Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.name[:SHEET_NAME])
        page.append(list(sheet.heads))
        for cell in page[1]:
            cell.font = Font(bold=True)
        for row in sheet.rows:
            page.append([_local(cell) for cell in row])
        page.freeze_panes = "A2"
        page.auto_filter.ref = f"A1:{get_column_letter(max(len(sheet.heads), 1))}{len(sheet.rows) + 1}"
        for index, head in enumerate(sheet.heads):
            longest = max([_wide(head), *(_wide(str(row[index])) for row in sheet.rows[:SAMPLE_ROWS] if row[index] is not None)])
            page.column_dimensions[get_column_letter(index + 1)].width = min(longest + 2, WIDEST)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _plain(cell: Cell) -> str | int | float | None:
    if isinstance(cell, datetime):
        return cell.astimezone(LOCAL).isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return _safe(cell) if isinstance(cell, str) else cell


def _local(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        return cell.astimezone(LOCAL).replace(tzinfo=None)
    return _safe(cell) if isinstance(cell, str) else cell


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text


def _wide(text: str) -> int:
    """Width in characters of Latin script; others take two."""
    return sum(1 if ord(sign) < 0x2E80 else 2 for sign in text)
