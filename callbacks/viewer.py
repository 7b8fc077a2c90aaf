"""Who looks, in which words, at which instant: what every panel is read with."""

from dataclasses import dataclass
from datetime import datetime

from callbacks.words import Words
from services.rights import Reader


@dataclass(frozen=True, slots=True)
class Viewer:
    """The reader of a panel."""

    reader: Reader
    words: Words
    now: datetime
