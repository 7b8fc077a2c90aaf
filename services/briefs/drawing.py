"""A process that draws the files of all briefs that wait, and ends: what drawing needs of memory is given back."""

import logging
import os
import sys
import warnings
from datetime import UTC, datetime

from geodata.db import open_pool
from geodata.errors import SourceUnavailableError
from geodata.settings import Settings
from services.briefs import maker

log = logging.getLogger("briefs")


def main() -> int:
    """Draw until nothing waits."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="matplotlib")
    os.nice(maker.NICE)
    settings = Settings.from_env(os.environ)
    pool = open_pool(settings.database_url, most=2)
    try:
        while maker.draw_one(pool, settings.data_dir, datetime.now(UTC)):
            pass
    except SourceUnavailableError as error:
        log.warning("briefs are not drawn: %s", error)
        return 1
    finally:
        pool.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
