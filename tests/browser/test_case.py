"""A dispatcher's case in the browser, whole: opened, people chosen and sent, merged and taken back, and a colleague who was faster."""

import json
from typing import Any

import httpx
import pytest

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
CENTRE = "z=14&c=113.5446,22.1945&b=dark&l=open_events"
NEWEST = """async (state) => {
    const answer = await hall.connection.json('/api/v1/layers/open_events?limit=200&state=' + state);
    const [first, second] = answer.features.sort((a, b) => b.properties.reported_at.localeCompare(a.properties.reported_at));
    return [first, second].map(({id, geometry}) => ({id, lon: geometry.coordinates[0], lat: geometry.coordinates[1]}));
}"""


def newest(desk: Desk, state: str) -> list[dict[str, Any]]:
    """Return the two cases of a state that were reported last."""
    desk.open(CENTRE)
    return list(desk.run(NEWEST, state))


def opened(desk: Desk, case: dict[str, Any]) -> None:
    """Open a case beside the map, near its place."""
    desk.open(f"z=16&c={case['lon']},{case['lat']}&b=dark&l=open_events")
    desk.run("(id) => hall.desk.pick(`open_events/${id}`)", case["id"])
    desk.page.wait_for_selector(f"#panel-body [data-case='{case['id']}']", timeout=WAIT_MS)


def press(desk: Desk, selector: str) -> None:
    """Click without waiting for the map to rest: software drawing keeps the page busy."""
    desk.page.locator(selector).first.dispatch_event("click")


def said(desk: Desk) -> str:
    desk.page.wait_for_selector("#panel-body .said-bar:not([hidden])", state="attached", timeout=WAIT_MS)
    return str(desk.run("() => document.querySelector('#panel-body .said-bar:not([hidden])').innerText"))


def act(desk: Desk, case_id: int, action: str, **fields: object) -> int:
    """Do what a colleague would do, with the present version."""
    path = f"/api/v1/events/{case_id}"
    script = """async ([path, action, fields]) => {
        const {version} = await hall.connection.json(path);
        const answer = await fetch(path + '/actions', {method: 'POST', headers: {'Content-Type': 'application/json'},
                                                       body: JSON.stringify({action, version, ...fields})});
        return answer.status;
    }"""
    return int(desk.run(script, [path, action, fields]))


def test_people_are_chosen_by_keys_and_sent(desk: Desk) -> None:
    case = newest(desk, "filed")[0]
    opened(desk, case)
    desk.page.wait_for_selector("#panel-body [data-candidate]", state="attached", timeout=WAIT_MS)
    rows = desk.run("() => document.querySelectorAll('#panel-body [data-candidate]').length")
    assert rows == 5
    desk.page.wait_for_selector(".hall-unit", state="attached", timeout=WAIT_MS)
    assert desk.run("() => document.querySelectorAll('.hall-unit').length") == rows
    desk.run("() => document.querySelector('#panel-body [data-candidates]').focus()")
    for key in ("ArrowDown", " ", "ArrowDown", " "):
        desk.page.keyboard.press(key)
    assert desk.run("() => hall.case.chosen().map((row) => row.dataset.rank)") == ["1", "2"]
    press(desk, "#panel-body [data-act=dispatch]")
    desk.page.wait_for_timeout(300)
    if desk.run("() => document.querySelector('[data-act-form=dispatch]')?.hidden === false"):
        press(desk, "#panel-body [data-act-do=dispatch]")
    desk.page.wait_for_selector("#panel-body .task", state="attached", timeout=WAIT_MS)
    assert desk.run("() => document.querySelectorAll('#panel-body .task').length") == 2
    assert desk.run("() => document.querySelectorAll('.hall-unit').length") == 0
    desk.run("() => hall.desk.close()")


def test_a_merge_leads_to_the_case_that_stays_and_is_undone_there(desk: Desk) -> None:
    later, first = newest(desk, "reported")
    opened(desk, later)
    desk.run(
        "(id) => hall.store('case-pair', {event: Number(document.querySelector('[data-case]').dataset.case), version: Number(document.querySelector('[data-case]').dataset.version), other: id, decision: 'merge', n: 1})",
        first["id"],
    )
    desk.page.wait_for_selector(f"#panel-body [data-case='{first['id']}']", state="attached", timeout=WAIT_MS)
    desk.page.wait_for_selector(f"#panel-body [data-pair='{later['id']}'][data-decision=unmerge]", state="attached", timeout=WAIT_MS)
    press(desk, f"#panel-body [data-pair='{later['id']}'][data-decision=unmerge]")
    assert "撤销合并" in said(desk)
    assert desk.run("(id) => !document.querySelector(`#panel-body [data-pair='${id}'][data-decision=unmerge]`)", later["id"])
    desk.run("() => hall.desk.close()")


def test_a_reason_that_is_missing_is_asked_for_at_its_field(desk: Desk) -> None:
    opened(desk, newest(desk, "filed")[0])
    press(desk, "#panel-body [data-act=return]")
    press(desk, "#panel-body [data-act-do=return]")
    box = "#panel-body [data-act-form=return] .case-field:has(textarea)"
    assert desk.page.locator(f"{box} .lack").inner_text() == "请填写这一项"
    assert desk.run("() => document.activeElement.getAttribute('aria-invalid')") == "true"
    desk.page.keyboard.type("地点不清")
    assert desk.page.locator(f"{box} .lack").inner_text() == ""
    desk.run("() => hall.desk.close()")


def test_no_reason_of_a_candidate_is_cut(desk: Desk) -> None:
    opened(desk, newest(desk, "filed")[0])
    desk.page.wait_for_selector("#panel-body [data-candidate]", state="attached", timeout=WAIT_MS)
    cut = desk.run("""() => {
        const row = document.querySelector('#panel-body [data-candidate]');
        const why = row.querySelector('.why');
        why.append(...['属地网格在本社区', '负载 12 件在办', '位置 14 秒前'].map((text) => Object.assign(document.createElement('span'), {className: 'chip', textContent: text})));
        const [box, all] = [why.getBoundingClientRect(), row.getBoundingClientRect()];
        return Array.from(why.children, (chip) => chip.getBoundingClientRect()).filter(({right, bottom}) => right > box.right + 1 || bottom > all.bottom).length;
    }""")
    assert cut == 0
    desk.run("() => hall.desk.close()")


def test_the_second_of_two_is_told_and_sees_the_present_state(desk: Desk) -> None:
    case = newest(desk, "filed")[1]
    opened(desk, case)
    version = desk.run("() => Number(document.querySelector('#panel-body [data-case]').dataset.version)")
    # an open form keeps the panel as it is while a colleague returns the case
    press(desk, "#panel-body [data-act=return]")
    assert act(desk, case["id"], "return", opinion="地点不清，请核实") == httpx.codes.OK
    desk.run(
        "([id, version]) => hall.store('case-act', {event: id, version, action: 'return', given: {opinion: '重复退回'}, n: 2})",
        [case["id"], version],
    )
    desk.page.wait_for_selector("#panel-body .said-bar.alarm", state="attached", timeout=WAIT_MS)
    assert "抢先" in said(desk)
    assert desk.run("() => Number(document.querySelector('#panel-body [data-case]').dataset.version)") == version + 1
    desk.run("() => hall.desk.close()")
    assert json.loads(desk.run("() => JSON.stringify(hall.case.chosen())")) == []
