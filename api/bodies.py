"""Values that bodies of requests are made of, with their bounds."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Instant = Annotated[datetime, Meta(tz=True)]
Id = Annotated[int, Meta(ge=1, le=2**62)]
Words = Annotated[str, Meta(max_length=400)]
