import pytest

from nars.models.widths import round_width, squeeze_excite_width


@pytest.mark.parametrize(
    ("request_", "divisor", "width"),
    [
        (1, 8, 8),  # at least the divisor
        (16, 8, 16),
        (12, 8, 16),  # halves go up
        (19.9, 8, 24),  # 16 would be below 95 % of it
        (16.8, 8, 16),  # 95 % of it is 15.96
        (16.9, 8, 24),  # 95 % of it is 16.055
        (67, 8, 64),  # 63.65
        (7.4, 1, 8),  # 7 is below 95 % of it
        (7.3, 1, 7),
        (30, 4, 32),
    ],
)
def test_rounds_to_the_nearest_multiple_and_never_loses_more_than_5_percent(request_, divisor, width):
    assert round_width(request_, divisor) == width


@pytest.mark.parametrize(
    ("width", "expansion", "reference", "hidden"),
    [
        (120, 5, "input", 8),  # 24 input channels: 6
        (120, 3, "input", 16),  # 40: 10, of which 8 is less than 95 %
        (1104, 6, "input", 48),  # 184: 46
        (1104, 6, "expanded", 280),  # 276: 272 is more than 95 %, 276 rounds up
        (120, 3, "expanded", 32),
        (135, 2, "input", 16),  # 16.875 is truncated to 16; rounded as it is, it would be 24
    ],
)
def test_squeeze_excite_takes_a_quarter_of_the_input_or_of_the_expanded_width(width, expansion, reference, hidden):
    assert squeeze_excite_width(width, expansion=expansion, reference=reference, divisor=8) == hidden
