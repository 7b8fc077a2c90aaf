"""What is to be made: the ground, the size, the seed of all draws, and the present of the sample."""

from dataclasses import dataclass

import numpy as np

from geodata.city.draws import Rng, stream
from geodata.city.ground import Ground
from geodata.city.streets import Streets

LOCAL_HOURS = 8
UTC_TO_LOCAL = np.timedelta64(LOCAL_HOURS, "h")
"""Asia/Shanghai has no daylight saving time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample city; every generator gets this one value. The same values give the same rows."""

    ground: Ground
    streets: Streets
    scale: float
    """Up to 1.0, the size of the seeds."""
    seed: int
    now: np.datetime64
    """Instant in UTC, seconds."""

    @property
    def today(self) -> np.datetime64:
        """The local date."""
        day: np.datetime64 = (self.now + UTC_TO_LOCAL).astype("datetime64[D]")
        return day

    @property
    def midnight(self) -> np.datetime64:
        """The instant in UTC at which the local day began."""
        instant: np.datetime64 = self.today.astype("datetime64[s]") - UTC_TO_LOCAL
        return instant

    def stream(self, name: str) -> Rng:
        """Random draws of one element class, independent of those of the others."""
        return stream(self.seed, name)

    def share(self, full: int) -> int:
        """Number, at this scale, of what makes the size of a district: people, organizations, events."""
        return max(1, round(full * self.scale))

    def thinned(self, full: int, *, least: int = 1, power: float = 0.5) -> int:
        """Number of things that a small sample needs too: falls with `scale ** power`, never below `least`."""
        return max(min(least, full), round(full * float(self.scale**power)))
