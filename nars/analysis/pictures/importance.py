"""The picture of what each knob is worth."""

from matplotlib.figure import Figure

from nars.analysis.importance import Importance
from nars.drawing import BLUE, GREY, make_figure, set_title, short_name

_SHOWN = 20


def importance_picture(found: Importance, *, title: str) -> Figure:
    """Shares of the knobs as bars, the most important first, then of architecture and recipe as a whole.

    Args:
        found: The shares.
        title: Above the picture.
    """
    shares = [*found.knobs[:_SHOWN], found.architecture, found.recipe][::-1]
    figure, (axes,) = make_figure(8.0, 1.6 + 0.24 * len(shares), columns=1)
    places = [place + (0.6 if place >= 2 else 0.0) for place in range(len(shares))]  # wholes stand apart
    axes.barh(places, [s.total for s in shares], color=GREY, height=0.7, label="with its interactions")
    axes.barh(places, [s.alone for s in shares], color=BLUE, height=0.35, label="alone")
    axes.set_yticks(places, [short_name(s.name) for s in shares])
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the variance of the expected accuracy over the space")
    set_title(axes, title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure
