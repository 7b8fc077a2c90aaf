"""Indicators: 197 figures in nine domains, computed from the product's own rows or handed in by departments, judged, and warned of."""

from services.indicators.figures import Domain, Figure, abnormal, domains, value

__all__ = ["Domain", "Figure", "abnormal", "domains", "value"]
