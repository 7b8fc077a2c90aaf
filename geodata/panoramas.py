"""Where the pictures of panoramas lie, and how a picture that was given becomes them: checked, turned upright, no wider than a graphics card takes."""

import hashlib
import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from geodata.errors import InvalidInputError

FOLDER = "panoramas"
SIZES: Mapping[str, int] = {"full": 8_192, "half": 4_096, "preview": 512}
"""Widths in pixels at most. `half` is for graphics cards whose largest texture is smaller than `full`."""
LEAST_PX, MOST_PX = 1_024, 300_000_000
"""The least width; and pixels in all, beyond which a file is not even opened."""
ASPECT, SLACK = 2.0, 0.005
"""An equirectangular picture shows 360° by 180°: twice as wide as high, a row or two apart."""
QUALITY = 86
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")


def path_of(digest: str, size: str = "full") -> Path:
    """Return a picture's path below `FOLDER`."""
    ending = "" if size == "full" else f".{size}"
    return Path(digest[:2]) / f"{digest}{ending}.jpg"


def opened(content: bytes) -> Image.Image:
    """Open a panorama and check that it is one.

    Raises:
        InvalidInputError: no picture that can be read, too large, too small, or not twice as wide as high.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MOST_PX
            try:
                image = Image.open(BytesIO(content), formats=FORMATS)
            finally:
                Image.MAX_IMAGE_PIXELS = limit
        width, height = image.size
        check_size(width, height)
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidInputError(f"more than {MOST_PX:,} pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InvalidInputError(f"no picture that can be read: {str(error)[:120]}") from None
    return image


def check_size(width: int, height: int) -> None:
    """Check the proportions of an equirectangular picture.

    Raises:
        InvalidInputError: it is none; the message says what it is.
    """
    if height < 1 or abs(width / height - ASPECT) > SLACK * ASPECT:
        wanted = f"an equirectangular panorama is twice as wide as high: {2 * height} x {height}"
        raise InvalidInputError(f"{width} x {height} is {width / max(height, 1):.3f}:1, not 2:1; {wanted}")
    if width < LEAST_PX:
        raise InvalidInputError(f"{width} pixels wide: at least {LEAST_PX}")


def keep(data_dir: Path, content: bytes, image: Image.Image) -> tuple[str, int, int]:
    """Write a picture in its sizes, none of them larger than itself, without what its camera noted in it; return digest, width and height."""
    digest = hashlib.sha256(content).hexdigest()
    upright = ImageOps.exif_transpose(image).convert("RGB")
    width = min(upright.width, SIZES["full"]) // 2 * 2
    made = upright if upright.size == (width, width // 2) else upright.resize((width, width // 2), Image.Resampling.LANCZOS)
    for size, most in SIZES.items():
        if size != "full" and made.width <= most:
            continue
        sized = made if size == "full" else made.resize((most, most // 2), Image.Resampling.LANCZOS)
        buffer = BytesIO()
        sized.save(buffer, "JPEG", quality=QUALITY, progressive=size != "preview")
        _write(data_dir / FOLDER / path_of(digest, size), buffer.getvalue())
    return digest, made.width, made.height


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
