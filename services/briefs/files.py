"""The files of a brief: pictures, PDF by WeasyPrint from the same HTML as the page, DOCX by python-docx. They lie in DATA_DIR/briefs and can always be drawn again."""

import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.db import Conn
from geodata.settings import ROOT
from services.briefs import charts, maps, paper, periods, typeface
from services.briefs.compose import trouble_text
from services.briefs.document import AnyBlock, Chart, Document, Figures, Map, Paragraph, Section, Table
from services.briefs.paper import Stamp
from services.briefs.wording import number
from services.worktime import LOCAL

if TYPE_CHECKING:
    from docx.document import Document as Docx
    from docx.table import _Cell

FOLDER = Path("briefs") / "issues"
"""Below DATA_DIR; a folder for each brief."""
STYLE = ROOT / "assets" / "briefs" / "paper.css"
PDF, DOCX = "brief.pdf", "brief.docx"
MEDIA_TYPES = {
    PDF: "application/pdf",
    DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
PAGE = """
@font-face {{ font-family: "Noto Sans SC"; font-weight: 400; src: url("{regular}"); }}
@font-face {{ font-family: "Noto Sans SC"; font-weight: 500; src: url("{medium}"); }}
@page {{ size: A4; margin: 20mm 22mm 20mm 22mm;
         @bottom-center {{ content: "{page}" counter(page) "{of}" counter(pages) "{end}"; font: 8pt "Noto Sans SC"; color: #4a617c; }} }}
@page :first {{ margin-top: 16mm; }}
body {{ margin: 0; }}
"""
RED, GREY, DARK, AMBER = "B3202C", "4A617C", "10243D", "7A4600"
TEXT_WIDTH_MM = 166


def folder(data_dir: Path, brief_id: int) -> Path:
    """Where the files of a brief lie."""
    return data_dir / FOLDER / f"{brief_id // 1000:04}" / str(brief_id)


def picture_name(place: int, picture: Chart | Map, *, document: bool = False) -> str:
    """Name of a picture: charts are SVG for the page and the PDF and PNG for the DOCX, maps PNG for all."""
    return f"{place}.{'png' if document or isinstance(picture, Map) else 'svg'}"


def render(conn: Conn, data_dir: Path, brief_id: int, document: Document, stamp: Stamp) -> None:
    """Draw all files of a brief into its folder; the old ones stay until the new ones are complete."""
    final = folder(data_dir, brief_id)
    work = final.with_name(f"{final.name}.new")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    draw_pictures(conn, data_dir, document, work)
    write_pdf(work / PDF, document, stamp, work, data_dir)
    write_docx(work / DOCX, document, stamp, work)
    shutil.rmtree(final, ignore_errors=True)
    work.rename(final)


def draw_pictures(conn: Conn, data_dir: Path, document: Document, into: Path) -> None:
    """Draw the charts and maps of a brief; its PDF and DOCX show them."""
    for place, picture in enumerate(document.pictures(), 1):
        if isinstance(picture, Map):
            maps.draw(conn, picture, into / picture_name(place, picture), data_dir)
        else:
            charts.draw(picture, into / picture_name(place, picture), data_dir)
            charts.draw(picture, into / picture_name(place, picture, document=True), data_dir)


def write_pdf(path: Path, document: Document, stamp: Stamp, pictures: Path, data_dir: Path) -> None:
    """Write the PDF. Nothing is fetched: pictures and fonts are files."""
    from weasyprint import CSS, HTML, URLFetcher  # noqa: PLC0415 - heavy: only where a brief is drawn
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415

    known = document.pictures()
    body = paper.article(document, stamp, lambda place: (pictures / picture_name(place, known[place - 1])).as_uri())
    fonts = typeface.files(data_dir)
    page = PAGE.format(
        regular=fonts[400].as_uri(), medium=fonts[500].as_uri(), page=paper.words("page"), of=paper.words("of"), end=paper.words("end")
    )
    configuration = FontConfiguration()
    styles = [CSS(string=page, font_config=configuration), CSS(filename=str(STYLE), font_config=configuration)]
    head = f'<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(document.title)}</title></head><body>'
    html = HTML(string=f"{head}{body}</body></html>", url_fetcher=URLFetcher(allowed_protocols=["file", "data"]))
    html.write_pdf(path, stylesheets=styles, font_config=configuration)


def write_docx(path: Path, document: Document, stamp: Stamp, pictures: Path) -> None:
    """Write the DOCX with real headings, tables and pictures, so that an office goes on working with it."""
    from docx import Document as new_document  # noqa: N813, PLC0415 - heavy: only where a brief is drawn

    book = new_document()
    _page(book, document)
    _docx_head(book, document, stamp)
    place = 0
    for index, section in enumerate(document.sections, 1):
        book.add_heading(f"{paper.chinese(index)}、{section.title}", level=2)
        place = _docx_section(book, section, pictures, place)
    for line in _foot_lines(document, stamp):
        _line(book, line, size=8.5, colour=GREY)
    book.save(str(path))


def _page(book: "Docx", document: Document) -> None:
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415

    page = book.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(22)
    page.top_margin = page.bottom_margin = Mm(20)
    for name, size in (("Normal", 10.5), ("Heading 1", 15), ("Heading 2", 12)):
        style: Any = book.styles[name]
        style.font.name, style.font.size, style.font.bold = typeface.FAMILY, Pt(size), False if name == "Normal" else None
        style.font.color.rgb = RGBColor.from_string(DARK)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in ("w:eastAsia", "w:ascii", "w:hAnsi", "w:cs"):
            fonts.set(qn(attribute), typeface.FAMILY)
        for attribute in ("w:asciiTheme", "w:eastAsiaTheme", "w:hAnsiTheme", "w:cstheme"):
            fonts.attrib.pop(qn(attribute), None)
        style.paragraph_format.space_after = Pt(4)
    properties = book.core_properties
    properties.title, properties.author, properties.subject = document.title, document.office, document.period
    properties.created = properties.modified = document.data_at.replace(tzinfo=None)


def _docx_head(book: "Docx", document: Document, stamp: Stamp) -> None:
    marks = [*([] if stamp.approved_at else [paper.words("unapproved")]), *([paper.words("synthetic")] if stamp.synthetic else [])]
    if marks:
        _line(book, "　　".join(marks), size=8.5, colour=AMBER)
    _line(book, document.masthead, size=26, colour=RED, middle=True)
    _line(book, paper.words("issue", year=document.year, issue=document.issue), size=10.5, colour=DARK, middle=True)
    day = periods.chinese_day(document.data_at.astimezone(LOCAL).date())
    ruled = _line(book, f"{document.office}\t{day}", size=10, colour=DARK)
    _ruled(ruled)
    title = book.add_heading(paper.heading(document), level=1)
    title.alignment = _side("middle")
    if stamp.remark:
        _line(book, paper.words("remark") + stamp.remark, size=10.5, colour=DARK)


def _ruled(line: Any) -> None:
    """A red line below and the date at the right end."""
    from docx.enum.text import WD_TAB_ALIGNMENT  # noqa: PLC0415
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Mm  # noqa: PLC0415

    line.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_WIDTH_MM), WD_TAB_ALIGNMENT.RIGHT)
    borders, below = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("w:val", "single"), ("w:sz", "16"), ("w:space", "4"), ("w:color", RED)):
        below.set(qn(name), value)
    borders.append(below)
    line._p.get_or_add_pPr().append(borders)  # noqa: SLF001 - the library has no borders of its own


def _docx_section(book: "Docx", section: Section, pictures: Path, place: int) -> int:
    if section.trouble:
        _line(book, trouble_text(section.trouble, periods.chinese_instant(section.trouble.since)), size=10.5, colour=AMBER)
        return place
    if not section.blocks:
        _line(book, paper.words("empty"), size=9, colour=GREY)
    for block in section.blocks:
        place = _docx_block(book, block, pictures, place)
    return place


def _docx_block(book: "Docx", block: AnyBlock, pictures: Path, place: int) -> int:
    from docx.shared import Mm, Pt  # noqa: PLC0415

    match block:
        case Paragraph(text=text):
            line = book.add_paragraph(text)
            line.paragraph_format.first_line_indent = Pt(21)
        case Figures(items=items):
            rows = [[item.name for item in items], [item.value for item in items], [item.note for item in items]]
            _docx_table(book, rows, ["middle"] * len(items))
        case Table():
            heads = [column.name for column in block.columns]
            rows = [[number(cell) for cell in row] for row in (*block.rows, *([block.total] if block.total else []))]
            _docx_table(book, [heads, *rows], ["right" if column.number else "left" for column in block.columns])
            if block.note:
                _line(book, block.note, size=9, colour=GREY)
        case Chart() | Map():
            place += 1
            book.add_picture(str(pictures / picture_name(place, block, document=True)), width=Mm(TEXT_WIDTH_MM))
            book.paragraphs[-1].alignment = _side("middle")
            _line(book, paper.words("picture", number=place, title=block.title), size=8.5, colour=GREY, middle=True)
    return place


def _docx_table(book: "Docx", rows: Sequence[Sequence[str]], aligned: Sequence[str]) -> None:
    table = book.add_table(rows=len(rows), cols=len(aligned), style="Light List Accent 1")
    table.autofit = True
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, text, side in zip(cells.cells, row, aligned, strict=True):
            _write(cell, text, side)
    _repeat_head(table.rows[0])
    book.add_paragraph().paragraph_format.space_after = 0


def _write(cell: "_Cell", text: str, side: str) -> None:
    from docx.shared import Pt  # noqa: PLC0415

    line = cell.paragraphs[0]
    run = line.add_run(text)
    run.font.size = Pt(9)
    line.paragraph_format.space_after = Pt(0)
    line.alignment = _side(side)


def _side(side: str) -> Any:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415

    return {"left": WD_ALIGN_PARAGRAPH.LEFT, "middle": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}[side]


def _repeat_head(row: Any) -> None:
    from docx.oxml import OxmlElement  # noqa: PLC0415

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001 - nor heads that repeat


def _line(book: "Docx", text: str, *, size: float, colour: str, middle: bool = False) -> Any:
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    line = book.add_paragraph()
    run = line.add_run(text)
    run.font.size = Pt(size)
    run.font.color.rgb = RGBColor.from_string(colour)
    line.paragraph_format.space_after = Pt(2)
    if middle:
        line.alignment = _side("middle")
    return line


def _foot_lines(document: Document, stamp: Stamp) -> list[str]:
    lines = [paper.words("data_at", at=periods.chinese_instant(document.data_at)), paper.words("basis") + document.basis]
    if stamp.approved_at:
        lines.append(paper.words("approved", name=stamp.approved_name or "", at=periods.chinese_instant(stamp.approved_at)))
    if stamp.receivers:
        lines.append(paper.words("receivers") + "、".join(stamp.receivers))
    return lines
