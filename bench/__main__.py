"""`python -m bench [names]`: run the measurements, print one table, and end with 1 when a target is missed."""

import argparse
import importlib
import json
import pkgutil
import sys
import time
from dataclasses import asdict
from pathlib import Path

import bench
from bench.figures import Figure, table

FRAME = {"__main__", "figures"}


def names() -> list[str]:
    """Modules of this package that measure something: those with `run() -> list[Figure]`."""
    return sorted(found.name for found in pkgutil.iter_modules(bench.__path__) if not found.ispkg and found.name not in FRAME)


def measure(name: str) -> list[Figure]:
    """Run one module and say how long that took."""
    print(f"bench: {name} …", file=sys.stderr, flush=True)
    started = time.perf_counter()
    figures: list[Figure] = importlib.import_module(f"bench.{name}").run()
    print(f"bench: {name} took {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return figures


def main(arguments: list[str]) -> int:
    """Run the named modules, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(names())}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names()))
    if unknown:
        parser.error(f"no such measurement: {', '.join(unknown)}")
    rows = [(name, figure) for name in options.names or names() for figure in measure(name)]
    print(table(rows))
    if options.json:
        values = [{"module": name, **asdict(figure), "met": figure.met} for name, figure in rows]
        options.json.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
    return 1 if any(figure.met is False for _, figure in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
