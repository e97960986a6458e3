import pytest

from nars.analysis.duration import duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(33.2, "33 seconds"), (119, "119 seconds"), (120, "2 minutes"), (7140, "119 minutes"), (7344, "2.0 hours")],
)
def test_a_duration_is_told_in_the_unit_that_fits(seconds, said):
    assert duration(seconds) == said
