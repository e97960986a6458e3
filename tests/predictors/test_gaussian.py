"""The predictor of the search: what it learns, how sure it is, and that it saves."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import RidgeCV

from nars.errors import CheckpointError, NotFittedError
from nars.predictors import GaussianPredictor, kendall_tau
from nars.space.domains import Choice, FloatRange
from nars.space.encoding import features
from nars.space.knobs import Knob
from nars.space.layout import FeatureLayout, feature_layout

POSITIONS = tuple(Knob(path=f"x{i}", domain=FloatRange(0.0, 1.0)) for i in range(6))
EDGES = tuple(Knob(path=f"edge{i}", domain=Choice(("conv3", "conv1", "pool", "skip"))) for i in range(8))


def interacting(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Additive effects and one interaction."""
    x_ND = np.random.default_rng(seed).random((n, 6))
    own = np.sin(3 * x_ND[:, 0]) - 2 * (x_ND[:, 1] - 0.3) ** 2 + 0.3 * x_ND[:, 2]
    return x_ND, 0.7 + 0.05 * (own + 1.5 * (x_ND[:, 3] - 0.5) * (x_ND[:, 4] - 0.5))


def totals(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Worth depends on how often each operator occurs: convolutions help, ever less; too many skips hurt."""
    codes = np.random.default_rng(seed).integers(4, size=(n, 8)).astype(float)
    counts = np.stack([(codes == operator).sum(axis=1) for operator in range(4)], axis=1)
    y_N = 0.6 + 0.3 * np.tanh((2 * counts[:, 0] + counts[:, 1]) / 8) - 0.01 * np.maximum(counts[:, 3] - 2, 0) ** 2
    return features(EDGES, codes), y_N + 0.002 * codes[:, 0]


def trained(n: int = 30, *, seed: int = 0) -> GaussianPredictor:
    predictor = GaussianPredictor(feature_layout(POSITIONS))
    predictor.fit(*interacting(n, seed=seed))
    return predictor


@pytest.mark.parametrize(("rows", "tau"), [(20, 0.5), (30, 0.75), (50, 0.85), (200, 0.92)])
def test_it_learns_effects_and_interactions(rows: int, tau: float) -> None:
    x_ND, y_N = interacting(500, seed=99)
    found = np.mean([kendall_tau(trained(rows, seed=seed).predict(x_ND)[0], y_N) for seed in range(4)])
    assert found > tau


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("rows", [20, 50])
def test_it_is_ahead_of_plain_models_where_totals_count(rows: int) -> None:
    x_ND, y_N = totals(500, seed=99)
    taus: dict[str, list[float]] = {"ours": [], "gp": [], "ridge": []}
    for seed in range(4):
        known_ND, known_N = totals(rows, seed=seed)
        center, scale = known_N.mean(), known_N.std()
        ours = GaussianPredictor(feature_layout(EDGES))
        ours.fit(known_ND, known_N)
        kernel = ConstantKernel(1.0) * Matern(1.0, (1e-2, 1e3), nu=2.5) + WhiteKernel(0.1, (1e-4, 10))
        gp = GaussianProcessRegressor(kernel, random_state=0).fit(known_ND, (known_N - center) / scale)
        ridge = RidgeCV(np.logspace(-3, 3, 13)).fit(known_ND, known_N)
        for name, told in (("ours", ours.predict(x_ND)[0]), ("gp", gp.predict(x_ND)), ("ridge", ridge.predict(x_ND))):
            taus[name].append(kendall_tau(told, y_N))
    means = {name: np.mean(values) for name, values in taus.items()}
    assert means["ours"] > max(means["gp"], means["ridge"]) + 0.1, means


@pytest.mark.parametrize("rows", [20, 60])
def test_its_spread_is_honest(rows: int) -> None:
    x_ND, y_N = interacting(300, seed=99)
    residuals = []
    for seed in range(6):
        predictor = trained(rows, seed=seed)
        mean_N, spread_N = predictor.predict(x_ND)
        residuals.append((mean_N - y_N) / spread_N)
    assert 0.7 <= np.sqrt(np.mean(np.square(residuals))) <= 1.4


def test_its_own_cross_validation_tells_how_well_it_ranks() -> None:
    assert GaussianPredictor(feature_layout(POSITIONS)).rank_correlation == 0.0
    x_ND, _ = interacting(60, seed=1)
    predictor = trained(60, seed=1)
    assert predictor.rank_correlation > 0.75
    told = trained(60, seed=1)
    told.assume(x_ND[0])
    assert told.rank_correlation == predictor.rank_correlation  # what is assumed is no evidence
    noise = GaussianPredictor(feature_layout(POSITIONS))
    noise.fit(x_ND, np.random.default_rng(2).normal(size=60))
    assert abs(noise.rank_correlation) < 0.35


def test_costs_are_seen() -> None:
    rng = np.random.default_rng(0)
    x_ND, _ = interacting(400, seed=3)
    cost_N = rng.normal(size=400)
    seen_ND, y_N = np.column_stack([x_ND, cost_N]), np.tanh(cost_N) + 0.1 * x_ND[:, 0]
    predictor = GaussianPredictor(feature_layout(POSITIONS), num_costs=1)
    predictor.fit(seen_ND[:15], y_N[:15])
    assert kendall_tau(predictor.predict(seen_ND[15:])[0], y_N[15:]) > 0.8


def test_assuming_shrinks_the_spread_and_moves_no_mean() -> None:
    predictor = trained()
    x_ND, _ = interacting(10, seed=5)
    mean_before, spread_before = predictor.predict(x_ND)
    predictor.assume(x_ND[0])
    mean, spread = predictor.predict(x_ND)
    assert spread[0] < 0.9 * spread_before[0]
    assert np.allclose(predictor.predict_warped(x_ND)[0], trained().predict_warped(x_ND)[0], atol=1e-10)
    assert (spread <= spread_before + 1e-9).all()
    assert np.allclose(mean, mean_before)


def test_the_means_alone_are_those_of_a_prediction() -> None:
    x_ND, _ = interacting(50, seed=5)
    predictor = GaussianPredictor(feature_layout(POSITIONS), prior=trained())
    predictor.fit(*interacting(20, seed=6))
    predictor.assume(x_ND[0], below=1.0)
    np.testing.assert_array_equal(predictor.expect(x_ND), predictor.predict(x_ND)[0])
    np.testing.assert_array_equal(predictor.expect_warped(x_ND), predictor.predict_warped(x_ND)[0])
    assert predictor.expect(x_ND[:0]).shape == (0,)


def test_many_rows_are_told_as_few_are() -> None:
    predictor = GaussianPredictor(feature_layout(POSITIONS))
    predictor.fit(*interacting(400, seed=0))
    x_ND, _ = interacting(301, seed=1)
    together = np.stack(predictor.predict_warped(x_ND))  # in two threads
    apart = [np.stack(predictor.predict_warped(part_ND)) for part_ND in np.array_split(x_ND, 7)]
    np.testing.assert_allclose(together, np.concatenate(apart, axis=1), atol=1e-9)
    np.testing.assert_array_equal(predictor.expect_warped(x_ND), together[0])


def test_more_rows_than_it_learns_from_take_no_longer() -> None:
    predictor = GaussianPredictor(feature_layout(POSITIONS))
    x_ND, y_N = interacting(20_000, seed=0)
    ends = [time.process_time()]
    for rows in (1_000, 20_000):
        predictor.fit(x_ND[:rows], y_N[:rows])
        ends.append(time.process_time())
    fewer_s, more_s = np.diff(ends)
    assert more_s < 3 * fewer_s + 1  # learning from all rows would take thousands of times as long
    assert kendall_tau(predictor.predict(x_ND[:300])[0], y_N[:300]) > 0.88
    best = np.argsort(-y_N)[:5]  # the best are always among what it learns from
    assert np.isin(y_N[best], predictor._rows[1]).all()


@pytest.mark.parametrize("rows", [1, 2])
def test_a_row_or_two(rows: int) -> None:
    x_ND, y_N = interacting(rows, seed=0)
    mean_N, spread_N = trained(rows).predict(x_ND)
    assert np.abs(mean_N - y_N).max() < 0.1
    assert (spread_N > 0).all()


@pytest.mark.parametrize("value", [0.0, 0.9, -1e100])
def test_equal_accuracies(value: float) -> None:
    predictor = GaussianPredictor(feature_layout(POSITIONS))
    x_ND, _ = interacting(20, seed=0)
    predictor.fit(x_ND, np.full(20, value))
    mean_N, spread_N = predictor.predict(x_ND)
    assert np.allclose(mean_N, value)
    assert np.isfinite(spread_N).all()
    assert predictor.rank_correlation == 0.0


def test_no_rows_asked() -> None:
    mean_N, spread_N = trained().predict(np.empty((0, 6)))
    assert mean_N.shape == spread_N.shape == (0,)


def test_the_scale_of_accuracies_does_not_matter() -> None:
    x_ND, y_N = interacting(30, seed=0)
    percent = GaussianPredictor(feature_layout(POSITIONS))
    percent.fit(x_ND, 100 * y_N)
    assert np.allclose(percent.predict(x_ND)[0], 100 * trained().predict(x_ND)[0], rtol=1e-4)


def layout_of(*knobs: Knob) -> FeatureLayout:
    return feature_layout(knobs)


def test_what_was_saved_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    predictor = trained()
    predictor.save(tmp_path / "p.safetensors")
    loaded = GaussianPredictor.load(tmp_path / "p.safetensors", feature_layout(POSITIONS))
    x_ND, _ = interacting(50, seed=7)
    for ours, theirs in zip(predictor.predict(x_ND), loaded.predict(x_ND), strict=True):
        assert (ours == theirs).all()
    assert loaded.rank_correlation == predictor.rank_correlation


def test_loading_names_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    own = feature_layout(POSITIONS)
    with pytest.raises(CheckpointError, match="not a saved predictor"):
        GaussianPredictor.load(path, own)
    path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="not a saved predictor"):
        GaussianPredictor.load(path, own)
    save_file({"x_ND": np.zeros((1, 6))}, path)
    with pytest.raises(CheckpointError, match="not a saved predictor"):
        GaussianPredictor.load(path, own)
    trained().save(path)
    others = tuple(Knob(path=f"{'abcdef'[i]}", domain=FloatRange(0.0, 1.0)) for i in range(6))
    for layout, num_costs in ((layout_of(*POSITIONS[:5]), 0), (layout_of(*POSITIONS[:5]), 1), (layout_of(*others), 0)):
        with pytest.raises(CheckpointError, match="of another space, or of other costs"):
            GaussianPredictor.load(path, layout, num_costs=num_costs)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    with pytest.raises(CheckpointError, match="not a saved predictor"):
        GaussianPredictor.load(path, own)


@pytest.mark.parametrize(
    ("name", "value"), [("parameters_0", np.zeros(3)), ("y_N", np.zeros(2)), ("y_N", np.full(30, np.nan))]
)
def test_loading_refuses_damaged_numbers(tmp_path: Path, name: str, value: np.ndarray) -> None:
    path = tmp_path / "p.safetensors"
    predictor = trained()
    predictor.save(path)
    facts = {"format": "nars-gaussian-predictor-3", "rank_correlation": 0.5, "design": predictor._design.facts}
    save_file(load_file(path) | {name: value}, path, metadata={"predictor": json.dumps(facts)})
    with pytest.raises(CheckpointError, match="must be"):
        GaussianPredictor.load(path, feature_layout(POSITIONS))


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.safetensors"
    save_file({"x_ND": np.zeros((1, 6))}, path, metadata={"predictor": json.dumps({"format": "nars-2"})})
    with pytest.raises(CheckpointError, match="format must be nars-gaussian-predictor-3, got nars-2"):
        GaussianPredictor.load(path, feature_layout(POSITIONS))


def test_bad_rows_are_named() -> None:
    predictor = GaussianPredictor(feature_layout(POSITIONS))
    with pytest.raises(ValueError, match=r"features must be N x 6, got shape \(2, 5\)"):
        predictor.fit(np.zeros((2, 5)), np.zeros(2))
    with pytest.raises(ValueError, match=r"accuracies must be one for each of N >= 1 rows, got shape \(3,\) for 2"):
        predictor.fit(np.zeros((2, 6)), np.zeros(3))
    with pytest.raises(ValueError, match=r"N >= 1 rows, got shape \(0,\) for 0"):
        predictor.fit(np.zeros((0, 6)), np.zeros(0))
    with pytest.raises(ValueError, match="accuracies must be finite, got nan"):
        predictor.fit(np.zeros((2, 6)), np.array([0.0, np.nan]))
    with pytest.raises(ValueError, match="features must be finite, got inf"):
        predictor.fit(np.full((2, 6), np.inf), np.zeros(2))


def test_it_must_be_fitted_first(tmp_path: Path) -> None:
    predictor = GaussianPredictor(feature_layout(POSITIONS))
    with pytest.raises(NotFittedError, match="fitted before it is asked"):
        predictor.predict(np.zeros((1, 6)))
    with pytest.raises(NotFittedError, match="fitted before it is asked"):
        predictor.expect(np.zeros((1, 6)))
    with pytest.raises(NotFittedError, match="fitted before it is saved"):
        predictor.save(tmp_path / "p.safetensors")


_ELSEWHERE = """
import numpy as np
from tests.predictors.test_gaussian import interacting, trained
print(repr(trained(25, seed=4).predict(interacting(5, seed=8)[0])[0].tolist()))
"""


def test_it_is_the_same_in_another_process() -> None:
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", _ELSEWHERE], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == repr(trained(25, seed=4).predict(interacting(5, seed=8)[0])[0].tolist())


def test_with_a_prior_it_starts_from_what_that_tells_and_is_corrected() -> None:
    layout = FeatureLayout(knob_D=np.arange(6), one_hot_D=np.zeros(6, dtype=bool), families=(), places=())
    gains = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        weight_D, x_ND = rng.normal(size=6), rng.random((400, 6))
        y_N = x_ND @ weight_D + x_ND[:, 5]  # beside what the prior knows
        prior = GaussianPredictor(layout)
        prior.fit(x_ND[:60], x_ND[:60] @ weight_D)
        taus = []
        for n, given in ((3, None), (3, prior), (40, prior)):
            predictor = GaussianPredictor(layout, prior=given)
            predictor.fit(x_ND[100 : 100 + n], y_N[100 : 100 + n])
            taus.append(kendall_tau(predictor.predict(x_ND[200:])[0], y_N[200:]))
        gains.append(taus[1] - taus[0])
        assert taus[2] > 0.9
    assert np.median(gains) > 0.2


def test_a_prior_that_tells_the_opposite_is_left_aside() -> None:
    rng = np.random.default_rng(0)
    layout = FeatureLayout(knob_D=np.arange(3), one_hot_D=np.zeros(3, dtype=bool), families=(), places=())
    x_ND = rng.random((200, 3))
    prior = GaussianPredictor(layout)
    prior.fit(x_ND[:50], -x_ND[:50, 0])
    predictor = GaussianPredictor(layout, prior=prior)
    predictor.fit(x_ND[50:90], x_ND[50:90, 0])
    assert kendall_tau(predictor.predict(x_ND[100:])[0], x_ND[100:, 0]) > 0.9
