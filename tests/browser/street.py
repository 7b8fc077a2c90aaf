"""A worker of a grid with a phone, and what people do on it."""

import io
import itertools
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Geolocation, Page, ViewportSize, expect

from tests.conftest import City
from tests.serving import Served

SIZE: ViewportSize = {"width": 390, "height": 844}
WAIT_MS = 30_000
expect.set_options(timeout=WAIT_MS)
COLOURS = itertools.count(10, 7)
VIBRATES = "window.shaken = []; navigator.vibrate = (pattern) => { window.shaken.push(pattern); return true; };"


@dataclass
class Field:
    """The desk's interface and one phone. The worker's home is the middle of the own grid."""

    server: Served
    city: City
    browser: Browser
    worker: dict[str, Any]
    contexts: list[BrowserContext] = field(default_factory=list)

    def ask(self, who: str, method: str, path: str, body: object = None) -> Any:
        answer = httpx.request(method, self.server.url + path, json=body, headers=self.city.token(who), timeout=60)
        assert answer.is_success, f"{who} {method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def act(self, who: str, event_id: int, action: str, **more: object) -> Any:
        version = self.ask(who, "GET", f"/api/v1/events/{event_id}")["version"]
        return self.ask(who, "POST", f"/api/v1/events/{event_id}/actions", {"action": action, "version": version, **more})

    def case(self, event_id: int) -> Any:
        return self.ask("shift_leader", "GET", f"/api/v1/events/{event_id}")

    def actions(self, event_id: int) -> list[str]:
        return [line["action"] for line in self.case(event_id)["log"]]

    def report(self) -> int:
        """A case that a citizen reported by telephone, filed under its class."""
        code = self.classes()[0]["code"]
        place = {"lon": self.worker["grid_lon"], "lat": self.worker["grid_lat"], "crs_checked": True}
        told = {
            "source": "hotline12345",
            "class_code": code,
            "description": "路面塌陷约 2 平方米。",
            "place_text": "菜市场后门",
            "level": 3,
        }
        event_id = self.ask("acceptor", "POST", "/api/v1/events", told | place)["id"]
        standard = self.ask("dispatcher", "GET", f"/api/v1/dictionary/{code}")["standards"][0]["id"]
        self.act("dispatcher", event_id, "file", standard_id=standard)
        return int(event_id)

    def send(self, event_id: int) -> int:
        """Send the worker; return the task."""
        sent = self.act("dispatcher", event_id, "dispatch", workers=[self.worker["id"]], order_text="先围挡，再报市政。")
        return int(sent["tasks"][-1]["id"])

    def classes(self) -> list[dict[str, Any]]:
        tree = self.ask("dispatcher", "GET", "/api/v1/dictionary")
        return [one for major in tree["majors"] for sub in major["sub_classes"] for one in sub["classes"]]

    def context(self, who: str = "worker", **options: Any) -> BrowserContext:
        """A phone's browser, signed in."""
        place: Geolocation = {"longitude": self.worker["grid_lon"], "latitude": self.worker["grid_lat"], "accuracy": 8}
        made = self.browser.new_context(
            viewport=SIZE, device_scale_factor=2, is_mobile=True, has_touch=True, permissions=["geolocation"], geolocation=place, **options
        )
        made.set_default_timeout(WAIT_MS)
        made.add_init_script(VIBRATES)
        self.contexts.append(made)
        if who:
            account = self.city.accounts[who]
            assert made.request.post(f"{self.server.url}/api/v1/session", data={key: account[key] for key in ("username", "password")}).ok
        return made

    def phone(self, who: str = "worker", **options: Any) -> Page:
        page = self.context(who, **options).new_page()
        page.goto(f"{self.server.url}/m/")
        page.wait_for_selector(".card.duty, .empty, .sign-in")
        return page

    def offline_phone(self) -> Page:
        """A phone whose service worker has everything that the page needs."""
        page = self.phone()
        page.wait_for_function("navigator.serviceWorker.controller || navigator.serviceWorker.ready.then(() => false)")
        page.wait_for_function("navigator.serviceWorker.controller")
        return page


def photo() -> Any:
    """A photo as a camera makes it, each of its own colour."""
    out = io.BytesIO()
    Image.new("RGB", (2400, 1800), (next(COLOURS) % 256, 120, 160)).save(out, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def press(page: Page, words: str) -> None:
    page.locator(".actions").get_by_text(words, exact=True).click()


def open_task(page: Page, task_id: int) -> None:
    page.locator(f"[data-task='{task_id}']").click()


def fill_result(page: Page, words: str) -> None:
    press(page, "提交处置结果")
    page.set_input_files("input[data-kind=before]", photo())
    page.set_input_files("input[data-kind=after]", photo())
    page.get_by_role("button", name="临时围挡").click()
    page.get_by_label("说明").fill(words)
    expect(page.locator("figure.slot")).to_have_count(2)


def sent(page: Page) -> None:
    """Wait until nothing waits."""
    expect(page.locator(".entry.waiting")).to_have_count(0)


def choose_class(page: Page, name: str) -> None:
    page.locator("#class").click()
    page.get_by_role("searchbox").fill(name)
    page.locator(".item").filter(has_text=name).first.click()


def newest(outside: Field, source: str) -> Any:
    with psycopg.connect(outside.city.url) as conn:
        row = conn.execute("SELECT max(id) FROM hall.event WHERE source = %s", [source]).fetchone()
    assert row
    return outside.case(row[0])
