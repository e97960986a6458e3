from dataclasses import replace

import numpy as np

from nars.space import Candidate, parse_space
from tests.space.spaces import TEXT, small_space


def settled(**recipe: object) -> Candidate:
    candidate = small_space().sample(1, rng=np.random.default_rng(0))[0]
    return replace(candidate, recipe=replace(candidate.recipe, **recipe))


def test_candidates_of_the_space_are_their_own_nearest() -> None:
    space = small_space()
    candidates = space.sample(50, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(space.nearest_codes(candidates), space.encode(candidates))


def test_numbers_go_to_the_nearest_value() -> None:
    space = small_space()
    column = {knob.path: index for index, knob in enumerate(space.knobs)}
    low = space.nearest_codes([settled(lr=1e-9)])[0]
    high = space.nearest_codes([settled(lr=7.0, epochs=1000)])[0]
    assert low[column["recipe.lr"]] == 0.0
    assert high[column["recipe.lr"]] == 1.0
    epochs = space.knobs[column["recipe.epochs"]].domain
    assert epochs.value(high[column["recipe.epochs"]]) == 4


def test_a_candidate_without_a_place_is_nan_throughout() -> None:
    space = small_space(TEXT.replace("[sgd, rmsprop, adamw]", "[sgd, adamw]"))
    inside, outside = space.nearest_codes(
        [settled(optimizer="sgd", momentum=0.9), settled(optimizer="rmsprop", momentum=0.9)]
    )
    assert not np.isnan(inside).all()
    assert np.isnan(outside).all()


def test_settings_of_stages_that_a_candidate_has_not_have_no_place() -> None:
    head, tail = TEXT.split("    - width: {low: 8", maxsplit=1)
    shorter = parse_space(head + tail[tail.index("  head:") :], source="shorter.yaml")
    candidates = shorter.with_data_shape(in_channels=1, num_classes=10).sample(3, rng=np.random.default_rng(0))
    assert np.isnan(small_space().nearest_codes(candidates)).all()
