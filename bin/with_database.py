"""Run a command with the private database up: with_database.py COMMAND [ARGUMENT…].

The cluster that this call had to start is stopped again afterwards; one that already ran is left running.
DATABASE_URL names the server to use instead.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from geodata.cluster import Cluster


def main() -> int:
    """Return the command's exit code."""
    # Ctrl-C reaches the command as well; it decides how to end, this process only cleans up after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Cluster.from_env(os.environ) as url:
        return subprocess.run(sys.argv[1:], env=os.environ | {"DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
