import numpy as np
import pytest

from nars.cost.widths import round_widths, squeeze_excite_widths
from nars.models.widths import round_width, squeeze_excite_width
from nars.space.architecture import BlockStyle


@pytest.mark.parametrize("divisor", [1, 4, 8, 16])
def test_rounding_is_the_builder_s(divisor):
    requests_N = np.arange(1, 4001) * 0.3
    assert round_widths(requests_N, divisor).tolist() == [round_width(float(r), divisor) for r in requests_N]


@pytest.mark.parametrize("reference", ["input", "expanded"])
@pytest.mark.parametrize("divisor", [1, 8])
def test_squeeze_excite_widths_are_the_builder_s(reference, divisor):
    expansions = (0.5, 1, 2.4, 3, 5, 6, 7)
    pairs = [(width, float(expansion)) for width in range(1, 1500, 3) for expansion in expansions]
    style = BlockStyle(se_reference=reference, divisor=divisor)
    widths_N, expansions_N = np.array([w for w, _ in pairs]), np.array([e for _, e in pairs])
    expected = [squeeze_excite_width(w, expansion=e, reference=reference, divisor=divisor) for w, e in pairs]
    assert squeeze_excite_widths(widths_N, expansions_N, style).tolist() == expected
