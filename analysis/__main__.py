"""`python -m analysis`: the people counter. Ends on SIGTERM or SIGINT; takes one core at most, and that only when nobody else wants it."""

import logging
import os
import signal
import sys
import threading
from types import FrameType

from analysis.counter import Counter
from analysis.detector import Detector
from analysis.pictures import Pictures
from geodata.db import open_pool
from geodata.errors import SetupError
from geodata.secret_key import secret_key
from geodata.settings import Settings
from services.video_tokens import Signer

log = logging.getLogger("analysis")

NICE = 10


def main() -> int:
    """Count until a signal."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    stop = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    os.nice(NICE)
    settings = Settings.from_env(os.environ)
    try:
        detector = Detector()
    except SetupError as error:
        # the rest of the product goes on without it
        log.error("nothing is counted: %s", error)  # noqa: TRY400 - a plain line for the operator
        stop.wait()
        return 0
    pool = open_pool(settings.database_url)
    try:
        Counter(pool, settings.data_dir, detector, Pictures(settings.media_port, Signer(secret_key(settings))).take).run(stop)
    finally:
        pool.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
