"""A walk over the map as people take it: sessions of panning and zooming over one to three layers."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from services import morton
from services.mirror import Mirror

SESSIONS = 160
STEPS = (6, 18)
ACROSS, DOWN = 4, 3
"""Tiles of 512 pixels that a screen of 1920 x 1080 shows."""
ZOOMS = (10, 18)


@dataclass(frozen=True, slots=True)
class Request:
    """One tile of one layer."""

    layer: str
    z: int
    x: int
    y: int


def walk(people: Mirror, layers: dict[str, int], seed: int = 7) -> list[Request]:
    """Return requests in the order of time; `layers` are keys with their first zoom. Sessions begin where people live.

    A session asks for no tile twice, as a browser would; different sessions do.
    """
    chance = random.Random(seed)
    return [request for _ in range(SESSIONS) for request in _session(chance, people, layers)]


def _session(chance: random.Random, people: Mirror, layers: dict[str, int]) -> Iterator[Request]:
    row = chance.randrange(len(people))
    shown = chance.sample(sorted(layers), chance.randint(1, 3))
    z = chance.randint(11, 14)
    asked: set[Request] = set()
    for _ in range(chance.randint(*STEPS)):
        if chance.random() < 0.45:
            z = min(max(z + chance.choice((-1, 1, 1)), ZOOMS[0]), ZOOMS[1])
        else:
            # a pan to where people live nearby: neighbours in Morton order are neighbours in space
            far = max(100, len(people) >> 2 * (z - ZOOMS[0]) >> 1)
            row = min(max(row + chance.randint(-far, far), 0), len(people) - 1)
        middle = morton.tile_of(int(people.points.codes[row]), z)
        left, top = middle.x - ACROSS // 2, middle.y - DOWN // 2
        for layer in shown:
            for x in range(left, left + ACROSS):
                for y in range(top, top + DOWN):
                    request = Request(layer, z, x, y)
                    if z >= layers[layer] and request not in asked:
                        asked.add(request)
                        yield request
