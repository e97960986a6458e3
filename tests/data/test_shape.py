from dataclasses import replace
from pathlib import Path

import pytest

from nars.data.shape import fit_to_data, shaped
from nars.errors import DataError
from nars.space import DataSpec, SearchSpace
from tests.space.spaces import TEXT, TRUNK_TEXT, small_space

UNSAID = TEXT.replace("  in_channels: 1\n  num_classes: 10\n", "")


def elsewhere(text: str, tmp_path: Path) -> SearchSpace:
    """A space whose image folder is absent."""
    return replace(small_space(text), data=DataSpec(source="image_folder", path=str(tmp_path / "absent")))


def test_the_data_tells_channels_and_classes() -> None:
    space = fit_to_data(small_space(UNSAID))
    assert space.fixed["architecture.in_channels"] == 1
    assert space.fixed["architecture.num_classes"] == 10
    assert shaped(small_space(UNSAID)) == space


def test_a_space_that_says_otherwise_is_refused() -> None:
    with pytest.raises(DataError, match=r"num_classes must be 10 as in the data \(digits\), got 7 @ \$.architecture"):
        fit_to_data(small_space(TEXT.replace("num_classes: 10", "num_classes: 7")))


def test_data_of_classes_needs_classifiers() -> None:
    trunks = small_space(TRUNK_TEXT)
    message = r"data of the source digits is for classifiers, which need a head, got null @ \$.architecture.head"
    with pytest.raises(DataError, match=message):
        fit_to_data(trunks)
    assert shaped(trunks) == trunks, "trunks can be looked at"


def test_a_space_that_says_both_can_be_looked_at_without_its_images(tmp_path: Path) -> None:
    space = elsewhere(TEXT, tmp_path)
    assert shaped(space) == space
    with pytest.raises(DataError, match="absent"):
        fit_to_data(space)
    with pytest.raises(DataError, match="absent"):
        shaped(elsewhere(UNSAID, tmp_path))
