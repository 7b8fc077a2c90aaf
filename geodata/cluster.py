"""The database of this checkout: an existing one by DATABASE_URL, or the private cluster of bin/cluster.sh."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from geodata.errors import SetupError

SCRIPT = Path(__file__).resolve().parent.parent / "bin" / "cluster.sh"


class Cluster:
    """Context manager that lends the database's URL and leaves the machine as it found it."""

    def __init__(self, url: str, environ: Mapping[str, str]) -> None:
        self._url = url
        self._environ = dict(environ)
        self._started = False

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """DATABASE_URL wins; without it the private cluster is used."""
        return cls(environ.get("DATABASE_URL", ""), environ)

    def __enter__(self) -> str:
        """Start the cluster if need be.

        Raises:
            SetupError: PostGIS cannot be had or does not start; the script has said why.
        """
        if self._url:
            return self._url
        self._call("packages")
        self._started = self._call("start") == "started"
        return self._call("url")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop the cluster only if this call started it."""
        if self._started:
            self._call("stop")

    def _call(self, command: str) -> str:
        done = subprocess.run(
            [str(SCRIPT), command], env=self._environ, stdout=subprocess.PIPE, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise SetupError(f"bin/cluster.sh {command} failed")
        return done.stdout.strip()
