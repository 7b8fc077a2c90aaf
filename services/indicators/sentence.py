"""Why an indicator is yellow or red, as one generated sentence in both languages."""

from datetime import datetime

from geodata.indicators.catalogue import Indicator, catalogue
from services.indicators.judge import Verdict
from services.worktime import LOCAL


def when(one: Indicator, period: datetime, language: str) -> str:
    """Name a period: of states of this moment "now"."""
    words = catalogue().words[language]
    if one.cycle == "hour" and one.source and catalogue().sources[one.source].kind == "stock":
        return words["now"]
    local = period.astimezone(LOCAL)
    return words[one.cycle].format(year=local.year, month=local.month, day=local.day, hour=local.hour, quarter=(local.month + 2) // 3)


def number(one: Indicator, value: float, language: str, *, finer: int = 0) -> str:
    """Write a value with its unit."""
    text = f"{value:,.{one.decimals + finer}f}"
    if one.unit == "%":
        return f"{text}%"
    return f"{text} {one.unit}" if language == "zh" else text


def why(one: Indicator, period: datetime, value: float, verdict: Verdict, language: str) -> str:
    """Say why the verdict is not normal; empty when it is."""
    if verdict.state not in {"yellow", "red"} or verdict.limit is None:
        return ""
    words, kind = catalogue().words[language], one.rule.kind
    if kind == "threshold":
        key, reference, change, limit = ("below" if one.direction == "up" else "above"), "", "", number(one, verdict.limit, language)
    elif kind == "sigma":
        key = "sigma_up" if (verdict.change or 0) > 0 else "sigma_down"
        reference, change, limit = number(one, verdict.reference or 0, language), f"{abs(verdict.change or 0):.1f}", f"{verdict.limit:g}"
    else:
        key = f"{kind}_{'up' if (verdict.change or 0) > 0 else 'down'}"
        reference = number(one, verdict.reference or 0, language)
        change, limit = _share(one, abs(verdict.change or 0), language), _share(one, verdict.limit, language)
    return words[key].format(
        name=one.zh if language == "zh" else one.en,
        when=when(one, period, language),
        value=number(one, value, language),
        level=words[verdict.state],
        reference=reference,
        change=change,
        limit=limit,
    )


def _share(one: Indicator, value: float, language: str) -> str:
    if one.unit == "%":
        return catalogue().words[language]["points"].format(number=f"{value:.1f}")
    return f"{value:.0f}%"
