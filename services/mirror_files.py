"""A mirror as a folder of .npy files, opened without reading: the pages are shared by all processes of the machine."""

import json
import mmap
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from geodata.source import Kind
from services.cover import Points
from services.mirror import Coded, Mirror
from services.mirror_text import Text
from services.outlines import Outlines
from services.revisions import Revision

FOLDER = "mirrors"
META = "meta.json"
TILES = "tiles.mbtiles"
PART = ".part"
_PRIVATE = 0o700
"""Mirrors hold names: nobody but the product's own account reads them."""


def place(data_dir: Path, key: str, revision: Revision) -> Path:
    """Return the folder of a layer's mirror and tile archive at one revision."""
    return data_dir / FOLDER / key / revision.token


def complete(data_dir: Path, key: str) -> list[Path]:
    """Return the complete mirrors of a layer, the newest last."""
    folders = [meta.parent for meta in (data_dir / FOLDER / key).glob(f"*/{META}") if meta.parent.suffix != PART]
    return sorted(folders, key=lambda folder: (folder / META).stat().st_mtime_ns)


@contextmanager
def saving(mirror: Mirror, data_dir: Path) -> Iterator[Path]:
    """Write a mirror and lend its unfinished folder for what belongs with it; others see it when the block has ended well."""
    folder = place(data_dir, mirror.key, mirror.revision)
    part = folder.with_name(folder.name + PART)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=_PRIVATE, parents=True)
    for name, array in _arrays(mirror).items():
        np.save(part / f"{name}.npy", array, allow_pickle=False)
    for name, text in mirror.texts.items():
        (part / f"{name}.text").write_bytes(text.data)
    (part / META).write_text(json.dumps(_meta(mirror), ensure_ascii=False), encoding="utf-8")
    yield part
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)


def load(folder: Path) -> Mirror:
    """Open a saved mirror.

    Raises:
        OSError: it is gone or incomplete.
    """
    meta = json.loads((folder / META).read_text(encoding="utf-8"))

    def array(name: str) -> Any:
        path = folder / f"{name}.npy"
        # a view as plain array: numpy's own memory map class slows every slice
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))

    return Mirror(
        key=meta["key"],
        revision=Revision(meta["revision"], datetime.fromisoformat(meta["changed_at"]), meta["edition"]),
        cells_to=meta["cells_to"],
        tile_fields=tuple(meta["tile"]),
        kinds={name: Kind(kind) for name, kind in meta["kinds"].items()},
        ids=array("ids"),
        points=Points(array("codes"), array("lon"), array("lat")),
        grid=array("grid"),
        coded={name: Coded(array(f"coded.{name}"), tuple(values)) for name, values in meta["values"].items()},
        numbers={name: array(f"number.{name}") for name in meta["numbers"]},
        texts={
            name: Text(_text(folder / f"{name}.text"), *(array(f"{part}.{name}") for part in ("starts", "pairs", "order", "keys")))
            for name in meta["texts"]
        },
        outlines=Outlines(array("outlines"), array("outline_starts")) if meta["outlines"] else None,
    )


def tidy(data_dir: Path, key: str, kept: Path) -> None:
    """Remove what is older than `kept`, and what was never finished; whoever still has it open keeps it."""
    for folder in (data_dir / FOLDER / key).iterdir():
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)


def _arrays(mirror: Mirror) -> Mapping[str, Any]:
    arrays: dict[str, Any] = {
        "ids": mirror.ids,
        "codes": mirror.points.codes,
        "lon": mirror.points.lon,
        "lat": mirror.points.lat,
        "grid": mirror.grid,
    }
    arrays |= {f"coded.{name}": coded.codes for name, coded in mirror.coded.items()}
    arrays |= {f"number.{name}": numbers for name, numbers in mirror.numbers.items()}
    for name, text in mirror.texts.items():
        arrays |= {f"starts.{name}": text.starts, f"pairs.{name}": text.pairs, f"order.{name}": text.order, f"keys.{name}": text.keys}
    if mirror.outlines:
        arrays |= {"outlines": mirror.outlines.wkb, "outline_starts": mirror.outlines.starts}
    return arrays


def _meta(mirror: Mirror) -> dict[str, Any]:
    return {
        "key": mirror.key,
        "revision": mirror.revision.number,
        "changed_at": mirror.revision.changed_at.isoformat(),
        "edition": mirror.revision.edition,
        "cells_to": mirror.cells_to,
        "tile": mirror.tile_fields,
        "kinds": mirror.kinds,
        "values": {name: coded.values for name, coded in mirror.coded.items()},
        "numbers": list(mirror.numbers),
        "texts": list(mirror.texts),
        "outlines": mirror.outlines is not None,
    }


def _text(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
