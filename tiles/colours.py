"""Colours of data: declared for the dark theme, darkened for the light one."""

import colorsys

from tiles.basepalette import Theme

_BRIGHTEST = 0.32
"""Relative luminance that a colour may have on the light ground: 2.8 : 1 against it."""
_WEIGHTS = (0.2126, 0.7152, 0.0722)


def themed(colour: str, theme: Theme) -> str:
    """Return `#rrggbb` as it shall appear in the theme."""
    if theme is Theme.DARK:
        return colour
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    while luminance(red, green, blue) > _BRIGHTEST:
        lightness *= 0.96
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def luminance(red: float, green: float, blue: float) -> float:
    """Return the relative luminance of WCAG; the parts are 0 to 1."""
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue))
    return sum(weight * part for weight, part in zip(_WEIGHTS, linear, strict=True))
