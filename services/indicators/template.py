"""The file in which figures are handed in: a row for each indicator that the reader may report, to be filled in and sent back, as XLSX or CSV."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from geodata.db import Conn
from geodata.errors import InvalidInputError
from geodata.indicators.catalogue import catalogue
from services.indicators import periods
from services.indicators.areas import area_of
from services.indicators.intake import MAX_ROWS, may_submit, written
from services.indicators.warnings import own_department
from services.rights import Reader

HEAD = ("code", "area", "period", "value", "name", "unit", "cycle", "definition", "feed")
TITLES: Mapping[str, str] = {
    "code": "指标编码",
    "area": "区域编码",
    "period": "统计期",
    "value": "数值",
    "name": "指标名称",
    "unit": "单位",
    "cycle": "周期",
    "definition": "口径",
    "feed": "来源系统",
}
"""Both the word and the title are read back."""
CYCLES = {"hour": "小时", "day": "日", "week": "周", "month": "月", "quarter": "季", "year": "年"}
MAX_BYTES, MAX_UNPACKED = 5_000_000, 60_000_000
ENCODINGS = ("utf-8-sig", "gb18030")
WIDTHS = (12, 14, 14, 12, 30, 12, 8, 60, 30)


def rows(conn: Conn, reader: Reader, now: datetime) -> list[dict[str, Any]]:
    """Return a row for each external indicator that the reader hands in, for the last whole period, the value empty.

    Raises:
        NotAllowedError, NotFoundError: as `services.indicators.areas.area_of`.
    """
    place, department = area_of(conn, reader), own_department(conn, reader)
    made = []
    for one in catalogue().indicators.values():
        if one.feed is None or (place.level == "street" and not one.streets) or not may_submit(reader, department, one):
            continue
        period = periods.shift(one.cycle, periods.start(one.cycle, now), -1)
        feed = catalogue().feeds[one.feed]
        facts = {"name": one.zh, "unit": one.unit, "cycle": CYCLES[one.cycle], "definition": one.definition_zh}
        made.append(
            {
                "code": one.code,
                "area": place.code,
                "period": written(one.cycle, period),
                "value": "",
                **facts,
                "feed": f"{feed.department_zh} {feed.zh}",
            }
        )
    return made


def as_csv(made: list[dict[str, Any]]) -> bytes:
    """Write the template as CSV that spreadsheets open as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([TITLES[name] for name in HEAD])
    writer.writerows([row[name] for name in HEAD] for row in made)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(made: list[dict[str, Any]]) -> bytes:
    """Write the template as a workbook of one sheet."""
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "指标填报"
    sheet.append([TITLES[name] for name in HEAD])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    fill = PatternFill("solid", fgColor="FFF7DB")
    for row in made:
        sheet.append([row[name] for name in HEAD])
        sheet.cell(sheet.max_row, HEAD.index("value") + 1).fill = fill
        for name in ("code", "area", "period"):
            sheet.cell(sheet.max_row, HEAD.index(name) + 1).number_format = "@"
    for number, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes) -> list[dict[str, Any]]:
    """Read a filled template, told apart by its first bytes; rows without a value are left out.

    Raises:
        InvalidInputError: it is neither, too large, or lacks a column.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInputError(f"file: at most {MAX_BYTES // 1_000_000} MB")
    lines = _sheet(data) if data.startswith(b"PK") else _lines(data)
    try:
        head = [str(cell or "").strip() for cell in next(lines, [])]
        names = {title: name for name, title in TITLES.items()} | {name: name for name in HEAD}
        columns = {names[title]: number for number, title in enumerate(head) if title in names}
        missing = [name for name in ("code", "period", "value") if name not in columns]
        if missing:
            raise InvalidInputError(f"file: the first row lacks {', '.join(f'{TITLES[name]} ({name})' for name in missing)}")
        made = []
        for line in lines:
            row = {name: line[number] if number < len(line) else None for name, number in columns.items() if name in HEAD[:4]}
            if row["value"] is None or row["value"] == "":
                continue
            made.append(row)
            if len(made) > MAX_ROWS:
                raise InvalidInputError(f"file: at most {MAX_ROWS} rows with a value")
    except csv.Error as error:
        raise InvalidInputError(f"file: no CSV: {error}") from None
    return made


def _lines(data: bytes) -> Iterator[list[Any]]:
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return iter(csv.reader(io.StringIO(text)))
    raise InvalidInputError("file: XLSX, or CSV in UTF-8 or GB 18030, is taken")


def _sheet(data: bytes) -> Iterator[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
                raise InvalidInputError("file: unpacked it is too large")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return iter([list(line) for line in sheet.iter_rows(max_row=MAX_ROWS + 2, max_col=40, values_only=True)])
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, OSError, TypeError) as error:
        raise InvalidInputError(f"file: no workbook: {str(error)[:120]}") from None
