"""What a report means: its place, its class, its time and its title, and what a person must be asked. Nothing is written here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from geodata.crs import WGS84, describe, to_wgs84
from geodata.errors import InvalidInputError
from services import classify, geocode
from services.classify import Classes, Suggestion
from services.duplicates import Draft
from services.gazetteer import Gazetteer
from services.geocode import Doubt, Place
from services.report import MAX_TITLE, Report

AHEAD = timedelta(minutes=5)
"""A clock that is further ahead is wrong; so is one that is further behind than `BEHIND`."""
BEHIND = timedelta(days=400)
LEAST_PLACE = 0.3
"""Places in the text of a report with a lower score do not count."""
LEAST_TOLD = 0.85
"""The same of places in the description, which speaks of other things as well."""
NO_PLACE, NO_CLASS, DATUM = "place", "class", "datum"
"""What can be missing; a report that misses something waits for a person."""
SUGGESTED = "class_suggested"
"""Flag of a case whose class was taken from its text: it is confirmed when the case is filed."""
CLOCK = "clock"
"""Flag of a case whose source told an impossible time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a report happened, as far as it is known."""

    lon: float | None
    lat: float | None
    precision: str
    grid_code: str | None
    building_id: int | None
    doubt: Doubt | None = None
    """The position seems to be of another datum than declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A report with its place, class and time, as far as they could be found."""

    report: Report
    title: str
    class_code: str | None
    spot: Spot
    reported_at: datetime
    flags: tuple[str, ...]
    trouble: tuple[str, ...]
    """What is missing; none: a case can be opened."""
    suggestions: tuple[Suggestion, ...]
    places: tuple[Place, ...]
    elsewhere: str | None
    """Another city that the text names."""

    @property
    def needs(self) -> str | None:
        """Return what a person must say, or confirm of what was guessed."""
        if self.trouble:
            return self.trouble[0]
        if SUGGESTED in self.flags:
            return NO_CLASS
        return NO_PLACE if self.spot.precision == "district" else None

    @property
    def draft(self) -> Draft:
        """Return it as the search for duplicates takes it."""
        report, spot = self.report, self.spot
        return Draft(
            class_code=self.class_code,
            lon=spot.lon or 0.0,
            lat=spot.lat or 0.0,
            precision=spot.precision,
            grid_code=spot.grid_code or "",
            text=" ".join(filter(None, (self.title, report.description, report.place_text))),
            reported_at=self.reported_at,
            building_id=spot.building_id,
        )


def understand(names: Gazetteer, known: Classes, report: Report, now: datetime) -> Understood:
    """Find place, class, title and time of a report, and say what is missing.

    Raises:
        InvalidInputError: the coordinates are none of their system.
    """
    text = report.place_text or ""
    found = geocode.look_up(names, text) if text else geocode.Geocoded(places=(), elsewhere=None)
    spot = _spot(names, report, found)
    class_code, suggestions, guessed = _class(known, report)
    reported_at, told = _time(report, now)
    trouble = [DATUM] if spot.doubt else [NO_PLACE] if spot.grid_code is None else []
    if class_code is None:
        trouble.append(NO_CLASS)
    said = (found.places[0].matched if found.places else text)[:40]
    class_name = known.by_code[class_code].name if class_code else ""
    title = report.title or " ".join(filter(None, (said, class_name))) or (report.description or "")[:40] or report.source
    return Understood(
        report=report,
        title=title.strip()[:MAX_TITLE],
        class_code=class_code,
        spot=spot,
        reported_at=reported_at,
        flags=(*((SUGGESTED,) if guessed else ()), *(() if told else (CLOCK,))),
        trouble=tuple(trouble),
        suggestions=suggestions,
        places=found.places,
        elsewhere=found.elsewhere,
    )


def _spot(names: Gazetteer, report: Report, found: geocode.Geocoded) -> Spot:
    if report.lon is not None and report.lat is not None:
        return _declared(names, report, report.lon, report.lat, found)
    place = _told(names, report, found)
    if place is None:
        return Spot(lon=None, lat=None, precision=report.precision or "point", grid_code=None, building_id=report.building_id)
    return Spot(
        lon=place.lon,
        lat=place.lat,
        precision=place.precision,
        grid_code=place.grid_code,
        building_id=report.building_id or place.building_id,
    )


def _declared(names: Gazetteer, report: Report, lon: float, lat: float, found: geocode.Geocoded) -> Spot:
    """Take the position that the source gives, unless it looks like another datum."""
    x, y = to_wgs84(np.array([lon]), np.array([lat]), report.crs)
    lon, lat = float(x[0]), float(y[0])
    if not (np.isfinite([lon, lat]).all() and -180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidInputError(f"lon, lat: no position of {report.crs}")
    asked = describe(report.crs).name in (WGS84, "EPSG:4490") and not report.crs_checked
    return Spot(
        lon=lon,
        lat=lat,
        precision=report.precision or "point",
        grid_code=names.grid_at(lon, lat) or names.grid_near(lon, lat),
        building_id=report.building_id,
        doubt=geocode.doubt(names, lon, lat, found.places) if asked else None,
    )


def _told(names: Gazetteer, report: Report, found: geocode.Geocoded) -> Place | None:
    """Choose among the places that the texts name."""
    if found.elsewhere:
        return None
    if found.places and found.places[0].score >= LEAST_PLACE:
        return found.places[0]
    told = geocode.look_up(names, (report.description or "")[: geocode.MAX_TEXT])
    better = [place for place in told.places if place.score >= LEAST_TOLD]
    if better and not told.elsewhere:
        return better[0]
    return found.places[0] if found.places and found.places[0].precision == "district" else None


def _class(known: Classes, report: Report) -> tuple[str | None, tuple[Suggestion, ...], bool]:
    """Return the class, what else it may be, and whether it was guessed."""
    if report.class_code in known.by_code:
        return report.class_code, (), False
    suggestions = known.suggest(report.title, report.description)
    sure = classify.strong(suggestions) if report.class_code is None else None
    return (sure.class_code if sure else None), suggestions, sure is not None


def _time(report: Report, now: datetime) -> tuple[datetime, bool]:
    """Return when it happened, and whether the source's clock can be believed."""
    at = report.reported_at or now
    return (min(at, now), True) if now - BEHIND <= at <= now + AHEAD else (now, False)
