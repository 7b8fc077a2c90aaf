"""Write one CSS class an icon of the sprite on standard output: icons_css.py SPRITE. Pages draw icons as masks, in the colour of the text."""

import re
import sys
from pathlib import Path
from urllib.parse import quote

HEAD = """/* Written by bin/icons_css.py from the Tabler sprite (MIT). */
.icon { display: inline-block; flex: none; width: 16px; height: 16px; background: currentColor; mask: var(--icon) center / contain no-repeat; }"""
SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="([^"]+)" ([^>]*)>(.*?)</symbol>', re.DOTALL)
SAFE = " =:/'(),;@$!*+"


def rule(name: str, box: str, paint: str, shapes: str) -> str:
    """One class with the drawing as a data address."""
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {paint}>{shapes}</svg>'.replace("currentColor", "black").replace(
        '"', "'"
    )
    return f'.icon-{name} {{ --icon: url("data:image/svg+xml,{quote(drawing, safe=SAFE)}"); }}'


def main() -> None:
    """Print the style sheet."""
    sprite = Path(sys.argv[1]).read_text(encoding="utf-8")
    print("\n".join([HEAD, *(rule(*found) for found in SYMBOL.findall(sprite))]))


if __name__ == "__main__":
    main()
