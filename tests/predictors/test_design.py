"""The columns that kernels measure distances in."""

import numpy as np

from nars.predictors.design import Design
from nars.space.domains import Choice, FloatRange, IntRange
from nars.space.encoding import features
from nars.space.knobs import Knob
from nars.space.layout import feature_layout

POSITIONS = tuple(Knob(path=f"x{i}", domain=FloatRange(0.0, 1.0)) for i in range(3))
OPERATORS = tuple(Knob(path=f"edge{i}", domain=Choice(("conv", "skip"))) for i in range(3))


def test_columns_by_hand() -> None:
    design = Design(feature_layout((*POSITIONS, OPERATORS[0])), num_costs=1)
    columns = design.columns(np.array([[0.0, 0.5, 1.0, 1.0, 0.0, 2.0], [1.0, 1.0, 1.0, 0.0, 1.0, -1.0]]))
    half = np.sqrt(0.5) - 0.5
    mean = 1.5 * 0.25 / (np.sqrt(1 / 12) * np.sqrt(3))  # of the second row's three, each 0.5 above the middle
    expected = [[-0.5, 0.0, 0.5, half, -0.5, 0.0, 0.5], [0.5, 0.5, 0.5, -0.5, half, mean, -0.25]]
    assert np.allclose(columns, expected)
    assert design.own.tolist() == [0, 1, 2, 3, 4]
    assert design.shared.tolist() == [5, 6]
    assert design.group_E.tolist() == [0, 0, 0, 1, 1, 2, 3]  # x0, x1 and x2 play one role
    assert design.knob_E.tolist() == [0, 1, 2, 3, 3, 4, 5]
    assert design.num_inputs == 6


def test_two_values_of_a_choice_are_1_apart() -> None:
    design = Design(feature_layout(OPERATORS[:1]))
    first, second = design.columns(np.eye(2))
    assert np.isclose(np.linalg.norm(first - second), 1.0)


def test_columns_of_families_have_the_deviation_of_costs() -> None:
    depths = tuple(Knob(path=f"stages[{i}].depth", domain=IntRange(1, 9)) for i in range(5))
    words = tuple(Knob(path=f"op{i}", domain=Choice(("a", "b", "c", "d"))) for i in range(4))
    knobs = (*POSITIONS, *OPERATORS, *words, *depths)
    rng = np.random.default_rng(0)
    rows = 20_000
    codes = np.stack(
        [rng.random(rows) if k.domain.size is None else rng.integers(k.domain.size, size=rows) for k in knobs], axis=1
    )
    design = Design(feature_layout(knobs), num_costs=1)
    x_ND = np.concatenate([features(knobs, codes.astype(float)), rng.normal(size=(rows, 1))], axis=1)
    deviations = design.columns(x_ND)[:, design.shared].std(axis=0)
    assert len(deviations) == 1 + 2 + 4 + 1 + 1  # x, edge, op, stages, cost
    assert (np.abs(deviations - 0.25) < 0.03).all()  # nine values are a little wider spread than all between them


def test_a_space_without_features() -> None:
    design = Design(feature_layout(()))
    assert design.columns(np.empty((3, 0))).shape == (3, 0)
    assert design.group_E.shape == (0,)


def test_products_of_one_place_by_hand() -> None:
    knobs = tuple(
        Knob(path=f"stages[{i}].{name}", domain=domain)
        for i in range(2)
        for name, domain in (("depth", FloatRange(0.0, 1.0)), ("op", Choice(("conv", "skip"))))
    )
    design = Design(feature_layout(knobs))
    (columns,) = design.columns(np.array([[1.0, 1.0, 0.0, 0.25, 0.0, 1.0]]))
    half = np.sqrt(0.5) - 0.5
    first = [2 * 0.25 - 0.25, 2 * 0.5 * half, 2 * 0.5 * -0.5]  # depth twice, with conv, with skip
    second = [2 * 0.0625 - 0.25, 2 * -0.25 * -0.5, 2 * -0.25 * half]
    assert np.allclose(columns[design.pairs], [*first, *second])
    assert design.shared.tolist() == []


def test_columns_that_play_one_role_are_one_group() -> None:
    knobs = tuple(
        Knob(path=f"stages[{i}].{name}", domain=domain)
        for i in range(3)
        for name, domain in (("depth", FloatRange(0.0, 1.0)), ("op", Choice(("conv", "skip"))))
    )
    design = Design(feature_layout((*knobs, *OPERATORS[:1])))
    assert design.group_E[design.own].tolist() == [0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 3]  # of edge0, not of a family, one
    assert design.group_E[design.pairs].tolist() == [4, 5, 5] * 3  # of depth with itself, and with both operators
    assert design.group_E[design.shared].tolist() == [6, 7, 8]
    assert design.knob_E[design.own].tolist() == [0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 6]
