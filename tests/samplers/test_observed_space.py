"""The space that an objective has shown: knobs, conditions, codes."""

from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from nars.samplers.observed_space import ObservedSpace, latest_distributions, observed_space

OPTIMIZER = CategoricalDistribution(("sgd", "adam", "lamb"))
UNIT = FloatDistribution(0.0, 1.0)
LAYERS = IntDistribution(1, 4)
WIDTH = IntDistribution(8, 64, step=8)


def trial(state: TrialState = TrialState.COMPLETE, /, **given: tuple[Any, BaseDistribution]) -> FrozenTrial:
    return optuna.create_trial(
        state=state,
        value=0.0 if state is TrialState.COMPLETE else None,
        params={name: value for name, (value, _) in given.items()},
        distributions={name: distribution for name, (_, distribution) in given.items()},
    )


def optimized(name: str, **more: tuple[Any, BaseDistribution]) -> FrozenTrial:
    given: dict[str, tuple[Any, BaseDistribution]] = {"optimizer": (name, OPTIMIZER)}
    if name == "sgd":
        given["momentum"] = (0.9, UNIT)
    return trial(**given, **more)


def conditions(space: ObservedSpace) -> dict[str, tuple[str, set[object]] | None]:
    """By knob: the knob that it depends on, and the values that bring it, in Optuna's words."""
    distributions = dict(zip((knob.path for knob in space.knobs), space.distributions, strict=True))
    domains = {knob.path: knob.domain for knob in space.knobs}
    told: dict[str, tuple[str, set[object]] | None] = {}
    for knob in space.knobs:
        told[knob.path] = None
        for condition in knob.conditions:
            codes = [domains[condition.path].code(value) for value in condition.values]
            parent = distributions[condition.path]
            names = parent.choices if isinstance(parent, CategoricalDistribution) else range(parent.low, 999)
            told[knob.path] = (condition.path, {names[int(code)] for code in codes})
    return told


def test_a_row_of_every_kind_comes_back() -> None:
    given: dict[str, tuple[Any, BaseDistribution]] = {
        "words": ("b", CategoricalDistribution(("a", "b"))),
        "amount": (32, CategoricalDistribution((64, 16, 32))),
        "mixed": (None, CategoricalDistribution((0.5, "x", None, True))),
        "flag": (False, CategoricalDistribution((True, False))),
        "int": (7, IntDistribution(3, 9)),
        "step": (24, WIDTH),
        "log_int": (10, IntDistribution(1, 1000, log=True)),
        "float": (0.123456789, UNIT),
        "log": (3.14159e-5, FloatDistribution(1e-7, 1.0, log=True)),
        "grid": (0.75, FloatDistribution(0.0, 1.0, step=0.25)),
        "one": (4, IntDistribution(4, 4)),
    }
    space = observed_space([trial(**given)])
    back = space.params(space.canonical(space.codes_NK)[0])
    assert back.keys() == given.keys()
    for name, (value, _) in given.items():
        assert type(back[name]) is type(value), name
        assert back[name] == value or np.isclose(float(str(back[name])), value, rtol=1e-12), name
    assert (space.canonical(space.codes_NK) == space.codes_NK).all()


def test_an_optimizer_brings_its_momentum() -> None:
    space = observed_space([optimized("adam"), optimized("sgd"), optimized("lamb"), optimized("sgd")])
    assert conditions(space) == {"optimizer": None, "momentum": ("optimizer", {"sgd"})}
    assert np.isnan(space.codes_NK[:, 1]).tolist() == [True, False, True, False]


def test_a_value_not_seen_yet_may_bring_it_too() -> None:
    space = observed_space([optimized("adam"), optimized("sgd")])
    assert conditions(space)["momentum"] == ("optimizer", {"sgd", "lamb"})


def test_depth_brings_blocks() -> None:
    def deep(depth: int) -> FrozenTrial:
        widths = {f"width{i}": (8 * (1 + (depth * i) % 8), WIDTH) for i in range(depth)}
        return trial(depth=(depth, LAYERS), **widths)

    space = observed_space([deep(depth) for depth in (2, 4, 1, 3, 3, 1, 2, 4)])
    assert conditions(space) == {
        "depth": None,
        "width0": None,
        "width1": ("depth", {2, 3, 4}),
        "width2": ("depth", {3, 4}),
        "width3": ("depth", {4}),
    }
    order = [knob.path for knob in space.knobs]
    assert all(order.index("depth") < order.index(f"width{i}") for i in range(4))


def test_an_ordered_value_not_seen_goes_with_the_nearest() -> None:
    def deep(depth: int) -> FrozenTrial:
        return trial(depth=(depth, IntDistribution(1, 9)), **({"x": (0.5, UNIT)} if depth > 5 else {}))

    assert conditions(observed_space([deep(2), deep(8), deep(1)]))["x"] == ("depth", {5, 6, 7, 8, 9})


def test_chains() -> None:
    def of(name: str, *, nesterov: bool) -> FrozenTrial:
        flag = CategoricalDistribution((True, False))
        more: dict[str, tuple[Any, BaseDistribution]] = {"nesterov": (nesterov, flag)} if name == "sgd" else {}
        if more and nesterov:
            more["lookahead"] = (0.5, UNIT)
        return trial(optimizer=(name, OPTIMIZER), **more)

    space = observed_space([of(name, nesterov=flag) for name in ("sgd", "adam", "lamb") for flag in (True, False)])
    told = conditions(space)
    assert told["nesterov"] == ("optimizer", {"sgd"})
    assert told["lookahead"] == ("nesterov", {True})
    assert [knob.path for knob in space.knobs] == ["optimizer", "nesterov", "lookahead"]


def test_without_a_cause_a_knob_is_always_active() -> None:
    trials = [optimized("adam"), optimized("adam", extra=(0.1, UNIT)), optimized("sgd")]
    assert conditions(observed_space(trials))["extra"] is None


def test_trials_that_stopped_early_tell_nothing_of_conditions() -> None:
    stopped = trial(TrialState.FAIL, optimizer=("sgd", OPTIMIZER))  # it failed before it came to its momentum
    running = trial(TrialState.RUNNING, optimizer=("sgd", OPTIMIZER))
    space = observed_space([optimized("adam"), stopped, optimized("sgd"), optimized("lamb"), running])
    assert conditions(space)["momentum"] == ("optimizer", {"sgd"})


def test_a_knob_that_failed_trials_alone_have() -> None:
    failed = trial(TrialState.FAIL, optimizer=("sgd", OPTIMIZER), momentum=(0.9, UNIT))
    space = observed_space([optimized("adam"), failed, optimized("lamb")])
    assert conditions(space)["momentum"] == ("optimizer", {"sgd"})


def test_the_latest_range_counts() -> None:
    trials = [trial(x=(9, IntDistribution(0, 9))), trial(x=(3, IntDistribution(0, 4)))]
    space = observed_space(trials)
    assert space.distributions == (IntDistribution(0, 4),)
    assert space.codes_NK[:, 0].tolist() == [4, 3]  # the nearest that there still is
    assert latest_distributions(trials) == {"x": IntDistribution(0, 4)}


def test_changed_choices_never_get_another_choices_code() -> None:
    trials = [
        trial(x=("b", CategoricalDistribution(("a", "b")))),
        trial(x=("c", CategoricalDistribution(("c", "a")))),
        trial(x=("a", CategoricalDistribution(("a", "b")))),
        trial(x=("a", CategoricalDistribution(("c", "a")))),
    ]
    codes = observed_space(trials).codes_NK[:, 0]
    assert np.isnan(codes[0])
    assert codes[1:].tolist() == [0, 1, 1]


def test_a_changed_kind() -> None:
    trials = [trial(x=("small", CategoricalDistribution(("small", "large")))), trial(x=(3, IntDistribution(0, 4)))]
    codes = observed_space(trials).codes_NK[:, 0]
    assert np.isnan(codes[0])
    assert codes[1] == 3


def test_no_trials() -> None:
    space = observed_space([])
    assert space.knobs == ()
    assert space.codes_NK.shape == (0, 0)
    assert space.canonical(np.empty((2, 0))).shape == (2, 0)
    assert observed_space([trial(), trial()]).codes_NK.shape == (2, 0)
