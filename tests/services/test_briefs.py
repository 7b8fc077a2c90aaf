"""Briefs: figures counted by hand, one street's issue holds only that street, nobody is named, and a section that fails says so."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.briefs import catalogue, compose, paper, periods
from services.briefs.compose import Subject
from services.briefs.document import Document, Figures, Paragraph, Section, Table
from services.briefs.periods import Cycle, Period
from services.briefs.queries import QUERIES
from services.briefs.queries.base import Answer, Ask
from services.briefs.wording import Share, change, change_short, sentence
from tests import issues
from tests.district import ADDRESSES, DISTRICT, ID_NUMBERS, NAMES, PHONES, STREETS
from tests.town import database

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
DAY = periods.of_day(Cycle.DAILY, date(2026, 11, 22))
PERSONAL = (*NAMES, *PHONES, *ID_NUMBERS, *ADDRESSES)
KINDS = catalogue.delivered().types


@pytest.fixture(scope="module")
def url(worker_name: str) -> Iterator[str]:
    yield from database(f"hall_test_{worker_name}_briefs", issues.fill)


@pytest.fixture
def fresh(url: str) -> Iterator[Conn]:
    """A connection outside of any transaction."""
    with psycopg.connect(url, options="-c timezone=UTC") as conn:
        yield conn


@dataclass(frozen=True)
class Maker:
    conn: Conn

    def made(self, code: str = "daily_operation", area: str = DISTRICT, period: Period = DAY, **more: object) -> compose.Composed:
        place = compose.area(self.conn, area)
        self.conn.rollback()
        queries = more.pop("queries", QUERIES)
        subject = Subject(area=place, period=period, issue=1, **more)  # type: ignore[arg-type]
        return compose.compose(self.conn, KINDS[code], subject, NOW, queries)  # type: ignore[arg-type]


@pytest.fixture
def maker(fresh: Conn) -> Maker:
    return Maker(fresh)


def section(document: Document, title: str) -> Section:
    return next(one for one in document.sections if one.title == title)


def text(found: Section) -> str:
    return "".join(block.text for block in found.blocks if isinstance(block, Paragraph))


def table(found: Section) -> Table:
    return next(block for block in found.blocks if isinstance(block, Table))


def test_the_day_as_counted_by_hand(maker: Maker) -> None:
    overview = section(maker.made().document, "总体情况")
    figures = next(block for block in overview.blocks if isinstance(block, Figures))
    assert {one.name: one.value for one in figures.items} == {
        "受理案件": "6",
        "结案": "2",
        "按期结案率": "33.3%",
        "期末未结": "5",
        "期末超期": "1",
    }
    told = text(overview)
    assert "2026年11月22日，样例城区共受理案件6件，较前一日增加5件。" in told
    assert "网格自办自结1件，占16.7%；12345热线1件，占16.7%" in told
    assert "期内结案2件" in told
    assert "按期结案率33.3%" in told
    assert "截至2026年11月23日00:00，未结案件5件，其中超期1件" in told
    assert "发生Ⅰ、Ⅱ级案件1件。" in told


def test_streets_add_up_to_the_district(maker: Maker) -> None:
    found = table(section(maker.made().document, "区域分布"))
    assert found.rows == (
        ("街道2", 3, "新增", 0, "0.0%", 3, 1),
        ("街道1", 2, "+1件", 2, "50.0%", 1, 0),
        ("未定位到街道", 1, "新增", 0, "—", 1, 0),
    )
    assert found.total == ("合计", 6, "+5件", 2, "33.3%", 5, 1)


def test_classes_and_sources_add_up_as_well(maker: Maker) -> None:
    document = maker.made().document
    classes, sources = table(section(document, "高发问题")), table(section(document, "来源构成"))
    assert [row[:3] for row in classes.rows] == [("占道经营", 5, "83.3%"), ("<b>火情", 1, "16.7%")]
    assert {row[0]: row[1] for row in sources.rows} == {"市民上报": 2, "网格巡查": 2, "12345热线": 1, "网格自办自结": 1}
    assert classes.total
    assert sources.total
    assert classes.total[1] == sources.total[1] == 6


def test_hours_are_those_of_china(maker: Maker) -> None:
    document = maker.made().document
    chart = section(document, "时段分布").blocks[-1]
    hours = {label: value for label, value in zip(chart.labels, chart.series[0].values, strict=True) if value}  # type: ignore[union-attr]
    assert hours == {"0时": 1, "8时": 2, "13时": 1, "14时": 1, "18时": 1}


def test_lists_hold_what_they_say(maker: Maker) -> None:
    document = maker.made().document
    overdue, major = section(document, "超期案件"), section(document, "较大以上案件")
    assert text(overdue) == "期末超期案件1件，超期最长的已4.0小时。"
    assert [row[0] for row in table(overdue).rows] == ["C203"]
    assert [(row[0], row[1]) for row in table(major).rows] == [("C207", "Ⅱ级")]


def test_a_streets_issue_holds_its_street_alone(maker: Maker) -> None:
    for code in ("daily_street", "weekly_street", "monthly_street"):
        kind = KINDS[code]
        made = maker.made(code, STREETS[0], periods.of_day(kind.cycle, date(2026, 11, 22)))
        content = msgspec.json.encode(made.document).decode()
        assert not made.troubles
        assert "街道1" in content
        for foreign in ("街道2", "社区2", "网格2", "旧街2巷", "新街2号", "C203", "火情", STREETS[1]):
            assert foreign not in content, (code, foreign)
    day = section(maker.made("daily_street", STREETS[0]).document, "总体情况")
    assert "街道1共受理案件2件" in text(day)


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_is_made_without_trouble_and_names_nobody(maker: Maker, code: str) -> None:
    kind = KINDS[code]
    if kind.cycle is Cycle.EVENT:
        mode = maker.conn.execute("SELECT id FROM hall.hall_mode LIMIT 1").fetchone()
        if mode is None:
            mode = maker.conn.execute(
                "INSERT INTO hall.hall_mode (event_id, reason, started_at, started_by) VALUES (207, '演练', '2026-11-22T05:10:00Z', '某人') RETURNING id"
            ).fetchone()
        maker.conn.commit()
        period = periods.happening("event:207", datetime(2026, 11, 22, 5, tzinfo=UTC), NOW)
        made = maker.made(code, DISTRICT, period, event_id=207, mode_id=mode[0] if mode else 0, mode_kind="start")
    elif kind.cycle is Cycle.SPECIAL:
        made = maker.made(code, DISTRICT, periods.span(DAY.window.start, DAY.window.end))
    else:
        made = maker.made(code, DISTRICT, periods.of_day(kind.cycle, date(2026, 11, 22)))
    assert not made.troubles
    content = msgspec.json.encode(made.document).decode()
    assert not [value for value in PERSONAL if value in content]
    html = paper.article(made.document, paper.Stamp(), lambda place: f"/{place}")
    assert "<b>火情" not in html
    assert html.count("<figure") == len(made.document.pictures())


@pytest.mark.parametrize("code", ["daily_operation", "weekly_operation", "monthly_operation", "quarterly_operation", "night_watch"])
def test_a_period_without_a_case_says_so(maker: Maker, code: str) -> None:
    made = maker.made(code, DISTRICT, periods.of_day(KINDS[code].cycle, date(2020, 1, 1)))
    assert not made.troubles
    told = text(section(made.document, "总体情况"))
    assert "样例城区未受理案件。" in told
    assert "无未结案件" in told
    assert "%" not in told


def test_a_section_that_fails_says_since_when_and_the_others_are_told(maker: Maker) -> None:
    def broken(conn: Conn, _ask: Ask) -> Answer:
        conn.execute("SELECT 1 / 0")
        return Answer()

    queries = {**QUERIES, "by_kind": broken}
    made = maker.made(queries=queries)
    failed = [one for one in made.document.sections if one.trouble]
    assert [one.title for one in failed] == ["高发问题", "来源构成"]
    assert {one.query for one in made.troubles} == {"by_kind"}
    assert made.troubles[0].since == NOW
    assert "DivisionByZero" in made.troubles[0].what
    assert "共受理案件6件" in text(section(made.document, "总体情况"))
    compose.note(maker.conn, made, NOW)
    maker.conn.commit()
    later = NOW.replace(hour=9)
    place = compose.area(maker.conn, DISTRICT)
    maker.conn.rollback()
    again = compose.compose(maker.conn, KINDS["daily_operation"], Subject(area=place, period=DAY, issue=1), later, queries)
    assert {one.since for one in again.troubles} == {NOW}
    html = paper.article(again.document, paper.Stamp(), lambda _: None)
    assert "本节数据未能取得（分类统计，自2026年11月23日08:00起）。" in html
    compose.note(maker.conn, maker.made(), later)
    assert maker.conn.execute("SELECT count(*) FROM hall.brief_query WHERE failed_since IS NOT NULL").fetchone() == (0,)
    maker.conn.commit()


def test_all_sections_are_of_one_snapshot(maker: Maker, url: str) -> None:
    def meanwhile(conn: Conn, ask: Ask) -> Answer:
        with psycopg.connect(url) as other:
            other.execute("UPDATE hall.event SET state = 'void' WHERE id = 208")
        return QUERIES["overview"](conn, ask)

    try:
        made = maker.made(queries={**QUERIES, "overview": meanwhile})
        total = table(section(made.document, "区域分布")).total
        assert total is not None
        assert total[1] == 6
        assert "共受理案件6件" in text(section(made.document, "总体情况"))
    finally:
        maker.conn.execute("UPDATE hall.event SET state = 'filed' WHERE id = 208")
        maker.conn.commit()


def test_there_are_more_than_forty_kinds_of_every_cycle() -> None:
    assert len(KINDS) >= 45
    assert {kind.cycle for kind in KINDS.values()} == set(Cycle)
    assert len({kind.name for kind in KINDS.values()}) == len({kind.name_en for kind in KINDS.values()}) == len(KINDS)


def test_every_sentence_names_figures_that_its_query_gives(maker: Maker) -> None:
    names: Mapping[str, set[str]] = {"overview": set()}
    place = compose.area(maker.conn, DISTRICT)
    for kind in KINDS.values():
        for spec in kind.sections:
            if kind.cycle is Cycle.EVENT:
                continue
            ask = compose._ask(kind, Subject(area=place, period=DAY, issue=1), spec, NOW)
            catalogue_names = set(QUERIES[spec.query](maker.conn, ask).values)
            for one in catalogue.plain_sentences(spec.sentences):
                wanted = {one.when, one.unless, *paper_fields(one.text)} - {""}
                assert wanted <= catalogue_names | names.get(spec.query, set()), (kind.code, spec.title)
    maker.conn.rollback()


def paper_fields(template: str) -> set[str]:
    from services.briefs.wording import FIELD

    return set(FIELD.findall(template))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[[brief]]\ncode = 'x y'", "code"),
        ("[[brief]]\ncode = 'own'\nname = '甲'\nname_en = 'A'\ncycle = 'daily'\nsections = ['nothing']", "nothing"),
        ("[[brief]]\ncode = 'own'\nname = '甲'\nname_en = 'A'\ncycle = 'hourly'\nsections = ['overview']", "hourly"),
        (
            "[[brief]]\ncode = 'own'\nname = '甲'\nname_en = 'A'\ncycle = 'daily'\nroles = ['citizen']\nsections = ['overview']",
            "citizen|roles",
        ),
        ("[[brief]]\ncode = 'own'\nname = '甲'\nname_en = 'A'\ncycle = 'daily'\nsections = []", "no sections"),
        (
            "[[brief]]\ncode = 'own'\nname = '甲'\nname_en = 'A'\ncycle = 'daily'\nsections = [{title='t', query='DROP', show=['text']}]",
            "DROP",
        ),
        ("not toml", "own.toml"),
    ],
)
def test_an_own_file_that_is_wrong_is_named_and_the_others_count(tmp_path: Path, content: str, said: str) -> None:
    folder = tmp_path / catalogue.OWN_FOLDER
    folder.mkdir(parents=True)
    (folder / "own.toml").write_text(content, encoding="utf-8")
    (folder / "good.toml").write_text(
        "[[brief]]\ncode = 'ours'\nname = '自定简报'\nname_en = 'Ours'\ncycle = 'weekly'\nsections = ['overview', { use = 'by_class', title = '甲' }]",
        encoding="utf-8",
    )
    found = catalogue.with_own(tmp_path)
    assert set(found.refused) == {"own.toml"}
    assert any(word in found.refused["own.toml"] for word in said.split("|"))
    assert found.types["ours"].sections[1].title == "甲"
    assert set(KINDS) < set(found.types)


def test_words_of_change() -> None:
    assert change(5, 5, "前一日") == "与前一日持平"
    assert change(5, 0, "前一日") == "较前一日增加5件（前一日为0）"
    assert change(15, 20, "上月") == "较上月减少5件，下降25.0%"
    assert change(52, 3, "上周同日") == "较上周同日增加49件"
    assert [change_short(1, 0), change_short(0, 0), change_short(0, 20)] == ["新增", "持平", "-100.0%"]
    assert [change_short(52, 3), change_short(0, 4), change_short(1500, 19)] == ["+49件", "-4件", "+1,481件"]
    assert [str(Share(1, 0)), str(Share(1, 3))] == ["—", "33.3%"]
    assert sentence("受理{n}件，率{rate}。", {"n": 1234, "rate": Share(1, 2)}) == "受理1,234件，率50.0%。"
    assert sentence("率{rate}。", {"rate": Share(0, 0)}) is None
    with pytest.raises(KeyError):
        sentence("{unknown}", {})


def test_a_document_survives_being_kept(maker: Maker) -> None:
    document = maker.made("weekly_operation", DISTRICT, periods.of_day(Cycle.WEEKLY, date(2026, 11, 22))).document
    assert msgspec.convert(json.loads(msgspec.json.encode(document)), Document) == document


def test_a_filter_that_nobody_knows_gives_an_empty_brief_not_all(maker: Maker) -> None:
    made = maker.made(
        "special_analysis", DISTRICT, periods.span(DAY.window.start, DAY.window.end), filter=catalogue.CaseFilter(majors=["gone"])
    )
    assert "样例城区未受理案件。" in text(section(made.document, "总体情况"))
    with pytest.raises(InvalidInputError):
        catalogue.parse({"code": "x1", "name": "x", "name_en": "x", "cycle": "daily", "at": "25:00", "sections": ["overview"]}, "here")
