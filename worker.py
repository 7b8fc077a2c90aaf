"""The background process: makes tiles and mirrors ready when rows changed, sends messages, and lets the sample city live in demo mode."""

import logging
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from types import FrameType

from geodata.city import pulse, refresh
from geodata.db import Pool, open_pool, writing
from geodata.errors import SourceUnavailableError
from geodata.secret_key import secret_key
from geodata.settings import Settings
from layers.registry import LAYERS
from services import (
    camera_coverage,
    changes,
    clip_maker,
    derived,
    eta,
    event_video,
    evidence,
    heartbeat,
    outbox,
    patrols,
    retention,
    seeding,
    simulate,
    suspensions,
)
from services.briefs import maker
from services.indicators import schedule as indicator_schedule
from services.media_client import MediaClient
from services.scaleout import Scaleout
from services.video_tokens import Signer

log = logging.getLogger("worker")
BEAT_S = 10.0
BEATS_A_REFRESH = 30


def main() -> None:
    """Work until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    settings = Settings.from_env(os.environ)
    stop = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    pool = open_pool(settings.database_url, most=8)
    threads = [threading.Thread(target=seeding.run_forever, args=(stop, pool, LAYERS, settings.data_dir), name="seeding")]
    threads.append(threading.Thread(target=heartbeat.run_forever, args=(stop, pool, "worker"), name="heartbeat"))
    threads.append(threading.Thread(target=eta.renew_forever, args=(stop, pool), name="eta"))
    sender = outbox.gateways(settings.sms_url, settings.webhook_url)
    threads.append(threading.Thread(target=outbox.run_forever, args=(stop, pool, sender), name="outbox"))
    threads.append(threading.Thread(target=camera_coverage.run_forever, args=(stop, pool), name="camera views"))
    threads.append(threading.Thread(target=suspensions.remind_forever, args=(stop, pool), name="suspensions"))
    threads.append(threading.Thread(target=changes.prune_forever, args=(stop, pool), name="changes"))
    limits = retention.Limits.of(settings.recordings_gb)
    threads.append(threading.Thread(target=retention.run_forever, args=(stop, pool, settings.data_dir, limits), name="retention"))
    threads.append(threading.Thread(target=event_video.record_forever, args=(stop, pool), name="event video"))
    client = MediaClient(settings.media_port, Signer(secret_key(settings)))
    threads.append(threading.Thread(target=clip_maker.run_forever, args=(stop, pool, settings.data_dir, client), name="clips"))
    threads.append(threading.Thread(target=evidence.run_forever, args=(stop, pool, settings.data_dir, client), name="evidence"))
    threads.append(threading.Thread(target=patrols.run_forever, args=(stop, pool), name="patrols"))
    threads.append(threading.Thread(target=indicator_schedule.run_forever, args=(stop, pool, Scaleout.of(settings)), name="indicators"))
    threads.append(
        threading.Thread(target=maker.run_forever, args=(stop, pool, settings.data_dir), kwargs={"demo": settings.demo}, name="briefs")
    )
    if settings.demo:
        threads.append(threading.Thread(target=beat, args=(stop, pool), name="pulse"))
    if settings.demo and settings.simulate:
        threads.append(threading.Thread(target=simulate.run_forever, args=(stop, pool, simulate.Options()), name="simulation"))
    for thread in threads:
        thread.start()
    # nobody waits for it at the end: what is half made is made anew the next time
    threading.Thread(target=derived.run_forever, args=(stop, pool, settings), name="derived", daemon=True).start()
    for thread in threads:
        thread.join()
    pool.close()


def beat(stop: threading.Event, pool: Pool) -> None:
    """Let the sample city live: positions and readings move every ten seconds, open cases that nobody works on keep their remaining time."""
    beats = 0
    while not stop.wait(BEAT_S):
        beats += 1
        try:
            # a transaction each: whoever acts on a case must not wait for all of it
            for step in (pulse.move_workers, pulse.move_vehicles, pulse.sense):
                with writing(pool) as conn:
                    step(conn, datetime.now(UTC))
            if beats % BEATS_A_REFRESH == 0:
                with writing(pool) as conn:
                    refresh.refresh(conn, datetime.now(UTC))
        except SourceUnavailableError as error:
            log.warning("no pulse: %s", error)


if __name__ == "__main__":
    main()
