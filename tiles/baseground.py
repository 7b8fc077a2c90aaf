"""Land, shore, green and water of the base map."""

from tiles.basepalette import Palette, Theme
from tiles.expressions import Expression, Layer, by_zoom, drawn, fits, match


def ground_layers(c: Palette, theme: Theme) -> list[Layer]:
    """What lies lowest, in drawing order."""
    land: Expression = ["match", ["get", "k"], 0, c.outside, c.land]
    if theme is Theme.DARK:
        land = by_zoom({12: ["match", ["get", "k"], 0, c.outside, c.land_far], 15: land})
    glow = by_zoom({9: 4, 13: 12, 17: 26})
    own: Expression = ["case", ["==", ["get", "k"], 1], 0.9, 0.35]
    return [
        {"id": "base-sea", "type": "background", "paint": {"background-color": c.sea}},
        drawn("shore-glow", "line", "coast", {"line-color": c.shore_glow, "line-width": glow, "line-blur": glow, "line-opacity": own}),
        drawn("land", "fill", "land", {"fill-color": land}),
        drawn(
            "site",
            "fill",
            "site",
            {"fill-color": match("k", c.site), "fill-opacity": by_zoom({11: 0.4, 14: 1})},
            keep=["!=", ["get", "k"], "bridge"],
        ),
        drawn("green", "fill", "green", {"fill-color": match("k", c.green), "fill-opacity": by_zoom({10: 0.6, 13: 1})}),
        drawn("water", "fill", "water", {"fill-color": ["match", ["get", "k"], "pool", c.pool, c.water]}),
        drawn(
            "waterway",
            "line",
            "waterway",
            {
                "line-color": c.water,
                "line-width": by_zoom({11: ["match", ["get", "k"], "stream", 0.3, 1], 16: ["match", ["get", "k"], "stream", 1.5, 5]}),
            },
            layout={"line-cap": "round", "line-join": "round"},
            low=11,
        ),
        drawn(
            "shore", "line", "coast", {"line-color": c.shore, "line-width": by_zoom({9: 0.5, 13: 0.8, 17: 1.2}), "line-opacity": own}, low=9
        ),
        drawn(
            "runway",
            "line",
            "rail",
            {
                "line-color": c.runway,
                "line-width": [
                    "interpolate",
                    ["exponential", 2],
                    ["zoom"],
                    11,
                    match("k", {"runway": 1.6}, 0.4),
                    16,
                    match("k", {"runway": 42}, 13),
                ],
            },
            keep=fits("k", "runway", "taxiway"),
            layout={"line-cap": "butt"},
        ),
        drawn("deck", "fill", "site", {"fill-color": c.site["bridge"]}, keep=["==", ["get", "k"], "bridge"], low=15),
    ]
