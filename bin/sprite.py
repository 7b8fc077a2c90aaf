"""Join the listed Tabler icons into one SVG sprite on standard output: sprite.py ICONS_FOLDER NAMES_FILE."""

import re
import sys
from pathlib import Path

STROKE = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
FILL = 'fill="currentColor"'
FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


def symbol(folder: Path, name: str) -> str:
    """One icon as a symbol; its id is the name, with -filled for the filled form."""
    kind, _, short = name.rpartition("/")
    drawing = (folder / (kind or "outline") / f"{short}.svg").read_text(encoding="utf-8")
    body = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
    if body is None:
        sys.exit(f"{name}: no drawing found")
    shapes = "".join(line.strip() for line in body[1].replace(FRAME, "").splitlines())
    key, paint = (f"{short}-filled", FILL) if kind == "filled" else (short, STROKE)
    return f'<symbol id="{key}" viewBox="0 0 24 24" {paint}>{shapes.replace(" />", "/>")}</symbol>'


def main() -> None:
    """Print the sprite, names in order."""
    folder, names_file = Path(sys.argv[1]), Path(sys.argv[2])
    lines = (line.strip() for line in names_file.read_text(encoding="utf-8").splitlines())
    names = sorted({line for line in lines if line and not line.startswith("#")})
    symbols = "\n".join(symbol(folder, name) for name in names)
    print(f'<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Tabler Icons, MIT: see LICENSE -->\n{symbols}\n</svg>')


if __name__ == "__main__":
    main()
