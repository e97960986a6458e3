import pytest

from nars.space.changes import changes
from tests.space.spaces import TEXT, small_space


def test_equal_spaces_have_none() -> None:
    assert changes(small_space(), small_space("# a comment\n" + TEXT)) == []


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("{low: 1e-3, high: 1, log: true}", "0.1", "recipe.lr: 0.001 to 1 (log) before, 0.1 now"),
        (
            "{low: 8, high: 24, step: 8}", "{low: 8, high: 32, step: 8}",
            "architecture.stages[1].width: 8 to 24 in steps of 8 before, 8 to 32 in steps of 8 now",
        ),
        ("{choice: [0.8, 0.9]}", "{choice: [0.8, 0.95]}", "0.9 when recipe.optimizer is rmsprop, sgd before, one of 0.8, 0.95"),
        ("{max: 1e6}", "{max: 2e6, min: 5}", "constraints.macs: None to 1e+06 before, 5 to 2e+06 now"),
        ("batch_size: 64", "batch_size: 32", "recipe.batch_size: 64 before, 32 now"),
        ("constraints:", "objectives: [accuracy, macs]\nconstraints:", "objectives: accuracy before, accuracy, macs now"),
        ("constraints:", "search: {round_size: 3}\nconstraints:", "search.round_size: 8 before, 3 now"),
    ],
)  # fmt: skip
def test_what_changed_is_named(old: str, new: str, change: str) -> None:
    (found,) = changes(small_space(), small_space(TEXT.replace(old, new)))
    assert change in found


def test_settings_that_came_and_went_are_named() -> None:
    found = changes(
        small_space(), small_space(TEXT.replace("  ema: {choice: [0.0, 0.9], when: {optimizer: [sgd, adamw]}}\n", ""))
    )
    assert found == ["recipe.ema: one of 0, 0.9 when recipe.optimizer is adamw, sgd before, 0 now"]
