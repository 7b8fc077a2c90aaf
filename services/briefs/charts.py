"""Charts of briefs as pictures, drawn by matplotlib in the product's light colours: one idea a chart, values written where there is room."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.briefs import typeface
from services.briefs.document import Chart, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT, SECONDARY, FAINT, LINE = "#10243d", "#4a617c", "#7f93aa", "#d5e0ee"
ACCENT, BEFORE, MARKED = "#2f7fc4", "#bfd2e6", "#0b5a96"
RAMP = ("#f3f7fc", "#d6e6f5", "#a9cbe9", "#6fa8d8", "#3581c0", "#0f5c98")
WIDTH_IN = 6.5
LABEL_MOST = 12
"""Longest label in characters before it is cut in the middle."""
PNG_DPI = 200


def draw(chart: Chart, path: Path, data_dir: Path) -> None:
    """Write a chart as `path` (its suffix decides: .svg or .png)."""
    with plain(data_dir) as figure_of:
        figure = figure_of(_height(chart))
        axes = figure.add_subplot()
        match chart.form:
            case "bars":
                _bars(axes, chart)
            case "matrix":
                _matrix(axes, chart)
            case "line":
                _line(axes, chart)
            case _:
                _columns(axes, chart)
        save(figure, path)


@contextmanager
def plain(data_dir: Path) -> Iterator[Any]:
    """Lend a function that makes a figure of a height in inches, under the product's look. No global state of pyplot is touched."""
    import matplotlib as mpl  # noqa: PLC0415 - heavy: only where a brief is drawn
    from matplotlib.figure import Figure  # noqa: PLC0415

    look: dict[Any, Any] = {
        "font.family": list(typeface.known_to_matplotlib(data_dir)),
        "font.size": 8.5,
        "text.color": TEXT,
        "axes.edgecolor": LINE,
        "axes.labelcolor": SECONDARY,
        "axes.linewidth": 0.6,
        "xtick.color": SECONDARY,
        "ytick.color": TEXT,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "axes.unicode_minus": False,
        "svg.fonttype": "path",
        "svg.hashsalt": "hallmap",
    }
    with mpl.rc_context(look):
        yield lambda height, layout="constrained": Figure(figsize=(WIDTH_IN, height), layout=layout)


def save(figure: "Figure", path: Path) -> None:
    """Write a figure; the file holds no date, so that the same figures give the same file."""
    if path.suffix == ".svg":
        figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})
    else:
        figure.savefig(path, format="png", dpi=PNG_DPI, facecolor="white", metadata={"Software": None})


def _height(chart: Chart) -> float:
    match chart.form:
        case "bars":
            return 0.25 + (0.235 * len(chart.labels) if len(chart.series) == 1 else 0.22 + 0.32 * len(chart.labels))
        case "matrix":
            return 0.6 + 0.235 * len(chart.series)
        case _:
            return 1.75


def _cut(label: str) -> str:
    return label if len(label) <= LABEL_MOST else f"{label[: LABEL_MOST - 5]}…{label[-4:]}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _bars(axes: "Axes", chart: Chart) -> None:
    count = len(chart.series)
    thick = 0.62 if count == 1 else 0.74 / count
    highest = max((value or 0 for one in chart.series for value in one.values), default=0) or 1
    for place, one in enumerate(chart.series):
        middle = [index + (place - (count - 1) / 2) * thick for index in range(len(chart.labels))]
        values = [value or 0 for value in one.values]
        axes.barh(middle, values, height=thick * 0.9, color=_colour(place, chart), label=one.name, zorder=2)
        for y, value in zip(middle, values, strict=True):
            colour = TEXT if place == 0 else SECONDARY
            axes.text(value + highest * 0.008, y, _number(value), va="center", ha="left", fontsize=7.5 if count == 1 else 6.5, color=colour)
    axes.set_yticks(range(len(chart.labels)), [_cut(label) for label in chart.labels])
    axes.invert_yaxis()
    axes.set_xlim(0, highest * 1.1)
    axes.set_xticks([])
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    _legend(axes, chart)


def _colour(place: int, chart: Chart) -> str:
    if len(chart.series) == 2 and chart.series[0].name == "告警":
        return ("#c81e33", "#9db6d3")[place]
    return (ACCENT, BEFORE, "#7fa9cf")[place % 3]


def _legend(axes: "Axes", chart: Chart) -> None:
    if len(chart.series) > 1:
        axes.legend(
            loc="lower right",
            ncols=len(chart.series),
            frameon=False,
            fontsize=7.5,
            handlelength=1,
            handleheight=0.8,
            bbox_to_anchor=(1, 1.0),
            borderaxespad=0,
        )


def _columns(axes: "Axes", chart: Chart) -> None:
    one = chart.series[0]
    values = [value or 0 for value in one.values]
    colours = [MARKED if chart.marked == index else ACCENT for index in range(len(values))]
    axes.bar(
        range(len(values)),
        values,
        width=0.68,
        color=colours if chart.marked is None else [c if c == MARKED else "#8fb8dc" for c in colours],
        zorder=2,
    )
    _upright(axes, chart, values)
    small = 7.5 if len(values) <= 16 else 6.5
    for x, value in enumerate(values):
        if value or len(values) <= 16:
            axes.text(
                x,
                value + max([*values, 1]) * 0.02,
                _number(value),
                ha="center",
                va="bottom",
                fontsize=small,
                color=TEXT if chart.marked in {None, x} else SECONDARY,
            )


def _line(axes: "Axes", chart: Chart) -> None:
    values: list[float] = []
    for place, one in enumerate(chart.series):
        drawn = [value if value is not None else float("nan") for value in one.values]
        axes.plot(range(len(drawn)), drawn, color=_colour(place, chart), linewidth=1.4, zorder=3, label=one.name)
        if place == 0:
            axes.fill_between(range(len(drawn)), drawn, color=ACCENT, alpha=0.1, linewidth=0, zorder=2)
        values += [value or 0 for value in one.values]
    _upright(axes, chart, values)
    _mark_highest(axes, chart.series[0])
    _legend(axes, chart)


def _mark_highest(axes: "Axes", one: Series) -> None:
    known = [(value, index) for index, value in enumerate(one.values) if value is not None]
    if known:
        value, index = max(known)
        axes.plot([index], [value], "o", color=MARKED, markersize=3.5, zorder=4)
        axes.annotate(_number(value), (index, value), textcoords="offset points", xytext=(0, 4), ha="center", fontsize=7.5, color=TEXT)


def _upright(axes: "Axes", chart: Chart, values: list[float]) -> None:
    highest = max([*values, 1])
    axes.set_ylim(0, highest * 1.16)
    every = max(1, -(-len(chart.labels) // 26))
    places = list(range(0, len(chart.labels), every))
    axes.set_xticks(places, [chart.labels[index] for index in places], fontsize=7 if len(chart.labels) > 14 else 8)
    axes.set_xlim(-0.6, len(chart.labels) - 0.4)
    axes.set_yticks([])
    axes.spines[["top", "right", "left"]].set_visible(False)


def _matrix(axes: "Axes", chart: Chart) -> None:
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415

    values = [[value or 0 for value in one.values] for one in chart.series]
    highest = max((value for row in values for value in row), default=0) or 1
    axes.pcolormesh(values, cmap=LinearSegmentedColormap.from_list("hall", RAMP), vmin=0, vmax=highest, edgecolors="white", linewidth=1.2)
    axes.invert_yaxis()
    axes.set_xticks([index + 0.5 for index in range(len(chart.labels))], [label.removesuffix("时") for label in chart.labels], fontsize=7)
    axes.set_yticks([index + 0.5 for index in range(len(chart.series))], [one.name for one in chart.series])
    axes.spines[:].set_visible(False)
    for y, row in enumerate(values):
        for x, value in enumerate(row):
            if value:
                axes.text(
                    x + 0.5,
                    y + 0.5,
                    _number(value),
                    ha="center",
                    va="center",
                    fontsize=6,
                    color="white" if value > 0.55 * highest else TEXT,
                )
