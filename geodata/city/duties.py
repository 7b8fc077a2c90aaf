"""Which department answers for which class in which grid, by the duty rules of the dictionary: the most specific one counts."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from geodata.city.event_classes import EVENT_CLASSES
from geodata.city.ground import Ints, Texts
from geodata.db import Conn

CLASSES = "SELECT code, coalesce(sub_code, ''), major FROM hall.event_class WHERE code = ANY(%s)"
# A department that is switched off answers for nothing.
RULES = """
    SELECT r.subject, r.area, r.lead_department FROM hall.duty_rule AS r
    JOIN hall.department AS d ON d.id = r.lead_department AND d.enabled
    ORDER BY length(r.area), r.area LIMIT 100000
"""
TERRITORY = "SELECT scope, id FROM hall.department WHERE enabled AND kind IN ('street', 'community') AND scope <> '' ORDER BY length(scope), id DESC"
KIND = "SELECT id FROM hall.department WHERE kind = 'street'"
STREET_CODE_LENGTH = 9


@dataclass(frozen=True, slots=True)
class Duties:
    """The departments, by the classes of the sample and the base grids."""

    lead: Ints
    """(classes, grids): id of the department, -1 where nobody answers."""
    street_of_grid: Ints
    """Index of the street of each grid."""
    of_streets: Ints
    """Ids of the departments that are streets."""

    @classmethod
    def read(cls, conn: Conn, codes: Texts) -> Self:
        """Read the rules for the base grids of these codes."""
        names = [str(code) for code in codes]
        known = {code: (code, sub, major) for code, sub, major in conn.execute(CLASSES, [[item.code for item in EVENT_CLASSES]])}
        rules: dict[str, list[tuple[str, int]]] = {}
        for subject, area, lead in conn.execute(RULES):
            rules.setdefault(subject, []).append((area, lead))
        ground = _painted(names, conn.execute(TERRITORY).fetchall(), np.full(len(names), -1))
        lead = np.empty((len(EVENT_CLASSES), len(names)), np.int64)
        for index, item in enumerate(EVENT_CLASSES):
            mine = ground
            for subject in reversed(known.get(item.code, (item.code, "", item.major))):
                mine = _painted(names, rules.get(subject, []), mine)
            lead[index] = mine
        _, street = np.unique([name[:STREET_CODE_LENGTH] for name in names], return_inverse=True)
        return cls(lead, street.astype(np.int64), np.array([row[0] for row in conn.execute(KIND)], np.int64))


def _painted(names: list[str], rules: list[tuple[str, int]], under: Ints) -> Ints:
    """Ids after rules from the widest to the narrowest area."""
    out = under.copy()
    for area, lead in rules:
        out[[name.startswith(area) for name in names]] = lead
    return out
