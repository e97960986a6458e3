"""The picture of a network: resolution, width and kernel of each block, each to scale."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nars.drawing import BLUE, GREY, ORANGE, SKY, empty_figure, tidy
from nars.models.block_rows import block_rows
from nars.models.feature_sizes import feature_sizes
from nars.models.widths import round_width
from nars.space.architecture import Architecture

_INCHES_A_COLUMN = 0.3
_MARGIN_INCHES = 2.6


@dataclass(frozen=True, kw_only=True, slots=True)
class _Column:
    """One block as it is drawn, from left to right as images pass."""

    label: str
    color: str
    size: int
    width: int
    hidden: int
    kernel: int
    is_gated: bool = False


def block_diagram(architecture: Architecture, *, title: str) -> Figure:
    """A column for the stem, each block and the head.

    Args:
        architecture: A classifier, or a detector, of which the trunk is drawn.
        title: Above the picture.
    """
    columns = _columns(architecture)
    figure = empty_figure(max(6.0, _MARGIN_INCHES + _INCHES_A_COLUMN * len(columns)), 6.2)
    resolution, width, kernel = figure.subplots(3, 1, sharex=True, height_ratios=(3, 4, 2))
    colors, places = [column.color for column in columns], list(range(len(columns)))
    resolution.bar(places, [column.size for column in columns], color=colors)
    resolution.set_ylabel("resolution\n(pixels)")
    hidden = [column.hidden for column in columns]
    width.bar(places, [column.width for column in columns], color=colors)
    # in front, because the widest part of a block may be its output
    width.bar(places, hidden, color="none", edgecolor="black", linewidth=0.8, label="inside the block")
    gated = [place for place, column in enumerate(columns) if column.is_gated]
    if gated:
        tops = [max(columns[place].hidden, columns[place].width) for place in gated]
        width.scatter(gated, tops, marker="v", s=22, color=ORANGE, label="squeeze-excite", zorder=3)
    width.set_ylabel("width\n(channels)")
    width.legend(frameon=False, loc="upper left", fontsize=9)
    kernel.bar(places, [column.kernel for column in columns], color=colors)
    kernel.set_ylabel("kernel\n(pixels)")
    kernel.set_yticks(sorted({column.kernel for column in columns}))
    kernel.set_xlabel("stem, stage.block, head; output of each block (colours alternate by stage)")
    kernel.set_xticks(places, [column.label for column in columns], rotation=90, fontsize=8)
    for axes in (resolution, width, kernel):
        tidy(axes, grid="y")
    _write_sizes(resolution, columns)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def _columns(architecture: Architecture) -> list[_Column]:
    stem, head = architecture.stem, architecture.head
    size, *sizes = feature_sizes(architecture)
    columns = [_Column(label="stem", color=GREY, size=size, width=stem.width, hidden=stem.width, kernel=stem.kernel)]
    previous, number = -1, 0
    for row in block_rows(architecture):
        number = number + 1 if row.stage == previous else 1
        previous = row.stage
        columns.append(
            _Column(
                label=f"{row.stage + 1}.{number}",
                color=SKY if row.stage % 2 else BLUE,
                size=sizes[row.stage],
                width=row.width,
                hidden=row.hidden,
                kernel=row.kernel,
                is_gated=row.squeeze_excite > 0,
            )
        )
    if head is not None:
        hidden = round_width(architecture.stages[-1].width * head.expansion, architecture.style.divisor)
        columns.append(_Column(label="head", color=GREY, size=1, width=head.width, hidden=hidden, kernel=1))
    return columns


def _write_sizes(axes: Axes, columns: list[_Column]) -> None:
    """The number itself wherever it changes, since small ones cannot be read off the axis."""
    before = 0
    for place, column in enumerate(columns):
        if column.size != before:
            axes.annotate(str(column.size), (place, column.size), ha="center", va="bottom", fontsize=8)
        before = column.size
