"""What readers are given of a brief: the page, its pictures, its files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from psycopg.rows import dict_row

from geodata.db import Conn
from geodata.errors import NotFoundError
from services.briefs import book, catalogue, files, paper
from services.briefs.book import Brief
from services.briefs.document import Document, Trouble
from services.briefs.paper import Stamp
from services.briefs.queries.base import word
from services.rights import Reader

PICTURE = re.compile(r"[1-9]\d{0,2}\.(svg|png)")
STAMPED = "SELECT type_code, content, troubles, approved_name, approved_at, remark, rendered_at FROM hall.brief WHERE id = %s"
SAMPLE = "SELECT EXISTS (SELECT FROM hall.fact WHERE key = 'sample')"
DEPARTMENTS = "SELECT name FROM hall.department WHERE code = ANY(%s) ORDER BY id LIMIT 100"
AGAIN = "UPDATE hall.brief SET rendered_at = NULL, retry_at = NULL WHERE id = %s AND rendered_at IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One issue as it is read."""

    brief: Brief
    document: Document | None
    html: str
    """Empty while it is being made."""
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file; None while it is not drawn."""

    title: str
    file_name: str
    content: bytes | None


def page(conn: Conn, reader: Reader, brief_id: int, pictures: str) -> Page:
    """Return an issue with its HTML; `pictures` is the address that their names are put behind.

    Raises:
        NotAllowedError: the role reads no briefs.
        NotFoundError: there is none, or none for this reader.
    """
    brief = book.one(conn, reader, brief_id)
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(STAMPED, [brief_id]).fetchone() or {}
    if not row.get("content"):
        return Page(brief=brief, document=None, html="", troubles=())
    document = msgspec.convert(row["content"], Document)
    known = document.pictures()

    def address(place: int) -> str | None:
        return f"{pictures}{files.picture_name(place, known[place - 1])}?v={brief.version}" if brief.rendered else None

    html = paper.article(document, stamp(conn, row), address)
    troubles = tuple(msgspec.convert(row["troubles"], list[Trouble])) if reader.role in book.MAY_DRAFT else ()
    return Page(brief=brief, document=document, html=html, troubles=troubles)


def stamp(conn: Conn, row: Mapping[str, object]) -> Stamp:
    """Return what stands on an issue beside its content."""
    kind = catalogue.stored(conn).get(str(row["type_code"]))
    names: tuple[str, ...] = ()
    if kind is not None:
        departments = [name for (name,) in conn.execute(DEPARTMENTS, [kind[0].departments])]
        names = (*(word("role", role.value) for role in kind[0].roles), *departments)
    sample = conn.execute(SAMPLE).fetchone()
    approved_at = row["approved_at"]
    return Stamp(
        approved_name=str(row["approved_name"]) if row["approved_name"] else None,
        approved_at=approved_at if isinstance(approved_at, datetime) else None,
        remark=str(row["remark"] or ""),
        receivers=names,
        synthetic=bool(sample and sample[0]),
    )


def picture(conn: Conn, reader: Reader, data_dir: Path, brief_id: int, name: str) -> bytes:
    """Return a picture of an issue.

    Raises:
        NotAllowedError: the role reads no briefs.
        NotFoundError: no such issue for this reader, or no such picture.
    """
    book.one(conn, reader, brief_id)
    path = files.folder(data_dir, brief_id) / name
    if not PICTURE.fullmatch(name) or not path.is_file():
        raise NotFoundError(f"brief {brief_id}: no picture {name[:20]!r}")
    return path.read_bytes()


def file(conn: Conn, reader: Reader, data_dir: Path, brief_id: int, name: str) -> File:
    """Return the PDF or DOCX of an issue. Same errors as `page`."""
    brief = book.one(conn, reader, brief_id)
    if brief.state == "making":
        raise NotFoundError(f"brief {brief_id} is being made")
    path = files.folder(data_dir, brief_id) / name
    suffix = name.rpartition(".")[2]
    return File(
        title=brief.title,
        file_name=f"{brief.title}{brief.year}年第{brief.issue}期.{suffix}",
        content=path.read_bytes() if brief.rendered and path.is_file() else None,
    )


def want_again(conn: Conn, brief_id: int) -> None:
    """Have the files of an issue drawn again: they are gone."""
    conn.execute(AGAIN, [brief_id])
