"""Fonts cut to the characters that occur, for pages and map alike: one family, Noto Sans SC, in two weights.

Both weights come from geodata/typeface. What it lacks (rare and Traditional characters, some symbols) comes from Debian's fonts-noto-cjk.
The parts of a weight do not overlap, so a browser loads only the parts that it needs. File names carry a digest and may be cached for ever.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from geodata.characters import Characters, Set, unicode_ranges
from geodata.progress import QUIET, Progress

log = logging.getLogger(__name__)

FOLDER = Path("fonts")
"""Below DATA_DIR."""
INDEX, STYLESHEET = "index.json", "fonts.css"
FAMILY = "Noto Sans SC"
WEIGHTS = {400: "Regular", 500: "Medium"}
TYPEFACE = Path(__file__).parent / "typeface"
SYSTEM_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SYSTEM_FACE = "Noto Sans CJK SC"
"""Its face with the letter forms of the mainland; it covers both scripts."""
HAN = ["U+4E00-9FFF"]
UNUSED_TABLES = ("BASE", "GDEF", "GPOS", "GSUB", "STAT", "VORG", "vhea", "vmtx")
PROCESSES = 2
WORTH_PROCESSES = 300
"""From this many characters on, processes are started."""
CUTTER = "2"
"""Goes into the digests: raise it when the way of cutting changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One file and the characters that it is used for."""

    part: str
    """rest: the whole typeface, for a character that nobody has written yet; ui: the command map; map: names on the base map; cases: titles
    of cases; parts: the other pages; data: names in the data; more, rare: what the own typeface lacks of those."""
    weight: int
    file: str
    ranges: list[str]
    """Characters as CSS writes them. Only `rest` overlaps: it stands first in the style sheet, where later faces win."""


@dataclass(frozen=True, slots=True)
class Source:
    """A font that faces are cut from."""

    path: Path
    number: int
    """Position in a collection."""
    covered: Set


@dataclass(frozen=True, slots=True)
class Cut:
    """A face to be made."""

    part: str
    weight: int
    source: Source
    characters: Set

    def file_name(self) -> str:
        """Part, weight and a digest of all that the file depends on."""
        size = self.source.path.stat().st_size
        ordered = "".join(sorted(self.characters))
        digest = hashlib.sha256(f"{CUTTER}:{self.source.path.name}:{size}:{ordered}".encode()).hexdigest()[:10]
        weight = f"-{self.weight}" if self.part in ("ui", "map", "cases", "parts", "data", "rest") else ""
        return f"{self.part}{weight}.{digest}{self.source.path.suffix if self.part == 'rest' else '.woff2'}"


def build(characters: Characters, data_dir: Path, progress: Progress = QUIET, *, processes: int = PROCESSES) -> list[Face]:
    """Cut the fonts that are not there yet, write style sheet and index, and return the faces.

    Files of the build before stay, because pages that are open still name them; older ones go. Without the system font, characters that
    the own typeface lacks fall back to the fonts of the viewer.
    """
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with progress.step("fonts") as step:
        system = _source(SYSTEM_FONT) if SYSTEM_FONT.exists() else None
        if system is None:
            log.warning("no %s: install fonts-noto-cjk, else rare characters look as the viewer's own fonts have them", SYSTEM_FONT)
            progress.say("fonts: Debian package fonts-noto-cjk is missing; rare characters will look as the viewer's own fonts have them")
        own = {weight: _source(TYPEFACE / f"NotoSansSC-{name}.woff") for weight, name in WEIGHTS.items()}
        cuts = [cut for weight in WEIGHTS for cut in plan(characters, weight, own[weight], system)]
        missing = {name: cut for cut in cuts if not (folder / (name := cut.file_name())).exists()}
        _make(missing, folder, processes)
        faces = [
            Face(
                part=cut.part, weight=cut.weight, file=cut.file_name(), ranges=HAN if cut.part == "rest" else unicode_ranges(cut.characters)
            )
            for cut in cuts
        ]
        kept = {face.file for face in [*faces, *read_faces(data_dir)]}
        index = {"own": _digest(characters), "faces": [asdict(face) for face in faces]}
        _write(folder / INDEX, json.dumps(index, ensure_ascii=False).encode())
        _write(folder / STYLESHEET, stylesheet(faces).encode())
        for old in folder.glob("*.woff*"):
            if old.name not in kept:
                old.unlink()
        cut_kb = sum((folder / file).stat().st_size for file in {face.file for face in faces if face.part != "rest"}) / 1e3
        step.note = f"{len(missing)} of {len(kept)} files made, {cut_kb:,.0f} kB cut"
    return faces


def plan(characters: Characters, weight: int, own: Source, system: Source | None) -> Iterator[Cut]:
    """The faces of one weight; together they hold all characters that any source can draw."""
    on_map = characters.label if weight == min(WEIGHTS) else characters.place
    written = characters.interface | characters.label
    everything = written | characters.names | characters.parts
    interface = characters.interface
    yield Cut("rest", weight, own, own.covered)
    cases = characters.cases - interface - on_map
    parts = characters.parts - interface - on_map - cases
    for part, wanted in (
        ("ui", interface),
        ("map", on_map - interface),
        ("cases", cases),
        ("parts", parts),
        ("data", everything - interface - on_map - cases - parts),
    ):
        if wanted & own.covered:
            yield Cut(part, weight, own, wanted & own.covered)
    if system is not None:
        lacking = (everything - own.covered) & system.covered
        for part, wanted in (("more", lacking & written), ("rare", lacking - written)):
            if wanted:
                yield Cut(part, weight, system, wanted)


def read_faces(data_dir: Path) -> list[Face]:
    """The faces of the last build; none before the first."""
    return [Face(**row) for row in _index(data_dir).get("faces", [])]


def fit(characters: Characters, data_dir: Path) -> bool:
    """Whether the last build had the same texts of the product and the same base map; the data may have changed."""
    return _index(data_dir).get("own") == _digest(characters)


def _index(data_dir: Path) -> dict[str, Any]:
    path = data_dir / FOLDER / INDEX
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _digest(characters: Characters) -> str:
    own = (characters.interface, characters.label, characters.place, characters.parts)
    return hashlib.sha256("\n".join([CUTTER, *("".join(sorted(part)) for part in own)]).encode()).hexdigest()


def style_faces(faces: Iterable[Face], prefix: str = "/fonts/") -> dict[str, list[dict[str, Any]]]:
    """The `font-faces` of a map style: "Noto Sans SC Regular" and "… Medium"; the client loads a file when a character asks for it."""
    style: dict[str, list[dict[str, Any]]] = {f"{FAMILY} {name}": [] for name in WEIGHTS.values()}
    for face in sorted(faces, key=lambda face: face.part == "rest"):
        style[f"{FAMILY} {WEIGHTS[face.weight]}"].append({"url": prefix + face.file, "unicode-range": face.ranges})
    return style


def stylesheet(faces: Iterable[Face]) -> str:
    """CSS for the pages; paths are relative to the style sheet."""
    return "".join(
        f"@font-face{{font-family:'{FAMILY}';font-style:normal;font-weight:{face.weight};font-display:swap;"
        f"src:url({face.file});unicode-range:{','.join(face.ranges)}}}\n"
        for face in faces
    )


def _source(path: Path) -> Source:
    from fontTools.ttLib import TTCollection, TTFont  # noqa: PLC0415 - heavy: pages only name the files

    number = 0
    if path.suffix == ".ttc":
        with TTCollection(path, lazy=True) as collection:
            number = next(index for index, font in enumerate(collection) if font["name"].getDebugName(1) == SYSTEM_FACE)
    with TTFont(path, fontNumber=number, lazy=True) as font:
        return Source(path, number, frozenset(map(chr, font.getBestCmap())))


def _make(missing: Mapping[str, Cut], folder: Path, processes: int) -> None:
    """Write files side by side, large ones first: cutting is slow, and bound to the interpreter."""
    jobs = []
    for name, cut in sorted(missing.items(), key=lambda item: -len(item[1].characters)):
        if cut.part == "rest":
            shutil.copyfile(cut.source.path, folder / name)
        else:
            jobs.append((folder / name, cut.source.path, cut.source.number, "".join(sorted(cut.characters))))
    if processes == 1 or sum(len(job[-1]) for job in jobs) < WORTH_PROCESSES:
        for job in jobs:
            write_subset(*job)
    elif jobs:
        # not forked: the caller may hold connections and threads
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            list(pool.map(write_subset, *zip(*jobs, strict=True)))


def write_subset(path: Path, source: Path, number: int, text: str) -> None:
    """Write the part of a font that draws `text`, without hints and layout tables, as WOFF2."""
    from fontTools import subset  # noqa: PLC0415 - heavy: pages only name the files
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - as above

    options = subset.Options(
        flavor="woff2", hinting=False, desubroutinize=True, layout_features=[], name_IDs=[1, 2], notdef_outline=True, glyph_names=False
    )
    options.drop_tables += UNUSED_TABLES
    with TTFont(source, fontNumber=number, lazy=True, recalcBBoxes=False, recalcTimestamp=False) as font:
        job = subset.Subsetter(options)
        job.populate(text=text)
        job.subset(font)
        font.flavor = "woff2"
        packed = BytesIO()
        font.save(packed)
    _write(path, packed.getvalue())


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
