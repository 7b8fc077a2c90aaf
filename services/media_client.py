"""Asks the video gateway of this machine for what only it can reach: the archives of platforms. Over loopback, with tokens like everybody else."""

import shutil
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError, URLError

from geodata.errors import ConflictError, SourceUnavailableError
from services.video_rights import Mode
from services.video_tokens import Grant, Signer

ASK_TIMEOUT_S = 9.0
PIECE_TIMEOUT_S = 40.0
PIECE = timedelta(seconds=10)
PLATFORMS = frozenset({"wvp", "zlmediakit", "mediamtx"})
"""Kinds of sources that keep recordings of their own."""
OURSELVES = "hallmap"


@dataclass(frozen=True, slots=True)
class MediaClient:
    """The video gateway on the loopback interface."""

    port: int
    signer: Signer

    def token(self, camera_id: int, start: datetime, end: datetime) -> str:
        """Return a token for what the product does itself: no row of the record of access stands behind it."""
        grant = Grant(
            camera_id=camera_id,
            account_id=0,
            username=OURSELVES,
            mode=Mode.REPLAY,
            access_id=0,
            issued_at=datetime.now(UTC),
            start=start,
            end=end,
        )
        return self.signer.sign(grant)

    def turn(self, camera_id: int, action: str, speed: int) -> None:
        """Have a camera turned.

        Raises:
            ConflictError: its source cannot turn it.
            SourceUnavailableError: the gateway or the source does not answer.
        """
        now = datetime.now(UTC)
        grant = Grant(camera_id=camera_id, account_id=0, username=OURSELVES, mode=Mode.PTZ, access_id=0, issued_at=now)
        url = f"http://127.0.0.1:{self.port}/media/turn/{self.signer.sign(grant)}?action={action}&speed={speed}"
        try:
            with urllib.request.urlopen(url, b"", timeout=ASK_TIMEOUT_S) as answer:
                answer.read()
        except HTTPError as error:
            if error.code in {404, 409}:
                raise ConflictError("the camera's source cannot turn it") from None
            raise SourceUnavailableError(f"camera {camera_id} was not turned: {error.code}") from None
        except (URLError, OSError) as error:
            raise SourceUnavailableError(f"camera {camera_id} was not turned: {error}") from None

    def ask_archive(self, camera_id: int, start: datetime, end: datetime) -> None:
        """Have the camera's platform tell what it recorded of a window, into the index.

        Raises:
            SourceUnavailableError: the gateway or the platform does not answer.
        """
        url = f"http://127.0.0.1:{self.port}/media/archive/{self.token(camera_id, start, end)}"
        try:
            with urllib.request.urlopen(url, b"", timeout=ASK_TIMEOUT_S) as answer:
                answer.read()
        except (URLError, OSError) as error:
            raise SourceUnavailableError(f"the archive of camera {camera_id} was not asked: {error}") from None

    def fetch(self, camera_id: int, start: datetime, end: datetime, path: Path) -> None:
        """Write a piece of a platform's recording, at most ten seconds of true time, as a transport stream; whole or not at all.

        Raises:
            SourceUnavailableError: the gateway or the platform does not answer.
            OSError: the file cannot be written.
        """
        lasting_ms = round((end - start) / timedelta(milliseconds=1))
        name = f"p{round(start.timestamp() * 1000)}-{lasting_ms}.ts"
        url = f"http://127.0.0.1:{self.port}/media/vod/{self.token(camera_id, start, end)}/{name}"
        part = path.with_suffix(".part")
        try:
            answer = urllib.request.urlopen(url, timeout=PIECE_TIMEOUT_S)
        except (URLError, OSError) as error:
            raise SourceUnavailableError(f"a piece of camera {camera_id} was not played: {error}") from None
        try:
            with answer, part.open("wb") as file:
                shutil.copyfileobj(answer, file)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def pieces(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Cut a time into pieces that a gateway gives; a last sliver is left out."""
    found = []
    while end - start > timedelta(milliseconds=200):
        until = min(end, start + PIECE)
        found.append((start, until))
        start = until
    return found
