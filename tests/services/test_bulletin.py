"""What the desk's frame says of today."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geodata.db import Conn
from geodata.errors import InvalidInputError
from services.bulletin import bulletin
from tests.town import DISPATCHER, NORTH_EAST

# event n was reported n hours after the beginning of 2026; every tenth is open, the others were closed a day later
NOW = datetime(2026, 1, 10, 12, 10, tzinfo=UTC)


def test_open_cases_by_state_and_the_overdue_ones(town_conn: Conn) -> None:
    found = bulletin(town_conn, DISPATCHER, start=NOW - timedelta(hours=12), now=NOW)
    assert found.open == {"filed": 30}
    # 228 hours have passed; deadlines end 48 hours after the report: 10, 20 … 180
    assert found.overdue == 18


def test_suspended_cases_are_never_overdue(town_conn: Conn) -> None:
    town_conn.execute("UPDATE hall.event SET state = 'suspended' WHERE id = 10")
    assert bulletin(town_conn, DISPATCHER, start=NOW, now=NOW).overdue == 17


def test_news_are_the_last_reports_and_closings(town_conn: Conn) -> None:
    found = bulletin(town_conn, DISPATCHER, start=NOW, now=NOW, limit=2)
    # what is not yet closed at this hour of the story would be closed in its future
    assert [news.id for news in found.news] == [204, 203]
    assert found.news[0].at == datetime(2026, 1, 10, 12, tzinfo=UTC)
    assert found.news[0].closed_at is not None


def test_reports_since_the_beginning_of_the_day_by_half_hours(town_conn: Conn) -> None:
    start = datetime(2026, 1, 10, 9, 45, tzinfo=UTC)
    found = bulletin(town_conn, DISPATCHER, start=start, now=NOW)
    # at 10:00, 11:00 and 12:00: a quarter, one and a quarter, two and a quarter hours later
    assert found.slots == {0: 1, 2: 1, 4: 1}


def test_only_the_readers_area_is_told(town_conn: Conn) -> None:
    own = bulletin(town_conn, NORTH_EAST, start=NOW, now=NOW)
    assert 0 < sum(own.open.values()) < 30
    assert bulletin(town_conn, replace(DISPATCHER, scope="111111"), start=NOW, now=NOW).open == {}


def test_too_much_news_is_refused(town_conn: Conn) -> None:
    with pytest.raises(InvalidInputError):
        bulletin(town_conn, DISPATCHER, start=NOW, now=NOW, limit=51)
