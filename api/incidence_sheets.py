"""Rankings, evaluations and cases as tables of a file: heads in both languages, values as they are counted."""

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response

from api import parameters
from geodata.errors import NotAllowedError
from layers.base import Text
from services import garbage_bins, incidence, incidence_cases, incidence_files, incidence_trend, performance, road_damage
from services.incidence_files import Sheet
from services.performance import Performance
from services.performance_formulas import RATES
from services.rights import MAY_EXPORT, Reader

FORMAT = parameters.one_of("format", ("json", "csv", "xlsx"), "As a file: CSV has the table, XLSX also the cases behind it.", "json")
LANGUAGE = parameters.one_of("lang", ("zh", "en"), "Language of a file's heads.", "zh")

RANK, NAME, CODE, CASES = Text("排名", "Rank"), Text("名称", "Name"), Text("编码", "Code"), Text("案件数", "Cases")
SHARE, OVERDUE, OPEN = Text("占比", "Share"), Text("超期", "Overdue"), Text("未结", "Open")
PREVIOUS, LAST_YEAR = Text("上期", "Period before"), Text("去年同期", "A year earlier")
LON, LAT, GRID, ROAD = Text("经度", "Longitude"), Text("纬度", "Latitude"), Text("网格", "Grid"), Text("道路", "Road")
RANKING: Final = (
    RANK, CODE, NAME, CASES, SHARE, PREVIOUS, Text("较上期", "Change to the period before"), LAST_YEAR, Text("较去年", "Change to a year earlier"),
    OVERDUE, OPEN, Text("办结用时中位数（小时）", "Median hours to close"),
)  # fmt: skip
TREND: Final = (
    Text("开始", "Start"), Text("结束", "End"), CASES, Text("完整", "Complete"), Text("趋势", "Trend"), Text("季节系数", "Season"),
    Text("季节调整后", "Seasonally adjusted"),
)  # fmt: skip
ROADS: Final = (
    RANK, ROAD, Text("长度（公里）", "Length (km)"), CASES, Text("每公里案件", "Cases per km"), Text("已修复", "Repaired"), OPEN, OVERDUE,
    Text("反复破损点", "Places that break again"), Text("修复用时中位数（小时）", "Median hours to repair"), PREVIOUS, LAST_YEAR, SHARE,
    Text("累计占比", "Cumulated share"), Text("折合每年案件", "Cases a year"), Text("预算分摊", "Part of the budget"),
)  # fmt: skip
SITES: Final = (
    RANK, LON, LAT, GRID, ROAD, Text("可覆盖案件", "Cases served"), Text("累计占未覆盖案件", "Cumulated share of cases not served"),
    Text("距最近垃圾箱（米）", "Metres to the nearest bin"),
)  # fmt: skip
CASE: Final = (
    Text("案件编号", "Case number"), Text("标题", "Title"), Text("类别编码", "Class code"), Text("类别", "Class"), Text("来源", "Source"),
    Text("级别", "Level"), Text("状态", "State"), GRID, Text("位置", "Place"), Text("上报", "Reported"), Text("期限", "Deadline"), Text("立案", "Filed"),
    Text("派遣", "Dispatched"), Text("处置完成", "Handled"), Text("核查", "Checked"), Text("结案", "Closed"), Text("责任单位", "Department"),
    Text("返工次数", "Reworks"), LON, LAT,
)  # fmt: skip
PERFORMANCE: Final = (RANK, CODE, NAME, Text("得分", "Score"), Text("等级", "Grade"))


def may_export(reader: Reader) -> None:
    """See that the reader may take files away.

    Raises:
        NotAllowedError: the role may not.
    """
    if reader.role not in MAY_EXPORT:
        raise NotAllowedError(f"{reader.role} does not export")


def download(sheets: Sequence[Sheet], kind: str) -> Response:
    """Answer with a file that is named as its first table; a CSV file has only that one."""
    content = incidence_files.as_csv(sheets[0]) if kind == "csv" else incidence_files.as_xlsx(sheets)
    answer = Response(content, mimetype=incidence_files.CSV_TYPE if kind == "csv" else incidence_files.XLSX_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{sheets[0].name}.{kind}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def ranking(found: incidence.Ranking, names: Mapping[str, str], lang: str) -> Sheet:
    """Lay a ranking out."""
    rows = [
        [
            rank, row.key, names.get(row.key), row.count, _rounded(row.share), row.previous, _rounded(row.change), row.last_year,
            _rounded(row.change_to_last_year), row.overdue, row.open, _rounded(row.median_hours),
        ]
        for rank, row in enumerate(found.rows, 1)
    ]  # fmt: skip
    return Sheet(name=f"incidence_{found.by}", heads=_heads(RANKING, lang), rows=rows)


def trend(found: incidence_trend.CaseTrend, lang: str) -> Sheet:
    """Lay a trend out."""
    rows = [
        [point.start, point.end, point.count, point.complete, _rounded(point.trend), _rounded(point.season), _rounded(point.adjusted)]
        for point in found.points
    ]
    return Sheet(name=f"trend_{found.step}", heads=_heads(TREND, lang), rows=rows)


def roads(found: road_damage.RoadDamage, lang: str) -> Sheet:
    """Lay road damage out."""
    rows = [
        [
            rank, road.name, _rounded(road.length_km), road.cases, _rounded(road.cases_per_km), road.repaired, road.open, road.overdue, road.again,
            _rounded(road.median_hours), road.previous, road.last_year, _rounded(road.share), _rounded(road.cumulated), _rounded(road.expected_a_year),
            _rounded(road.budget_part),
        ]
        for rank, road in enumerate(found.roads, 1)
    ]  # fmt: skip
    return Sheet(name="road_damage", heads=_heads(ROADS, lang), rows=rows)


def sites(found: garbage_bins.GarbageBins, lang: str) -> Sheet:
    """Lay suggested sites out."""
    rows = [
        [site.rank, site.lon, site.lat, site.grid_code, site.road, site.cases, _rounded(site.cumulated), _rounded(site.nearest_bin_m)]
        for site in found.sites
    ]
    return Sheet(name="garbage_bins", heads=_heads(SITES, lang), rows=rows)


def cases(found: Sequence[incidence_cases.ListedCase], lang: str) -> Sheet:
    """Lay cases out."""
    rows = [
        [
            case.case_no, case.title, case.class_code, case.class_name, case.source, case.level, case.state, case.grid_code, case.place_text,
            case.reported_at, case.deadline_at, case.filed_at, case.dispatched_at, case.handled_at, case.checked_at, case.closed_at, case.department,
            case.reworks, round(case.lon, 6), round(case.lat, 6),
        ]
        for case in found
    ]  # fmt: skip
    return Sheet(name="cases", heads=_heads(CASE, lang), rows=rows)


def evaluations(found: Performance, lang: str) -> Sheet:
    """Lay an evaluation out as one table: each part of the score, every rate, every term."""
    terms, rates = list(performance.TERMS), RATES[found.object]
    heads = [*_heads(PERFORMANCE, lang), *(f"{key} ({weight:g} %)" for key, weight in found.weights.items()), *rates, *terms]
    rows = [
        [
            rank, one.key, one.name, _rounded(one.score), one.grade, *(_rounded(part.score) for part in one.parts),
            *(_rounded(rate.value) for rate in one.rates), *(one.terms[term] for term in terms),
        ]
        for rank, one in enumerate(found.evaluations, 1)
    ]  # fmt: skip
    return Sheet(name=f"performance_{found.object}", heads=heads, rows=rows)


def _heads(texts: Sequence[Text], lang: str) -> list[str]:
    return [text.en if lang == "en" else text.zh for text in texts]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
