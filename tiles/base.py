"""The base map's archive, opened again when a new one has taken its place."""

from pathlib import Path

from geodata.errors import SourceUnavailableError
from services.archive import Archive

FILE = Path("tiles") / "base.mbtiles"


class Base:
    """Looks at the file's time of change whenever it is asked."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self._changed_ns = 0
        self._archive: Archive | None = None

    def archive(self) -> Archive:
        """Return the newest archive.

        Raises:
            SourceUnavailableError: there is none yet.
        """
        try:
            changed_ns = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            raise SourceUnavailableError("the base map is being prepared") from None
        if self._archive is None or changed_ns != self._changed_ns:
            self._archive, self._changed_ns = Archive(self._path), changed_ns
        return self._archive
