"""Two hundred acts while the server is killed and the database drops its connections: nothing acknowledged is lost, nothing happens twice."""

from pathlib import Path

import psycopg

from tests import storm
from tests.storm import Storm, Web

ACTS, CASES, EVERY = 220, 40, 30


def test_every_acknowledged_act_is_there_once_after_kills(stage_url: str, tmp_path: Path) -> None:
    with psycopg.connect(stage_url) as conn:
        tokens = storm.prepare(conn, CASES)
    web = Web(storm.environ(stage_url, tmp_path))
    web.start()
    try:
        web.ready(tokens["dispatcher"])
        run = Storm(web.url, tokens, wanted=ACTS, cases=CASES)

        def kill_web() -> None:
            web.kill()
            web.start()

        storm.run(
            run, {"database": lambda: storm.cut(stage_url), "web": kill_web, "connections": lambda: storm.cut(stage_url)}, every=EVERY
        )
    finally:
        web.kill()
    with psycopg.connect(stage_url) as conn:
        assert storm.wrong(conn, run) == []
    assert len(run.acknowledged) >= ACTS
    assert run.kills["web"] >= 1
    assert run.kills.total() >= 5
    assert run.resent
