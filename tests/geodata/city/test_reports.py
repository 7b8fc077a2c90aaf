"""The sample city's sources: what they sent of the last month, and what they are owed."""

from geodata.db import Conn
from tests.geodata.city.conftest import NOON

ALL = "SELECT source, received_at, reply_due_at, replied_at, reply, event_id <> first_event_id AS merged FROM hall.source_record"
REPEATS = "SELECT count(*) FROM hall.event WHERE dup_of IS NOT NULL AND reported_at >= %s - interval '30 days'"
OUTSIDE = "SELECT count(*) FROM hall.source_record r JOIN hall.event e ON e.id = r.first_event_id WHERE e.reported_at <> r.received_at"


def test_every_case_of_the_last_thirty_days_has_what_was_sent(toy_conn: Conn) -> None:
    sent = toy_conn.execute("SELECT count(*) FROM hall.source_record").fetchone()
    cases = toy_conn.execute("SELECT count(*) FROM hall.event WHERE reported_at >= %s - interval '30 days'", [NOON]).fetchone()
    assert sent == cases
    assert sent is not None
    assert sent[0] > 50
    assert toy_conn.execute(OUTSIDE).fetchone() == (0,)


def test_the_hotline_is_owed_a_reply_and_a_patrol_is_not(toy_conn: Conn) -> None:
    rows = toy_conn.execute(ALL).fetchall()
    assert all((due is not None) == (source in {"hotline12345", "city_dcm", "citizen"}) for source, _, due, _, _, _ in rows)


def test_a_reply_comes_after_the_report_and_never_from_the_future(toy_conn: Conn) -> None:
    replied = [(received, at, reply) for _, received, _, at, reply, _ in toy_conn.execute(ALL) if at is not None]
    assert replied
    assert all(received < at < NOON and reply for received, at, reply in replied)


def test_a_repeated_case_stands_merged_into_the_first_one(toy_conn: Conn) -> None:
    merged = sum(row[-1] for row in toy_conn.execute(ALL))
    assert toy_conn.execute(REPEATS, [NOON]).fetchone() == (merged,)
