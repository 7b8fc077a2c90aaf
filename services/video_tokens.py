"""Short-lived signed tokens that open one picture: the only thing that the video gateway trusts, and all that a browser ever learns of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from geodata.errors import NotAllowedError
from services.video_rights import Mode

SALT = "video"
LONGEST = 1_200
"""Characters; a longer one isn't looked at."""
OPENS_FOR: Mapping[Mode, timedelta] = {
    Mode.LIVE: timedelta(seconds=60),
    Mode.SNAPSHOT: timedelta(seconds=60),
    Mode.PTZ: timedelta(seconds=10),
    Mode.REPLAY: timedelta(hours=2),
}
"""A live token must be used at once; what it opened goes on."""
SKEW = timedelta(seconds=5)
"""Two processes of one machine read their clocks in any order."""
PROFILES = ("sub", "main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token allows: this account, this camera, this way. `access_id` is the row of hall.camera_access that records it."""

    camera_id: int
    account_id: int
    username: str
    mode: Mode
    access_id: int
    issued_at: datetime
    profile: str = "sub"
    transcode: bool = False
    """H.265 is turned into H.264 for this viewer."""
    start: datetime | None = None
    """Of the recorded window, for replay."""
    end: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """Until when it opens something."""
        return self.issued_at + OPENS_FOR[self.mode]


class Signer:
    """Writes and reads tokens with a key that is derived from the product's secret."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt=SALT)

    def sign(self, grant: Grant) -> str:
        """Return the token of a grant."""
        payload: dict[str, Any] = {
            "c": grant.camera_id,
            "a": grant.account_id,
            "u": grant.username,
            "m": grant.mode.value,
            "p": grant.profile,
            "x": grant.access_id,
            "i": round(grant.issued_at.timestamp(), 3),
        }
        if grant.transcode:
            payload["t"] = 1
        if grant.start and grant.end:
            payload |= {"s": grant.start.timestamp(), "e": grant.end.timestamp()}
        text: str | bytes = self._serializer.dumps(payload)
        return text if isinstance(text, str) else text.decode()

    def read(self, token: str, *modes: Mode) -> Grant:
        """Return what a token of ours says, however old it is.

        Raises:
            NotAllowedError: it is forged or damaged, or made for none of these modes.
        """
        if len(token) > LONGEST:
            raise NotAllowedError("the token is not valid")
        try:
            grant = _grant(self._serializer.loads(token))
        except (BadSignature, KeyError, TypeError, ValueError):
            raise NotAllowedError("the token is not valid") from None
        if grant.mode not in modes:
            raise NotAllowedError(f"the token is for {grant.mode}")
        return grant

    def open(self, token: str, now: datetime, *modes: Mode) -> Grant:
        """Return what a token allows that still opens something.

        Raises:
            NotAllowedError: it is forged, damaged or over, or made for none of these modes.
        """
        grant = self.read(token, *modes)
        if not grant.issued_at - SKEW <= now < grant.expires_at:
            raise NotAllowedError("the token has expired")
        return grant


def _grant(said: Mapping[str, Any]) -> Grant:
    return Grant(
        camera_id=int(said["c"]),
        account_id=int(said["a"]),
        username=str(said["u"]),
        mode=Mode(said["m"]),
        profile=str(said["p"]),
        access_id=int(said["x"]),
        transcode=bool(said.get("t")),
        start=_instant(said["s"]) if "s" in said else None,
        end=_instant(said["e"]) if "e" in said else None,
        issued_at=_instant(said["i"]),
    )


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
