"""Steps of past cases: in order, at plausible paces, with a department; and the working time of their checks."""

import numpy as np
import pytest

from geodata.city.duties import Duties
from geodata.city.event_classes import EVENT_CLASSES
from geodata.city.event_places import Scene
from geodata.city.event_rows import grids_of
from geodata.city.event_steps import CHECK_LIMIT_S, Steps, draw_steps, working_time_later
from geodata.city.events import SOURCES, STATES, Cases, draw_history
from geodata.city.open_cases import draw_open
from geodata.city.sample import Sample


@pytest.fixture(scope="module")
def cases(sample: Sample) -> Cases:
    scene = Scene.of(sample.ground)
    return Cases.joined([draw_history(sample, scene, 20_000), draw_open(sample, scene)]).by_time()


@pytest.fixture(scope="module")
def duties(sample: Sample) -> Duties:
    grids = len(sample.ground.grids.code)
    lead = np.tile(np.arange(len(EVENT_CLASSES))[:, None] % 7 + 1, (1, grids))
    return Duties(lead, np.arange(grids) % 3, np.array([1, 2]))


@pytest.fixture(scope="module")
def steps(sample: Sample, duties: Duties, cases: Cases) -> Steps:
    return draw_steps(sample, duties, cases, grids_of(sample.ground, cases))


def test_steps_come_one_after_the_other_between_report_and_end(cases: Cases, steps: Steps) -> None:
    end = np.where(np.isnat(cases.closed), sample_end(steps), cases.closed)
    for before, after in (
        (cases.reported, steps.accepted_at),
        (steps.accepted_at, steps.filed_at),
        (steps.verified_at, steps.filed_at),
        (steps.filed_at, steps.dispatched_at),
        (steps.dispatched_at, steps.handled_at),
        (steps.handled_at, steps.check_sent_at),
        (steps.check_sent_at, steps.checked_at),
        (steps.checked_at, end),
    ):
        both = ~np.isnat(before) & ~np.isnat(after)
        assert both.sum() > 100
        assert (before[both] <= after[both]).all()


def sample_end(steps: Steps) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.full(len(steps.lead), np.datetime64("2100-01-01", "s"))


def test_what_the_grid_solved_itself_has_no_steps_and_no_department(cases: Cases, steps: Steps) -> None:
    own = cases.source == SOURCES.index("grid_self")
    assert np.isnat(steps.filed_at[own]).all()
    assert (steps.lead[own] == -1).all()
    assert (steps.handled_at[own] == cases.closed[own]).all()


def test_every_closed_case_that_was_sent_out_has_a_department(cases: Cases, steps: Steps) -> None:
    closed = (cases.state == STATES.index("closed")) & (cases.source != SOURCES.index("grid_self"))
    assert (steps.lead[closed] > 0).all()
    assert not np.isnat(steps.checked_at[closed]).any()


def test_open_cases_have_taken_the_steps_up_to_their_state(cases: Cases, steps: Steps) -> None:
    dispatched = cases.state == STATES.index("dispatched")
    assert (steps.dispatched_at[dispatched] == cases.step_started[dispatched]).all()
    assert np.isnat(steps.handled_at[dispatched]).all()
    assert np.isnat(steps.accepted_at[cases.state == STATES.index("reported")]).all()


def test_a_few_steps_are_late_and_a_few_cases_are_reworked(steps: Steps) -> None:
    for done, due in (
        (steps.filed_at, steps.file_due_at),
        (steps.dispatched_at, steps.dispatch_due_at),
        (steps.handled_at, steps.handle_due_at),
    ):
        assert 0.001 < (done > due)[~np.isnat(done)].mean() < 0.12
    assert 0.005 < steps.reworks.mean() < 0.05


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-23T01:00:00", "2026-11-23T07:00:00"),  # 09:00 → 15:00, over noon
        ("2026-11-23T08:00:00", "2026-11-24T02:00:00"),  # 16:00 → 10:00 of the next day
        ("2026-11-23T15:00:00", "2026-11-24T04:00:00"),  # 23:00 → 12:00
        ("2026-11-23T06:00:00", "2026-11-23T10:00:00"),  # 14:00 → 18:00, not 08:00 of the next day
        ("2026-12-31T15:59:59", "2027-01-01T04:00:00"),  # over the new year
    ],
)
def test_a_check_has_four_hours_of_working_time(start: str, due: str) -> None:
    assert working_time_later(np.array([start], "datetime64[s]"), CHECK_LIMIT_S)[0] == np.datetime64(due)
    assert np.isnat(working_time_later(np.array(["NaT"], "datetime64[s]"), CHECK_LIMIT_S)[0])
