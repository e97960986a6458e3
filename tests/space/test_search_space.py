import itertools

import numpy as np
import pytest

from nars.space import Candidate, SearchSpace, parse_space
from nars.space.columns import ArchitectureColumns, architecture_columns
from tests.space.spaces import TEXT, TRUNK_TEXT, small_space


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def test_encode_and_decode_are_inverse() -> None:
    space = small_space()
    codes_NK = space.sample_codes(500, rng=rng())
    candidates = space.decode(codes_NK)
    np.testing.assert_array_equal(space.encode(candidates), codes_NK)
    assert [c.id for c in space.decode(space.encode(candidates))] == [c.id for c in candidates]


def test_unit_points_and_codes_are_inverse() -> None:
    space = small_space()
    codes_NK = space.sample_codes(500, rng=rng())
    u_NK = np.nan_to_num(space.to_unit(codes_NK), nan=0.123)
    np.testing.assert_array_equal(space.codes_from_unit(u_NK), codes_NK)


def test_structure_deactivates_rest_at_depth_one_and_momentum_without_it() -> None:
    space = small_space()
    for candidate in space.sample(200, rng=rng()):
        stage = candidate.architecture.stages[1]
        values = space.values_of(candidate)
        assert (stage.rest is None) == (stage.depth == 1)
        assert ("architecture.stages[1].rest.kernel" in values) == (stage.depth > 1)
        assert (candidate.recipe.momentum is None) == (candidate.recipe.optimizer == "adamw")
        assert ("recipe.ema" in values) == (candidate.recipe.optimizer != "rmsprop")
        if candidate.recipe.optimizer == "rmsprop":
            assert candidate.recipe.ema == 0.0, "an inactive knob has its default"


def test_values_rebuild_the_candidate() -> None:
    space = small_space()
    for candidate in space.sample(50, rng=rng()):
        assert space.candidate(space.values_of(candidate)) == candidate


def test_foreign_candidate_is_refused_by_name() -> None:
    space = small_space()
    foreign = small_space(TEXT.replace("high: 24", "high: 32"))
    wide = next(c for c in foreign.sample(100, rng=rng()) if c.architecture.stages[1].width == 32)
    with pytest.raises(ValueError, match=r"architecture.stages\[1\].width must be one of 8, 16, ..., 24, got 32"):
        space.encode([wide])


def test_size_is_exact_by_enumeration() -> None:
    text = TEXT.replace("lr: {low: 1e-3, high: 1, log: true}", "lr: {choice: [0.01, 0.1]}")
    space = small_space(text)
    sizes = [knob.domain.size or 0 for knob in space.knobs]
    grid = np.array(list(itertools.product(*[(np.arange(n) + 0.5) / n for n in sizes])))
    codes_NK = space.codes_from_unit(grid)
    different = {row.tobytes() for row in np.nan_to_num(codes_NK, nan=-1.0)}
    # By hand: resolution 2 x width 3 x first 2 x 5 x se 2 x (depth 1 once, depths 2 and 3 with two kernels: 5);
    # lr 2 x epochs 3 x (sgd: momentum 2 x ema 2, rmsprop: momentum 2, adamw: ema 2 = 8).
    assert space.size.architectures == 2 * 3 * 2 * 5 * 2 * 5
    assert space.size.recipes == 2 * 3 * 8
    assert space.size.candidates == len(different)


def test_continuous_knobs_are_counted_apart() -> None:
    size = small_space().size
    assert size.continuous == 1
    assert size.candidates is None


def test_columns_of_codes_equal_those_of_built_candidates() -> None:
    space = small_space(TEXT.replace("kernel: 3, expansion: 1}", "kernel: 3, expansion: 1, padding: 0}"))
    codes_NK = space.sample_codes(300, rng=rng())
    direct = space.columns(codes_NK)
    built = architecture_columns([c.architecture for c in space.decode(codes_NK)])
    assert_same_columns(direct, built)


def test_a_space_of_trunks_is_a_space_like_any_other() -> None:
    space, classifiers = small_space(TRUNK_TEXT), small_space()
    assert (space.has_head, classifiers.has_head) == (False, True)
    assert space.size == classifiers.size
    codes_NK = space.sample_codes(300, rng=rng())
    candidates = space.decode(codes_NK)
    np.testing.assert_array_equal(space.encode(candidates), codes_NK)
    assert all(candidate.architecture.head is None for candidate in candidates)
    columns = space.columns(codes_NK)
    assert columns.head is None
    assert_same_columns(columns, architecture_columns([c.architecture for c in candidates]))
    assert not {c.id for c in candidates} & {c.id for c in classifiers.decode(codes_NK)}


def test_columns_of_trunks_and_classifiers_stay_apart() -> None:
    one = [small_space(text).sample(1, rng=rng())[0].architecture for text in (TEXT, TRUNK_TEXT)]
    with pytest.raises(ValueError, match="must agree in number of stages, style, and head or none, got 2 kinds"):
        architecture_columns(one)


def assert_same_columns(a: ArchitectureColumns, b: ArchitectureColumns) -> None:
    for name in ("resolution_N", "in_channels_N", "num_classes_N", "stem_width_N", "stem_bias_N"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert (a.head is None) == (b.head is None)
    if a.head is not None and b.head is not None:
        np.testing.assert_array_equal(a.head.width_N, b.head.width_N)
        np.testing.assert_array_equal(a.head.expansion_N, b.head.expansion_N)
    assert len(a.stages) == len(b.stages)
    for x, y in zip(a.stages, b.stages, strict=True):
        for name in ("width_N", "depth_N", "stride_N", "squeeze_excite_N", "fused_N"):
            np.testing.assert_array_equal(getattr(x, name), getattr(y, name))
        for part in ("first", "rest"):
            there_N = (x.depth_N > 1) | (part == "first")  # at depth 1 the rest means nothing
            for name in ("kernel_N", "expansion_N", "padding_N"):
                ours_N, built_N = getattr(getattr(x, part), name), getattr(getattr(y, part), name)
                np.testing.assert_array_equal(ours_N[there_N], built_N[there_N])


def test_mutation_stays_inside_and_always_changes_something() -> None:
    space = small_space()
    parents_NK = space.sample_codes(1000, rng=rng())
    children_NK = space.mutate(parents_NK, rate=0.05, rng=rng())
    inside_NK = space.codes_from_unit(np.nan_to_num(space.to_unit(children_NK), nan=0.5))
    np.testing.assert_array_equal(inside_NK, children_NK)
    same_NK = (parents_NK == children_NK) | (np.isnan(parents_NK) & np.isnan(children_NK))
    assert (~same_NK).sum(axis=1).min() >= 1
    assert (~same_NK).sum(axis=1).mean() < 3, "at rate 0.05 a child is near its parent"


def test_crossover_takes_every_knob_from_a_parent() -> None:
    space = small_space()
    a_NK, b_NK = space.sample_codes(500, rng=rng()), space.sample_codes(500, rng=np.random.default_rng(9))
    child_NK = space.cross_over(a_NK, b_NK, rng=rng())
    from_parent = (child_NK == a_NK) | (child_NK == b_NK) | np.isnan(child_NK)
    # A knob may become active through the other parent's choice while it is inactive in both: then it is random.
    new_NK = ~from_parent & ~(np.isnan(a_NK) & np.isnan(b_NK))
    assert not new_NK.any()
    assert ((child_NK == a_NK) & (a_NK != b_NK)).any()
    assert ((child_NK == b_NK) & (a_NK != b_NK)).any()


def test_features_are_one_hot_for_words_and_unit_numbers_for_sizes() -> None:
    space = small_space()
    codes_NK = space.sample_codes(200, rng=rng())
    x_ND = space.features(codes_NK)
    is_architecture_D = space.architecture_features
    # architecture: resolution, width, depth, two kernels, expansion, se (2); recipe: optimizer (3), lr, momentum,
    # epochs, ema.
    assert x_ND.shape == (200, 8 + 7)
    assert is_architecture_D.sum() == 8
    assert x_ND.min() == 0.0
    assert x_ND.max() == 1.0
    optimizer = space.features(space.encode(space.decode(codes_NK)))[:, ~is_architecture_D][:, :3]
    np.testing.assert_array_equal(optimizer.sum(axis=1), 1.0)


def test_same_seed_same_sample_and_no_global_randomness() -> None:
    space = small_space()
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # the global state is what is looked at
    first, second = space.sample(5, rng=rng()), space.sample(5, rng=rng())
    assert first == second
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_ids_tell_candidates_apart() -> None:
    candidates = small_space().sample(300, rng=rng())
    assert len({c.id for c in candidates}) == len(set(candidates))
    assert all(len(c.id) == 12 for c in candidates)


def test_data_shape_is_filled_in() -> None:
    space = parse_space(TEXT.replace("  in_channels: 1\n  num_classes: 10\n", ""), source="t")
    assert space.fixed["architecture.num_classes"] is None
    filled: SearchSpace = space.with_data_shape(in_channels=3, num_classes=7)
    candidate: Candidate = filled.sample(1, rng=rng())[0]
    assert candidate.architecture.in_channels == 3
    assert candidate.architecture.num_classes == 7


def test_largest_resolution() -> None:
    assert small_space().largest_resolution == 24
    assert small_space(TEXT.replace("{choice: [16, 24]}", "20")).largest_resolution == 20


def test_searched_weights_carry_their_inherit() -> None:
    lines = "batch_size: 64\n  weights: {choice: [none, a.pth, timm/fbnetv3_b.ra2_in1k]}\n  inherit: {choice: [true, false]}"
    space = small_space(TEXT.replace("batch_size: 64", lines))
    candidates = space.sample(200, rng=np.random.default_rng(0))
    seen = {(candidate.recipe.weights, candidate.recipe.inherit) for candidate in candidates}
    named = ("a.pth", "timm/fbnetv3_b.ra2_in1k")
    assert seen == {("none", False)} | {(name, inherit) for name in named for inherit in (True, False)}
    codes = space.encode(candidates)
    assert space.decode(codes) == candidates
    inherit = [knob.path for knob in space.knobs].index("recipe.inherit")
    assert [bool(np.isnan(row)) for row in codes[:, inherit]] == [c.recipe.weights == "none" for c in candidates]


def test_a_fixed_inherit_holds_for_the_candidates_with_weights() -> None:
    lines = "batch_size: 64\n  weights: {choice: [none, a.pth]}\n  inherit: true"
    space = small_space(TEXT.replace("batch_size: 64", lines))
    candidates = space.sample(50, rng=np.random.default_rng(0))
    assert {(c.recipe.weights, c.recipe.inherit) for c in candidates} == {("none", False), ("a.pth", True)}
