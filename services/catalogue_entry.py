"""One entry of a platform's catalogue: what its source tells, and what is stored."""

from dataclasses import dataclass
from typing import Literal

LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a catalogue as the platform tells it; positions are in the source's own coordinate system."""

    gb_id: str
    kind: Literal["camera", "division", "group", "organization"]
    name: str
    parent_gb_id: str | None = None
    ref: str | None = None
    sub_ref: str | None = None
    lon: float | None = None
    lat: float | None = None
    online: bool | None = None
    ptz: bool = False
    ptz_type: int | None = None
    civil_code: str | None = None
    direction_type: int | None = None
