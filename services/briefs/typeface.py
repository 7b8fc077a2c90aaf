"""Noto Sans SC for pictures and PDF: the product's own typeface as fonts that FreeType and Pango read, so that a brief looks alike on every machine."""

from functools import cache
from pathlib import Path
from typing import Any

from geodata.fonts import TYPEFACE, WEIGHTS

FOLDER = Path("briefs") / "fonts"
"""Below DATA_DIR."""
FAMILY = "Noto Sans SC"
SPARE = ("Noto Sans CJK SC", "Noto Sans CJK JP", "DejaVu Sans")
"""For what the own typeface lacks, as Ⅰ and Ⅱ."""
NAME_IDS = {1: "{family}", 2: "Regular", 4: "{family}", 6: "{postscript}"}
"""The records of a font's name table that programs find it by."""
LEGACY_NAMES = (3, 16, 17, 21, 22, 25)


def files(data_dir: Path) -> dict[int, Path]:
    """Return a font file for each weight, unpacked once from the typeface."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - heavy: only where a brief is drawn

    found = {}
    for weight, name in WEIGHTS.items():
        path = data_dir / FOLDER / f"NotoSansSC-{name}.otf"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with TTFont(TYPEFACE / f"NotoSansSC-{name}.woff") as font:
                font.flavor = None
                _call(font, family(weight))
                temporary = path.with_suffix(".new")
                font.save(temporary)
                temporary.replace(path)
        found[weight] = path
    return found


def family(weight: int) -> str:
    """Name of the family of a weight: each is one of its own, so that no program takes one for the other."""
    return FAMILY if weight == min(WEIGHTS) else f"{FAMILY} {WEIGHTS[weight]}"


def _call(font: Any, name: str) -> None:
    table = font["name"]
    for number in LEGACY_NAMES:
        table.removeNames(nameID=number)
    for number, text in NAME_IDS.items():
        table.removeNames(nameID=number)
        table.setName(text.format(family=name, postscript=name.replace(" ", "-")), number, 3, 1, 0x409)


@cache
def known_to_matplotlib(data_dir: Path) -> tuple[str, ...]:
    """Tell matplotlib of the fonts; return the families in which it looks for a character, one after the other."""
    from matplotlib import font_manager  # noqa: PLC0415

    for path in files(data_dir).values():
        font_manager.fontManager.addfont(str(path))
    others = {entry.name for entry in font_manager.fontManager.ttflist}
    return FAMILY, *(name for name in SPARE if name in others)
