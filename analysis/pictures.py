"""A picture of a camera, now: from the video gateway, which starts the stream when nobody else watches it."""

import io
import urllib.error
import urllib.request
from datetime import UTC, datetime

from PIL import Image, UnidentifiedImageError

from geodata.errors import SourceUnavailableError
from services.counting import ANALYSER
from services.video_rights import Mode
from services.video_tokens import Grant, Signer

TIMEOUT_S = 15.0
MOST_BYTES = 10_000_000
NOBODY = 0
"""The product itself looks: no account, and no row in the record of who watched what."""


class Pictures:
    """Asks the gateway on the loopback interface."""

    def __init__(self, port: int, signer: Signer) -> None:
        self._port, self._signer = port, signer
        # a proxy of the environment is none for the loopback interface
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def take(self, camera_id: int) -> tuple[bytes, Image.Image]:
        """Return the newest picture as it came (JPEG), and decoded.

        Raises:
            SourceUnavailableError: the gateway or the camera gives none; the message says why.
        """
        grant = Grant(
            camera_id=camera_id, account_id=NOBODY, username=ANALYSER, mode=Mode.SNAPSHOT, access_id=NOBODY, issued_at=datetime.now(UTC)
        )
        address = f"http://127.0.0.1:{self._port}/media/snapshot/{self._signer.sign(grant)}.jpg"
        try:
            with self._opener.open(address, timeout=TIMEOUT_S) as answer:
                content = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            raise SourceUnavailableError(f"camera {camera_id}: no picture ({error.code})") from None
        except OSError as error:
            raise SourceUnavailableError(f"camera {camera_id}: the video gateway does not answer ({error})") from None
        try:
            picture = Image.open(io.BytesIO(content), formats=("JPEG",))
            picture.load()
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
            raise SourceUnavailableError(f"camera {camera_id}: no picture in the answer") from error
        return content, picture
