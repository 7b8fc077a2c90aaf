"""The page of analysis without a browser: every view stands, every link on it leads on, and the address means what it says over midnight and new year."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callbacks.analysis_address import VIEWS, Address
from geodata.errors import InvalidInputError
from services import history_build
from services.incidence import MAY_READ
from services.performance_formulas import MAY_SET, OBJECTS, RATES, SHIPPED
from services.rights import MAY_EXPORT, Role
from tests.callbacks.conftest import Desk
from tests.district import NAMES, PHONES, STREETS

DAYS = "from=2026-11-01&to=2026-11-30"
NEW_YEAR = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
"""00:30 on 1 January 2027 in China."""


@pytest.fixture(scope="module", autouse=True)
def history(desk: Desk) -> None:
    store = desk.app.interfaces.history
    history_build.make(desk.app.pool, store._folder.parent)
    store._due_at = 0.0


def page(desk: Desk, search: str, username: str = "leader") -> Any:
    called = desk.call(username, "analysis.children", {"analysis-where.search": search}, path="/analysis/")
    return called["response"]["analysis"]["children"]


def links(shown: Any) -> set[str]:
    """Every address on the page."""
    if isinstance(shown, list):
        return set().union(*(links(one) for one in shown))
    if not isinstance(shown, dict):
        return set()
    props = shown.get("props", {})
    own = {props["href"]} if "href" in props else set()
    return own | links(props.get("children"))


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_and_every_link_on_it_stands(desk: Desk, view: str) -> None:
    found = links(page(desk, f"?view={view}&{DAYS}"))
    assert len(found) > len(VIEWS)
    client = desk.app.client("leader")
    for href in sorted(found)[:80]:
        if href.startswith("/analysis/?"):
            shown = json.dumps(page(desk, href.removeprefix("/analysis/")), ensure_ascii=False)
            assert "这个条件用不了" not in shown, href
        elif href.startswith("/api/"):
            assert client.get(href).status_code == 200, href


def test_a_number_and_the_list_behind_it_agree(desk: Desk) -> None:
    ranked = page(desk, f"?view=areas&by=street&{DAYS}")
    behind = next(href for href in links(ranked) if "view=cases" in href and f"area={STREETS[0]}" in href)
    shown = json.dumps(page(desk, behind.removeprefix("/analysis/")), ensure_ascii=False)
    assert "1 件" in shown
    assert "/events/101" in shown
    assert "/events/102" not in shown


def test_the_numbers_of_an_evaluation_lead_to_their_cases(desk: Desk) -> None:
    evaluated = page(desk, f"?view=performance&object=street&{DAYS}")
    reported = [href for href in links(evaluated) if "term=reported" in href]
    assert len(reported) == 2
    for href in reported:
        assert "1 件" in json.dumps(page(desk, href.removeprefix("/analysis/")), ensure_ascii=False)


def test_weights_are_shown_to_all_and_changed_by_those_who_lead(desk: Desk) -> None:
    for role in MAY_READ:
        closed, opened = (
            json.dumps(page(desk, f"?view=performance&object=department{form}", role.value), ensure_ascii=False)
            for form in ("", "&weights=1")
        )
        assert "出厂设置，尚未修改过" in closed
        assert ("weights=1" in closed) == (role in MAY_SET), role
        assert ("data-weights-form" in opened) == (role in MAY_SET), role
    client = desk.app.client("leader")
    for kind in OBJECTS:
        shown = json.dumps(page(desk, f"?view=performance&object={kind}&weights=1"), ensure_ascii=False)
        for key in SHIPPED[kind]:
            assert f'"data-weight": "{key}"' in shown, (kind, key)
        assert shown.count(" / ") >= len(RATES[kind]) - 1
    assert "按期处置 / 应处置 × 100" in json.dumps(page(desk, "?view=performance&object=department&weights=1"), ensure_ascii=False)
    wanted = {"weights": {"department": {"closing_rate": 100}}}
    assert client.put("/api/v1/performance/formulas", json=wanted).status_code == 200
    try:
        changed = json.dumps(page(desk, "?view=performance&object=department", "dispatcher"), ensure_ascii=False)
        assert f"由 {client.get('/api/v1/me').get_json()['display_name']} 修改" in changed
        assert "出厂设置" not in changed
    finally:
        with desk.app.pool.connection() as conn:
            conn.execute("DELETE FROM hall.fact WHERE key = 'performance'")


def test_only_those_who_run_the_hall_see_it(desk: Desk) -> None:
    for role in Role:
        shown = json.dumps(page(desk, "", role.value), ensure_ascii=False)
        assert ("an-head" in shown) == (role in MAY_READ), role
        if role in MAY_READ:
            assert ("format=csv" in shown) == (role in MAY_EXPORT), role


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_personal_stands_on_it(desk: Desk, view: str) -> None:
    shown = json.dumps(page(desk, f"?view={view}&{DAYS}"), ensure_ascii=False)
    assert not any(secret in shown for secret in (*NAMES, *PHONES))


@pytest.mark.parametrize(
    "search",
    [
        "?from=2026-13-01",
        "?from=2026-11-30&to=2026-11-01",
        "?hours=99",
        "?area=x",
        "?view=cases&object=street&key=1&term=moon",
        "?cell=zz",
    ],
)
def test_an_address_that_cannot_be_used_says_why(desk: Desk, search: str) -> None:
    assert "这个条件用不了" in json.dumps(page(desk, search), ensure_ascii=False)


@pytest.mark.parametrize(
    "search",
    ["", "?", "?view=moon&by=moon&step=moon&page=-3", "?from=2020-01-01&to=2020-01-01", "?class=gone", "?building=9999999999999999999999"],
)
def test_an_address_that_asks_for_nothing_is_a_page(desk: Desk, search: str) -> None:
    for view in ("", *VIEWS):
        assert page(desk, f"{search}&view={view}" if view else search)


def test_days_are_those_of_china_over_midnight_and_new_year() -> None:
    assert Address.read("?days=1").window(NEW_YEAR) == (NEW_YEAR - timedelta(minutes=30), NEW_YEAR)
    assert Address.read("?days=7").window(NEW_YEAR)[0] == datetime(2026, 12, 25, 16, tzinfo=UTC)
    assert Address.read("?from=2026-12-31&to=2026-12-31").window(NEW_YEAR) == (
        datetime(2026, 12, 30, 16, tzinfo=UTC),
        datetime(2026, 12, 31, 16, tzinfo=UTC),
    )
    assert Address.read("?from=2027-01-01").window(NEW_YEAR)[1] == datetime(2027, 1, 1, 16, tzinfo=UTC)
    with pytest.raises(InvalidInputError, match="2027-01-02"):
        Address.read("?from=2027-01-02").window(NEW_YEAR)


def test_an_address_is_narrowed_and_widened_again() -> None:
    address = Address.read("?view=problems&by=class&days=90&page=3")
    narrowed = address.to(**{"class": "0102"})
    assert narrowed == "/analysis/?view=problems&by=class&days=90&class=0102"
    assert Address.read(narrowed.partition("?")[2]).to(**{"class": None}) == "/analysis/?view=problems&by=class&days=90"
    assert address.to_view("cases", overdue="true") == "/analysis/?view=cases&days=90&overdue=true"
