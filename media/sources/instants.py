"""Instants as platforms write them, and back. The one place where a time without a zone gets the zone of its source."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from media.sources.base import SourceError

PLAIN = "%Y-%m-%d %H:%M:%S"


def zone_of(name: str) -> ZoneInfo:
    """Return the zone that a source's times are in.

    Raises:
        SourceError: unsupported, when there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise SourceError("unsupported", f"there is no time zone {name[:40]!r}") from None


def to_plain(at: datetime, zone: ZoneInfo) -> str:
    """Write an instant as `2026-11-23 08:00:00` in the source's own zone."""
    return at.astimezone(zone).strftime(PLAIN)


def from_plain(text: object, zone: ZoneInfo) -> datetime:
    """Read an instant: a text without a zone is the source's own time, one with a zone and epoch seconds are what they say.

    Raises:
        SourceError: refused, when it is none of these.
    """
    try:
        if isinstance(text, int | float) and not isinstance(text, bool):
            return datetime.fromtimestamp(text, UTC)
        at = datetime.fromisoformat(str(text).strip())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise SourceError("refused", f"the platform writes a time as {str(text)[:40]!r}") from None
