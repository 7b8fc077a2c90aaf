"""The page of briefs: a draft is approved and sent by the shift leader, read by the leader, and a brief is asked for."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from geodata.db import Pool, open_pool, writing
from services.briefs import catalogue, compose, maker, periods, wishes
from services.briefs.queries import QUERIES
from tests.conftest import City
from tests.serving import Served

DISTRICT = "990000"
Open = Callable[[str], Page]


@pytest.fixture(scope="module")
def pool(city: City) -> Iterator[Pool]:
    with open_pool(city.url, most=3) as opened:
        yield opened


@pytest.fixture(scope="module")
def draft(pool: Pool) -> int:
    """The daily brief of a day of the sample city, without files."""
    now = datetime.now(UTC)
    with writing(pool) as conn:
        catalogue.store(conn, catalogue.delivered(), now)
        kind = catalogue.delivered().types["daily_operation"]
        period = periods.of_day(kind.cycle, date(2026, 1, 5))
        brief_id, _ = wishes.register(conn, kind, compose.area(conn, DISTRICT), period, now)
    make_all(pool)
    return brief_id


def make_all(pool: Pool) -> None:
    while maker.make_one(maker.Making(pool=pool, data_dir=Path(), queries=QUERIES), datetime.now(UTC)):
        pass


@pytest.fixture
def open_as(chromium: Browser, server: Served, city: City) -> Iterator[Open]:
    """Opens a page signed in as one of the demo accounts; a script error fails the test."""
    contexts, faults = [], []

    def opened(username: str) -> Page:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(30_000)
        contexts.append(context)
        account = city.accounts[username]
        assert context.request.post(f"{server.url}/api/v1/session", data={name: account[name] for name in ("username", "password")}).ok
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.browser
def test_from_draft_to_receipt(open_as: Open, server: Served, draft: int) -> None:
    chief = open_as("shift_leader")
    chief.goto(f"{server.url}/briefs/#b={draft}")
    expect(chief.locator(".br-sheet .paper-mast")).to_have_text("每日运行简报")
    expect(chief.locator(".br-sheet .paper-draft")).to_be_visible()
    chief.locator("[data-brief-act=approve]").click()
    chief.locator(".br-dialog textarea").fill("请各街道阅处。")
    chief.locator(".br-dialog .button.primary").click()
    expect(chief.locator(".br-sheet .paper-remark")).to_contain_text("请各街道阅处。")
    chief.locator("[data-brief-act=send]").click()
    chief.locator(".br-dialog .button.primary").click()
    expect(chief.locator(".br-receipts li")).not_to_have_count(0)
    expect(chief.locator(".br-steps li.done").first).to_be_visible()

    reader = open_as("leader")
    reader.goto(f"{server.url}/briefs/")
    line = reader.locator(f".br-line.unread[data-id='{draft}']")
    expect(line).to_be_visible()
    line.click()
    expect(reader.locator(".br-sheet .paper h1")).to_contain_text("2026年1月5日")
    expect(reader.locator(".br-steps li").last).to_contain_text("本人已阅")
    expect(reader.locator(f".br-line.unread[data-id='{draft}']")).to_have_count(0)


@pytest.mark.browser
def test_a_brief_is_asked_for_and_the_kinds_are_told(open_as: Open, server: Served, pool: Pool, draft: int) -> None:
    assert draft
    page = open_as("dispatcher")
    page.goto(f"{server.url}/briefs/#kinds")
    expect(page.locator(".br-table")).to_have_count(7)
    page.locator(".br-tools .button.primary").click()
    dates = page.locator(".br-dialog input[type=date]")
    dates.nth(0).fill("2026-01-01")
    dates.nth(1).fill("2026-01-07")
    page.locator(".br-dialog .button.primary").click()
    expect(page.locator(".br-sheet")).to_contain_text("正在生成")
    make_all(pool)
    expect(page.locator(".br-sheet .paper-mast")).to_have_text("专题分析简报")
    expect(page.locator(".br-sheet .paper h1")).to_contain_text("2026年1月1日至7日")
    page.set_viewport_size({"width": 900, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
