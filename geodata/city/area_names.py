"""Names of communities and grids: from the best-known place inside, each once in the district."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from geodata.arrays import Floats, Ints, Texts
from geodata.osm.names import CHINESE

COMMUNITY_WORD = "社区"
ESTATE = re.compile("(?:花园|花苑|新村|新邨|邨|苑|花城|新城|公寓|小区|家园|屋苑|居|湾|庭)$")
BLOCK = re.compile(r"[ ·]*第?[一二三四五六七八九十百0-9A-Za-z-]+[座期幢栋号楼组].*$")
ROAD_WORDS = re.compile("(?:[东南西北中]?(?:大马路|马路|大道|公路|圆形地|前地|斜巷|斜路|老巷|新街|横街|大街|正街|街|路|巷|里|围|径|道))$")
OTHER_ROADS = re.compile("桥|隧道|高架|天桥|行人|快速|口岸|引道|立交|通道")
LENGTH = range(2, 9)
LONGEST_FOREIGN = 28


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that may stand for the area that holds it."""

    area: int
    """Index of the community."""
    rank: int
    """Kind of name: a lower one is better known."""
    weight: float
    """Among names of one kind and area the heaviest is taken: households, metres …"""
    name: str


RANK_QUARTER, RANK_ESTATE, RANK_BLOCKS, RANK_ROAD, RANK_PARK, RANK_BUILDING = range(6)


def community_names(candidates: list[Candidate], street_of: Ints, street_name: list[str]) -> list[str]:
    """Name every community: "黑沙环社区". Best-known names are given out first; without any, the street's name and a number.

    Args:
        candidates: in any order; the result does not depend on it.
        street_of: index of the street of each community.
        street_name: names of the streets.
    """
    named: dict[int, str] = {}
    used: set[str] = set()
    for candidate in sorted(candidates, key=lambda item: (item.rank, -item.weight, item.area, item.name)):
        if candidate.area not in named and candidate.name not in used:
            named[candidate.area] = candidate.name
            used.add(candidate.name)
    out, unnamed = [], dict.fromkeys(street_name, 0)
    for index, street in enumerate(street_of.tolist()):
        if index not in named:
            unnamed[street_name[street]] += 1
            named[index] = f"{street_name[street]}第{unnamed[street_name[street]]}"
        out.append(f"{named[index]}{COMMUNITY_WORD}")
    return out


def grid_name(community: str, number: int) -> str:
    """Such as 黑沙环社区001网格."""
    return f"{community}{number:03d}网格"


def city_grid_name(number: int) -> str:
    """Such as 城管01网格."""
    return f"城管{number:02d}网格"


def quarter_names(names: list[str], area: Ints, weight: Floats, rank: int, *, chinese: bool) -> Iterator[Candidate]:
    """Places and parks, by their own name."""
    for name, index, size in zip(names, area.tolist(), weight.tolist(), strict=True):
        if index >= 0 and usable(name, chinese=chinese):
            yield Candidate(index, rank, size, name)


def building_names(names: list[str], area: Ints, households: Floats, *, chinese: bool) -> Iterator[Candidate]:
    """Estates by the households of all their blocks; single buildings as the last resort."""
    total: dict[tuple[int, str], float] = {}
    for name, index, size in zip(names, area.tolist(), households.tolist(), strict=True):
        base = BLOCK.sub("", name)
        if index >= 0 and size > 0 and usable(base, chinese=chinese):
            total[index, base] = total.get((index, base), 0.0) + size
    for (index, base), size in total.items():
        yield Candidate(index, RANK_BLOCKS if ESTATE.search(base) else RANK_BUILDING, size, base)


def road_names(names: Texts, area: Ints, length_m: Floats, *, chinese: bool) -> Iterator[Candidate]:
    """Streets by the metres inside, without the word for the kind of street: 高士德大马路 gives 高士德."""
    total: dict[tuple[int, str], float] = {}
    for name, index, metres in zip(names.tolist(), area.tolist(), length_m.tolist(), strict=True):
        if index < 0 or not name or OTHER_ROADS.search(name):
            continue
        base = ROAD_WORDS.sub("", name)
        base = base if len(base) in LENGTH else name
        if usable(base, chinese=chinese):
            total[index, base] = total.get((index, base), 0.0) + metres
    for (index, base), metres in total.items():
        yield Candidate(index, RANK_ROAD, metres, base)


def usable(name: str, *, chinese: bool) -> bool:
    """Short, in the script of the district, and no bare number."""
    if not chinese:
        return 2 <= len(name) <= LONGEST_FOREIGN and any(character.isalpha() for character in name)
    return len(name) in LENGTH and all(CHINESE.match(character) for character in name)
