"""Indicators: 197 figures in nine domains, computed from the product's own rows or handed in by departments, judged, and warned of."""

from services.indicators.figures import IndicatorDomain, abnormal, domains, value
from services.indicators.standing import IndicatorFigure

__all__ = ["IndicatorDomain", "IndicatorFigure", "abnormal", "domains", "value"]
