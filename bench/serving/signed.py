"""Browsers that have signed in with a demo account."""

import json
from collections.abc import Mapping

from playwright.sync_api import Browser, BrowserContext, ViewportSize

from geodata.city import accounts
from geodata.settings import Settings
from tests.serving import Served


def demo_account(settings: Settings, name: str) -> dict[str, str]:
    """Return username, password and token of a demo account."""
    found: dict[str, str] = json.loads((settings.data_dir / accounts.FILE).read_text(encoding="utf-8"))[name]
    return found


def signed_in(browser: Browser, served: Served, account: Mapping[str, str], size: ViewportSize) -> BrowserContext:
    """Open an empty browser of this size and sign in.

    Raises:
        RuntimeError: the server gives no session.
    """
    context = browser.new_context(viewport=size)
    context.set_default_timeout(60_000)
    answer = context.request.post(f"{served.url}/api/v1/session", data={name: account[name] for name in ("username", "password")})
    if not answer.ok:
        raise RuntimeError(f"no session: {answer.status}")
    return context
