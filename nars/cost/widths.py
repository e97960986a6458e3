"""Rounded widths of many networks at once: the rules of reference/fbnetv3.md sections 2.1 and 2.4.

Written apart from the builder's, so that a formula and a built network that agree prove something.
"""

import numpy as np

from nars.space.architecture import BlockStyle
from nars.space.columns import Floats, Ints


def round_widths(request_N: Floats, divisor: int) -> Ints:
    """The nearest multiples of ``divisor``, halves up, at least ``divisor``, never below 95 % of the request."""
    nearest_N = np.maximum(divisor, (request_N + divisor / 2).astype(np.int64) // divisor * divisor)
    widths_N: Ints = nearest_N + divisor * (nearest_N < 0.95 * request_N)
    return widths_N


def squeeze_excite_widths(width_N: Ints, expansion_N: Floats, style: BlockStyle) -> Ints:
    """Hidden widths of squeeze-excites that gate ``width_N`` channels in blocks of these expansions."""
    share_N = 0.25 / expansion_N if style.se_reference == "input" else np.float64(0.25)
    return round_widths(np.trunc(width_N * share_N), style.divisor)
