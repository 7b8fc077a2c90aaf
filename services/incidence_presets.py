"""Questions that are asked again and again, as saved filters: the fields of application of AH-22, and the two evaluations of ZC-06."""

from dataclasses import dataclass, replace
from typing import Final

from services.history import Filters, History

NOTHING: Final = frozenset({"-"})
"""No class has this code: a filter for it finds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named filter; classes and sub classes that the dictionary has lost find nothing and do no harm."""

    key: str
    icon: str
    by: str
    """What its ranking is by at first."""
    classes: frozenset[str] = frozenset()
    subs: frozenset[str] = frozenset()

    def codes(self, history: History) -> frozenset[str]:
        """The minor classes that are meant: those named, and those of the sub classes, as the dictionary has them."""
        return frozenset(row.code for row in history.class_rows if row.code in self.classes or row.sub in self.subs)

    def within(self, history: History, filters: Filters) -> Filters:
        """Narrow a filter to the preset's classes; what it asked for itself stays asked for."""
        codes = self.codes(history)
        wanted = codes & filters.classes if filters.classes else codes
        return replace(filters, classes=wanted or NOTHING)


ROAD_DAMAGE: Final = frozenset({"0110", "0401", "C108"})
"""道路破损, 路面塌陷, 桥梁隧道病害."""
GARBAGE: Final = frozenset({"0102", "C102", "B302"})
"""暴露垃圾, 垃圾分类投放不规范, 垃圾箱问题."""
PRESETS: Final = (
    Preset(key="road_damage", icon="road", by="road", classes=ROAD_DAMAGE),
    Preset(key="garbage_bins", icon="trash", by="community", classes=GARBAGE),
    Preset(key="traffic", icon="car", by="road", subs=frozenset({"C09"}), classes=frozenset({"0509", "X104", "G129"})),
    Preset(key="public_security", icon="shield", by="grid", subs=frozenset({"G02", "G07"})),
    Preset(key="appearance", icon="building-store", by="street", subs=frozenset({"C01", "C05", "C06", "C08", "C10"})),
    Preset(key="food_drug", icon="first-aid-kit", by="community", classes=frozenset({"0510", "0116", "C101", "E111", "X113"})),
    Preset(key="environment", icon="wind", by="street", subs=frozenset({"E01", "E02", "E03", "E04", "E05", "E06", "E07"})),
    Preset(key="crowds", icon="users", by="hour", classes=frozenset({"G111", "0409", "S133", "G110"})),
    Preset(
        key="traffic_planning",
        icon="traffic-lights",
        by="road",
        subs=frozenset({"C12"}),
        classes=frozenset({"0304", "0305", "C116", "P116"}),
    ),
    Preset(key="disasters", icon="alert-triangle", by="community", subs=frozenset({"X02"}), classes=frozenset({"0401", "0404", "S113"})),
)
BY_KEY: Final = {preset.key: preset for preset in PRESETS}
