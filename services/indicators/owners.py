"""Who answers for an indicator, and where its figures come from."""

from collections.abc import Mapping

from geodata.indicators.catalogue import Feed, Indicator, catalogue


def owner(one: Indicator) -> str | None:
    """Return the code of the department that answers for an indicator."""
    return one.department or (catalogue().feeds[one.feed].department if one.feed else None)


def owner_name(one: Indicator, departments: Mapping[str, str]) -> str | None:
    """Return the name of the department that answers for an indicator: ours, else that of the system that hands it in."""
    return departments.get(owner(one) or "") or (catalogue().feeds[one.feed].department_zh if one.feed else None)


def origin(one: Indicator) -> tuple[str, str]:
    """Name in both languages where the figures come from: tables of the product, or a department's system."""
    if one.source:
        source = catalogue().sources[one.source]
        return source.zh, source.en
    feed: Feed = catalogue().feeds[one.feed or ""]
    return f"{feed.department_zh} · {feed.zh}", f"{feed.department_en} · {feed.en}"
