"""The dictionary in a browser: what is saved shows at once, and what was unfolded stays so."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import WAIT_MS
from tests.conftest import City
from tests.serving import Served

pytestmark = pytest.mark.browser
SAVE_MS = 3_000
"""An idle machine needs a tenth of it; a page that draws everything anew needs many times as much on any."""


@pytest.fixture
def page(chromium: Browser, server: Served, city: City) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1500, "height": 900})
    context.set_default_timeout(WAIT_MS)
    account = city.accounts["system_admin"]
    signed = context.request.post(f"{server.url}/api/v1/session", data={"username": account["username"], "password": account["password"]})
    assert signed.ok
    page = context.new_page()
    page.goto(f"{server.url}/dictionary/")
    page.wait_for_selector(".dict-leaf", state="attached")
    yield page
    context.close()


def unfold(page: Page, code: str) -> None:
    page.evaluate("(code) => { for (const node of document.querySelectorAll(code)) node.open = true; }", f"details:has({code})")


def test_a_saved_class_shows_at_once_where_it_stands_in_the_unfolded_tree(page: Page) -> None:
    leaf = page.locator('[data-dict-class="C199"]')
    unfold(page, '[data-dict-new="C01"]')
    page.locator('[data-dict-new="C01"]').click()
    field = page.locator('#dict-editor input[data-field="code"]')
    field.fill("C199")
    page.locator('#dict-editor input[data-field="name"]').fill("试验细类")
    page.locator('#dict-editor textarea[data-field="condition"]').last.fill("有")
    page.locator('#dict-editor textarea[data-field="closing"]').last.fill("完")
    page.locator('#dict-editor input[data-field="limit_value"]').last.fill("1")
    page.locator("#dict-editor [data-dict-act]").click()
    leaf.wait_for()
    leaf.click()
    page.wait_for_selector('#dict-editor [data-dict-key="C199"]')
    page.wait_for_timeout(1_000)
    page.locator('#dict-editor input[data-field="name"]').fill("试验细类乙")
    page.locator("#dict-editor [data-dict-act]").click()
    page.wait_for_function("document.querySelector('[data-dict-class=\"C199\"]').innerText.includes('试验细类乙')", timeout=SAVE_MS)
    assert leaf.is_visible(), "the branch stays unfolded"
    assert "chosen" in (leaf.get_attribute("class") or "")


def test_a_sub_class_is_renamed_from_the_tree(page: Page) -> None:
    unfold(page, '[data-dict-edit-sub="C02"]')
    page.locator('[data-dict-edit-sub="C02"]').click()
    page.wait_for_selector('#dict-editor [data-dict-act="rename_sub_class"]')
    page.locator('#dict-editor input[data-field="name"]').fill("改名小类")
    page.locator("#dict-editor [data-dict-act]").click()
    page.wait_for_function("document.querySelector('[data-branch=\"C02\"] > summary').innerText.includes('改名小类')", timeout=SAVE_MS)
    assert page.locator('[data-dict-edit-sub="C02"]').is_visible()
