"""How requested widths become the widths that are built (reference/fbnetv3.md sections 2.1 and 2.4)."""

from typing import Literal


def round_width(request: float, divisor: int) -> int:
    """The multiple of ``divisor`` nearest to a requested width, halves up, at least ``divisor``.

    One divisor is added where rounding down would lose more than 5 % of the request.
    """
    nearest = max(divisor, int(request + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.95 * request else nearest


def squeeze_excite_width(width: int, *, expansion: float, reference: Literal["input", "expanded"], divisor: int) -> int:
    """Hidden width of a squeeze-excite.

    Args:
        width: Channels that it gates: the block's expanded width.
        expansion: The block's expansion.
        reference: Whether a quarter of the block's input width or of ``width`` is requested.
        divisor: The result is a multiple of this.
    """
    share = 0.25 / expansion if reference == "input" else 0.25
    # Truncated before it is rounded, as mobile-vision does: 16.9 becomes 16, not 24.
    return round_width(int(width * share), divisor)
