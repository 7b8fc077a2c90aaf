"""Columns of text without a Python loop: words picked by index, numbers padded, parts joined, all in Arrow."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geodata.city.ground import Ints
from geodata.load import Column

Rows = dict[str, Column]
"""Columns of one table, all of one length."""


def picked(words: Sequence[str | None] | npt.NDArray[np.object_] | pa.Array, index: Ints) -> pa.Array:
    """words[index]; an index of -1 gives NULL."""
    table = words if isinstance(words, pa.Array) else pa.array(words, pa.string(), from_pandas=True)
    return table.take(pa.array(index, mask=index < 0))


def joined(*parts: pa.Array | str) -> pa.Array:
    """Concatenate row by row; NULL in any part gives NULL."""
    return pc.binary_join_element_wise(*[pa.scalar(part) if isinstance(part, str) else part.cast(pa.string()) for part in parts], "")


def filled(texts: pa.Array, default: str | pa.Array) -> pa.Array:
    """Put `default` where a text is NULL."""
    return pc.coalesce(texts, pa.scalar(default) if isinstance(default, str) else default)


def where(condition: npt.NDArray[np.bool_], yes: pa.Array | str | None, no: pa.Array | str | None) -> pa.Array:
    """Choose row by row between two texts; None is NULL."""
    yes_no = [part if isinstance(part, pa.Array) else pa.scalar(part, pa.string()) for part in (yes, no)]
    return pc.if_else(pa.array(condition), *yes_no)


def number(values: npt.ArrayLike) -> pa.Array:
    """Whole numbers as text."""
    return pa.array(np.asarray(values, np.int64)).cast(pa.string())


def padded(values: npt.ArrayLike, width: int) -> pa.Array:
    """Whole numbers as text of `width` digits, with leading zeros."""
    return ascii_rows(digits(values, width) + np.uint8(ord("0")))


def digits(values: npt.ArrayLike, width: int) -> npt.NDArray[np.uint8]:
    """(n, width) decimal digits."""
    rest = np.array(values, np.int64)
    out = np.empty((len(rest), width), np.uint8)
    for place in range(width - 1, -1, -1):
        rest, out[:, place] = np.divmod(rest, 10)
    return out


def ascii_rows(codes: npt.ArrayLike) -> pa.Array:
    """(n, k) ASCII codes as n texts of k characters."""
    table = np.ascontiguousarray(codes, np.uint8)
    count, width = table.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(offsets), pa.py_buffer(table)])
