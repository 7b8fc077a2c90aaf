"""Repair a partition that METIS made and even out its loads: no part empty, none in pieces, border nodes passed from heavy to light."""

from collections import defaultdict, deque

import numpy as np

from geodata.arrays import Floats, Ints
from geodata.city.graph import Graph

MOST_MOVES = 4000
WORST = 8
"""So many parts furthest from their target are looked at for the next move."""
LEAST_WEIGHT = 1.0
"""Nodes lighter than this are not worth a move."""
COST_WEIGHT = 20.0
"""How much a metre of dearer border counts against the square of load that a move evens out."""
LEAST_GAIN = 1.0
STRAY_ROUNDS = 6


class Balancer:
    """A partition under repair. The graph must be connected."""

    def __init__(self, graph: Graph, part: Ints, target: Floats) -> None:
        """Start from `part`; `target` is the load that each part should carry."""
        self.graph = graph
        self.part = part.tolist()
        self.target = target.tolist()
        self.weight = graph.weight.tolist()
        self.adjacent: list[list[tuple[int, float]]] = [[] for _ in self.weight]
        for a, b, cost in zip(graph.i.tolist(), graph.j.tolist(), graph.cost.tolist(), strict=True):
            self.adjacent[a].append((b, cost))
            self.adjacent[b].append((a, cost))

    def parts(self) -> Ints:
        """The partition as it stands."""
        return np.asarray(self.part, np.int64)

    def fill_empty(self) -> None:
        """METIS leaves parts empty when nodes are few: halve the heaviest part for each."""
        count = len(self.target)
        for missing in np.setdiff1d(np.arange(count), self.part):
            part = self.parts()
            peopled = np.bincount(part, self.graph.weight > LEAST_WEIGHT, count)
            load = np.bincount(part, self.graph.weight, count)
            divisible = np.bincount(part, minlength=count) > 1
            heaviest = int(np.where(divisible, np.where(peopled > 1, load, 0), -1).argmax())
            for node in self._half(np.flatnonzero(part == heaviest).tolist()):
                self.part[node] = int(missing)

    def gather_strays(self) -> None:
        """Each part keeps its heaviest piece; the others go to the part that they touch most."""
        for _ in range(STRAY_ROUNDS):
            same = np.asarray(self.part)[self.graph.i] == np.asarray(self.part)[self.graph.j]
            graph = self.graph
            _, piece = Graph(graph.weight, graph.xy, graph.i[same], graph.j[same], graph.cost[same]).pieces()
            load = np.bincount(piece, graph.weight + 1e-3)
            heaviest: dict[int, int] = {}
            for node, own in enumerate(piece.tolist()):
                rival = heaviest.setdefault(self.part[node], own)
                if load[own] > load[rival]:
                    heaviest[self.part[node]] = own
            strays = [node for node, own in enumerate(piece.tolist()) if heaviest[self.part[node]] != own]
            if not [self._adopt(node) for node in strays]:
                return

    def balance(self, band: float) -> None:
        """Move one border node at a time, the best of those that leave both parts whole, until all loads are within `band`."""
        load = np.bincount(self.part, self.weight, len(self.target)).tolist()
        for _ in range(MOST_MOVES):
            move = self._best_move(load, band)
            if move is None:
                return
            node, taker = move
            load[self.part[node]] -= self.weight[node]
            load[taker] += self.weight[node]
            self.part[node] = taker

    def _half(self, nodes: list[int]) -> list[int]:
        """One half of a part by weight, grown step by step from the node furthest from its heaviest one."""
        heaviest = max(nodes, key=self.weight.__getitem__)
        order = self._walk(self._walk(heaviest)[-1])
        total = sum(self.weight[node] for node in order)
        half: list[int] = []
        taken = 0.0
        for node in order[:-1]:
            if half and abs(taken + self.weight[node] - total / 2) > abs(taken - total / 2):
                break
            half.append(node)
            taken += self.weight[node]
        return half or [heaviest]

    def _walk(self, start: int) -> list[int]:
        """Nodes of the part of `start` in the order of steps from it."""
        seen, order, queue = {start}, [], deque([start])
        while queue:
            node = queue.popleft()
            order.append(node)
            for other, _ in self.adjacent[node]:
                if other not in seen and self.part[other] == self.part[start]:
                    seen.add(other)
                    queue.append(other)
        return order

    def _adopt(self, node: int) -> bool:
        votes: defaultdict[int, float] = defaultdict(float)
        for other, cost in self.adjacent[node]:
            if self.part[other] != self.part[node]:
                votes[self.part[other]] += cost
        if votes:
            self.part[node] = max(votes, key=votes.__getitem__)
        return bool(votes)

    def _best_move(self, load: list[float], band: float) -> tuple[int, int] | None:
        lack = [abs(have - want) / want for have, want in zip(load, self.target, strict=True)]
        for part in sorted(range(len(lack)), key=lambda index: -lack[index])[:WORST]:
            if lack[part] < band:
                return None
            gains = sorted(((self._gain(node, taker, load), node, taker) for node, taker in self._moves(part, load)), reverse=True)
            for gain, node, taker in gains:
                if gain <= LEAST_GAIN:
                    break
                if self._whole_without(node):
                    return node, taker
        return None

    def _moves(self, part: int, load: list[float]) -> set[tuple[int, int]]:
        """Nodes that a heavy part may give away, or a light one may take, each with its taker."""
        giving = load[part] > self.target[part]
        touching = {
            (node, other)
            for node, own in enumerate(self.part)
            if own == part
            for other, _ in self.adjacent[node]
            if self.part[other] != part
        }
        if giving:
            return {(node, self.part[other]) for node, other in touching if self.weight[node] >= LEAST_WEIGHT}
        return {(other, part) for _, other in touching if self.weight[other] >= LEAST_WEIGHT}

    def _gain(self, node: int, taker: int, load: list[float]) -> float:
        giver, weight = self.part[node], self.weight[node]
        surplus, room = load[giver] - self.target[giver], load[taker] - self.target[taker]
        even = surplus**2 + room**2 - (surplus - weight) ** 2 - (room + weight) ** 2
        border = sum(
            cost if self.part[other] == taker else -cost if self.part[other] == giver else 0.0 for other, cost in self.adjacent[node]
        )
        return float(even + COST_WEIGHT * border)

    def _whole_without(self, node: int) -> bool:
        """Whether the part of `node` stays in one piece when it leaves, and does not end."""
        own = self.part[node]
        around = [other for other, _ in self.adjacent[node] if self.part[other] == own]
        if not around:
            return False
        seen, queue, wanted = {around[0], node}, [around[0]], set(around)
        while queue and not wanted <= seen:
            for other, _ in self.adjacent[queue.pop()]:
                if self.part[other] == own and other not in seen:
                    seen.add(other)
                    queue.append(other)
        return wanted <= seen
