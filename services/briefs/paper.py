"""A brief as HTML: the reading view of the page and the source of the PDF. Every value is escaped; nothing of it comes from a template engine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from services.briefs import periods
from services.briefs.compose import trouble_text
from services.briefs.document import AnyBlock, Cell, Chart, Document, Figures, Map, Paragraph, Section, Table
from services.briefs.queries.base import word
from services.briefs.wording import number
from services.worktime import LOCAL

DIGITS = "零一二三四五六七八九十"
PictureOf = Callable[[int], str | None]
"""Gives the address of a picture by its number from 1; None while it is not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What changes on the way from draft to reader."""

    approved_name: str | None = None
    approved_at: datetime | None = None
    remark: str = ""
    receivers: tuple[str, ...] = ()
    synthetic: bool = False
    """The figures are those of the sample city."""


def article(document: Document, stamp: Stamp, picture_of: PictureOf) -> str:
    """Write the whole brief as one element."""
    counter = _Counter(picture_of)
    body = "".join(_section(place, section, counter) for place, section in enumerate(document.sections, 1))
    return f'<article class="paper" lang="zh-CN">{_head(document, stamp)}{body}{_foot(document, stamp)}</article>'


def chinese(value: int) -> str:
    """Write 1 to 99 as Chinese counts sections: 一, 十, 十二, 二十, 二十一."""
    tens, ones = divmod(value, 10)
    return (DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (DIGITS[ones] if ones else "")


def heading(document: Document) -> str:
    """What stands above the text."""
    return words("heading", area=document.area, period=document.period)


def words(key: str, **values: object) -> str:
    """Return a text of the paper."""
    return word("paper", key).format(**values)


class _Counter:
    """Numbers pictures as `Document.pictures` orders them."""

    def __init__(self, picture_of: PictureOf) -> None:
        self.pictures, self._picture_of = 0, picture_of

    def next(self) -> tuple[int, str | None]:
        self.pictures += 1
        return self.pictures, self._picture_of(self.pictures)


def _head(document: Document, stamp: Stamp) -> str:
    day = periods.chinese_day(document.data_at.astimezone(LOCAL).date())
    state = "" if stamp.approved_at else f'<p class="paper-draft">{escape(words("unapproved"))}</p>'
    synthetic = f'<p class="paper-synthetic">{escape(words("synthetic"))}</p>' if stamp.synthetic else ""
    remark = f'<p class="paper-remark"><b>{escape(words("remark"))}</b>{escape(stamp.remark)}</p>' if stamp.remark else ""
    return (
        f'<header class="paper-head"><div class="paper-marks">{state}{synthetic}</div>'
        f'<p class="paper-mast">{escape(document.masthead)}</p>'
        f'<p class="paper-issue">{escape(words("issue", year=document.year, issue=document.issue))}</p>'
        f'<p class="paper-line"><span>{escape(document.office)}</span><span>{escape(day)}</span></p></header>'
        f"<h1>{escape(heading(document))}</h1>{remark}"
    )


def _foot(document: Document, stamp: Stamp) -> str:
    lines = [words("data_at", at=periods.chinese_instant(document.data_at))]
    if document.basis:
        lines.append(words("basis") + document.basis)
    if stamp.approved_at:
        lines.append(words("approved", name=stamp.approved_name or "", at=periods.chinese_instant(stamp.approved_at)))
    if stamp.receivers:
        lines.append(words("receivers") + "、".join(stamp.receivers))
    return '<footer class="paper-foot">' + "".join(f"<p>{escape(line)}</p>" for line in lines) + "</footer>"


def _section(place: int, section: Section, counter: _Counter) -> str:
    title = f"<h2>{chinese(place)}、{escape(section.title)}</h2>"
    if section.trouble:
        text = trouble_text(section.trouble, periods.chinese_instant(section.trouble.since))
        return f'<section class="paper-section">{title}<p class="paper-trouble" role="note">{escape(text)}</p></section>'
    blocks = "".join(_block(block, counter) for block in section.blocks) or f'<p class="paper-empty">{escape(words("empty"))}</p>'
    return f'<section class="paper-section">{title}{blocks}</section>'


def _block(block: AnyBlock, counter: _Counter) -> str:
    match block:
        case Paragraph(text=text):
            return f'<p class="paper-text">{escape(text)}</p>'
        case Figures():
            return _figures(block)
        case Table():
            return _table(block)
        case Chart() | Map():
            return _picture(block, counter)


def _figures(block: Figures) -> str:
    cells = (
        f'<div class="paper-figure {escape(item.tone)}"><span>{escape(item.name)}</span><b>{escape(item.value)}</b><small>{escape(item.note)}</small></div>'
        for item in block.items
    )
    return f'<div class="paper-figures">{"".join(cells)}</div>'


def _table(block: Table) -> str:
    classes = ["n" if column.number else "" for column in block.columns]
    head = "".join(
        f'<th scope="col" class="{name}">{escape(column.name)}</th>' for column, name in zip(block.columns, classes, strict=True)
    )
    rows = "".join(f"<tr>{_cells(row, classes)}</tr>" for row in block.rows)
    total = f'<tr class="total">{_cells(block.total, classes)}</tr>' if block.total else ""
    note = f'<p class="paper-note">{escape(block.note)}</p>' if block.note else ""
    wide = " wide" if len(block.columns) > 6 else ""
    return f'<div class="paper-table{wide}"><table><thead><tr>{head}</tr></thead><tbody>{rows}{total}</tbody></table></div>{note}'


def _cells(row: Iterable[Cell], classes: Iterable[str]) -> str:
    return "".join(f'<td class="{name}">{escape(number(value))}</td>' for value, name in zip(row, classes, strict=False))


def _picture(block: Chart | Map, counter: _Counter) -> str:
    place, address = counter.next()
    caption = words("picture", number=place, title=block.title)
    kind = "map" if isinstance(block, Map) else block.form
    drawn = (
        f'<img src="{escape(address)}" alt="{escape(spoken(block))}">'
        if address
        else f'<p class="paper-empty">{escape(words("drawing"))}</p>'
    )
    return f'<figure class="paper-picture {kind}">{drawn}<figcaption>{escape(caption)}</figcaption></figure>'


def spoken(block: Chart | Map) -> str:
    """Say a picture in words, for those who do not see it."""
    if isinstance(block, Map):
        told = "、".join(f"{shade.name}{number(shade.value)}{block.unit}" for shade in block.shades[:12] if shade.value)
    else:
        values = block.series[0].values if block.series else ()
        told = "、".join(
            f"{label}{number(value)}{block.unit}" for label, value in list(zip(block.labels, values, strict=False))[:12] if value
        )
    return f"{block.title}：{told}" if told else block.title
