import hashlib
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from nars.errors import CheckpointError, NotFittedError
from nars.predictors import kendall_tau
from nars.predictors.joint import JointPredictor
from tests.predictors.synthetic import ARCHITECTURE, FAST, RECIPE, predictor, rows

OTHER_PROCESS = """
import hashlib
from tests.predictors.synthetic import FAST, predictor, rows
known, new = rows(30, seed=1), rows(50, seed=2)
model = predictor(schedule=FAST)
model.pretrain(*(lambda r: (r.x_ND, r.cost_NC))(rows(300, seed=3)))
model.fit(known.x_ND, known.y_N)
print(hashlib.sha256(b"".join(part.tobytes() for part in model.predict(new.x_ND))).hexdigest())
"""


def pretrained(*, seed: int = 0, fast: bool = False) -> JointPredictor:
    model = predictor(seed=seed, schedule=FAST if fast else None)
    free = rows(300 if fast else 600, seed=3)
    model.pretrain(free.x_ND, free.cost_NC)
    return model


def test_it_beats_the_mean_and_the_order_by_cost():
    known, new = rows(60, seed=1), rows(500, seed=2)
    model = pretrained()
    model.fit(known.x_ND, known.y_N)
    mean_N, _ = model.predict(new.x_ND)
    assert np.mean((mean_N - new.y_N) ** 2) < 0.3 * np.var(new.y_N)
    assert kendall_tau(mean_N, new.y_N) > kendall_tau(new.cost_NC[:, 0], new.y_N) + 0.1


@pytest.mark.slow
def test_pretraining_on_costs_helps_when_few_rows_are_known():
    new = rows(500, seed=2)
    gains = []
    for seed in range(5):
        known = rows(20, seed=100 + seed)
        with_costs, without = pretrained(seed=seed), predictor(seed=seed)
        with_costs.fit(known.x_ND, known.y_N)
        without.fit(known.x_ND, known.y_N)
        gains.append(
            kendall_tau(with_costs.predict(new.x_ND)[0], new.y_N) - kendall_tau(without.predict(new.x_ND)[0], new.y_N)
        )
    assert np.median(gains) > 0.05


def test_its_cross_validation_tells_signal_from_noise():
    known = rows(60, seed=1)
    model = pretrained()
    model.fit(known.x_ND, known.y_N)
    assert model.rank_correlation > 0.5
    model.fit(known.x_ND, np.random.default_rng(0).normal(size=60))
    assert abs(model.rank_correlation) < 0.3


def test_the_spread_covers_the_errors_on_rows_unseen():
    known, new = rows(40, seed=1), rows(500, seed=2)
    model = pretrained()
    model.fit(known.x_ND, known.y_N)
    mean_N, spread_N = model.predict(new.x_ND)
    inside = np.mean(np.abs(mean_N - new.y_N) < 2 * spread_N)
    assert 0.75 < inside <= 1.0


def test_a_fit_starts_afresh():
    first, second, new = rows(30, seed=1), rows(30, seed=7), rows(20, seed=2)
    model, other = pretrained(fast=True), pretrained(fast=True)
    model.fit(first.x_ND, first.y_N)
    model.fit(second.x_ND, second.y_N)
    other.fit(second.x_ND, second.y_N)
    np.testing.assert_array_equal(model.predict(new.x_ND), other.predict(new.x_ND))


def test_the_seed_decides_the_predictions_in_any_process():
    known, new = rows(30, seed=1), rows(50, seed=2)
    model = pretrained(fast=True)
    model.fit(known.x_ND, known.y_N)
    here = hashlib.sha256(b"".join(part.tobytes() for part in model.predict(new.x_ND))).hexdigest()
    there = subprocess.run([sys.executable, "-c", OTHER_PROCESS], check=True, capture_output=True, text=True)
    assert there.stdout.strip() == here
    other = pretrained(seed=1, fast=True)
    other.fit(known.x_ND, known.y_N)
    assert not np.array_equal(other.predict(new.x_ND)[0], model.predict(new.x_ND)[0])


def test_global_generators_and_threads_are_left_alone():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        before = torch.get_rng_state().clone(), np.random.get_state()[1].copy()  # noqa: NPY002 - it is looked at
        known = rows(10, seed=1)
        model = pretrained(fast=True)
        model.fit(known.x_ND, known.y_N)
        model.predict(known.x_ND)
        assert torch.equal(torch.get_rng_state(), before[0])
        np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_few_rows_and_equal_accuracies_are_no_error(n):
    known = rows(n, seed=1)
    model = predictor(schedule=FAST)
    model.fit(known.x_ND, np.full(n, 0.7))
    mean_N, spread_N = model.predict(rows(20, seed=2).x_ND)
    np.testing.assert_allclose(mean_N, 0.7, atol=0.2)
    assert np.isfinite(spread_N).all()


@pytest.mark.parametrize("is_architecture", [True, False])
def test_spaces_of_architectures_or_of_recipes_alone(is_architecture):
    rng = np.random.default_rng(0)
    x_ND = rng.random((40, 3))
    model = JointPredictor(architecture_D=np.full(3, fill_value=is_architecture), num_costs=1, seed=0, schedule=FAST)
    model.pretrain(x_ND, np.full((40, 1), 5.0))
    model.fit(x_ND, x_ND[:, 0])
    assert kendall_tau(model.predict(x_ND)[0], x_ND[:, 0]) > 0.5


def test_a_saved_predictor_predicts_and_refits_the_same(tmp_path):
    known, new = rows(30, seed=1), rows(50, seed=2)
    model = pretrained(fast=True)
    model.fit(known.x_ND, known.y_N)
    model.save(tmp_path / "predictor.safetensors")
    loaded = JointPredictor.load(tmp_path / "predictor.safetensors")
    np.testing.assert_array_equal(loaded.predict(new.x_ND), model.predict(new.x_ND))
    assert loaded.rank_correlation == model.rank_correlation
    loaded.fit(new.x_ND, new.y_N)
    model.fit(new.x_ND, new.y_N)
    np.testing.assert_array_equal(loaded.predict(known.x_ND), model.predict(known.x_ND))


def test_a_damaged_file_is_named(tmp_path):
    path = tmp_path / "predictor.safetensors"
    path.write_bytes(b"not a predictor")
    with pytest.raises(CheckpointError, match=r"predictor.safetensors: not a readable predictor"):
        JointPredictor.load(path)


def test_bad_input_is_refused():
    model = predictor()
    with pytest.raises(NotFittedError, match="the predictor must be fitted before it is asked"):
        model.predict(np.zeros((1, ARCHITECTURE + RECIPE)))
    with pytest.raises(ValueError, match=r"features must be N x 20, got shape \(1, 3\)"):
        model.fit(np.zeros((1, 3)), np.zeros(1))
    with pytest.raises(ValueError, match="accuracies must be 2 >= 1 finite numbers"):
        model.fit(np.zeros((2, 20)), np.array([0.5, np.nan]))
    with pytest.raises(ValueError, match="every feature must be finite"):
        model.fit(np.full((2, 20), np.nan), np.zeros(2))
    with pytest.raises(ValueError, match="every cost must be a finite number above 0"):
        model.pretrain(np.zeros((2, 20)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"costs must be 2 x 2, got \(2, 1\)"):
        model.pretrain(np.zeros((2, 20)), np.ones((2, 1)))


def test_two_hundred_rows_are_fitted_quickly():
    known = rows(200, seed=1)
    model = predictor()
    started = time.process_time()
    model.fit(known.x_ND, known.y_N)
    assert time.process_time() - started < 3.0  # about half a second of one core; the rest is for slow machines


def test_an_assumed_candidate_shrinks_the_spread_beside_it_and_moves_no_mean():
    known, unseen = rows(30, seed=0), rows(50, seed=1)
    model = predictor(schedule=FAST)
    model.fit(known.x_ND, known.y_N)
    mean_N, spread_N = model.predict_warped(unseen.x_ND)
    model.assume(unseen.x_ND[0])
    assumed_mean_N, assumed_spread_N = model.predict_warped(unseen.x_ND)
    np.testing.assert_array_equal(assumed_mean_N, mean_N)
    np.testing.assert_array_equal(model.expect(unseen.x_ND), mean_N)
    np.testing.assert_array_equal(model.expect_warped(unseen.x_ND), mean_N)
    assert assumed_spread_N[0] == 0
    assert (assumed_spread_N <= spread_N).all()
    nearest, furthest = np.argsort(np.sum((unseen.x_ND - unseen.x_ND[0]) ** 2, axis=1))[[1, -1]]
    assert assumed_spread_N[nearest] / spread_N[nearest] < assumed_spread_N[furthest] / spread_N[furthest]
    model.fit(known.x_ND, known.y_N)
    np.testing.assert_array_equal(model.predict_warped(unseen.x_ND)[1], spread_N)


def test_a_candidate_assumed_below_its_mean_lowers_the_means_beside_it():
    known, unseen = rows(30, seed=0), rows(50, seed=1)
    model = predictor(schedule=FAST)
    model.fit(known.x_ND, known.y_N)
    mean_N, spread_N = model.predict_warped(unseen.x_ND)
    model.assume(unseen.x_ND[0], below=2.0)
    fall_N = mean_N - model.predict_warped(unseen.x_ND)[0]
    assert fall_N[0] == pytest.approx(2.0 * spread_N[0])
    nearest, furthest = np.argsort(np.sum((unseen.x_ND - unseen.x_ND[0]) ** 2, axis=1))[[1, -1]]
    assert fall_N[0] > fall_N[nearest] > fall_N[furthest] >= 0
