from dataclasses import replace

import numpy as np
import pytest

from nars.predictors import GaussianPredictor, kendall_tau
from nars.predictors.joint import JointPredictor
from nars.samplers import CoarseProposer, CostBounds, Learner, QuasiProposer, observe
from nars.space.settings import PredictorName
from tests.samplers.spaces import accuracy, joint_space, trials_of


def history(n: int, *, seed: int = 0):
    space = joint_space()
    return trials_of(space, QuasiProposer(space).propose([], n, rng=np.random.default_rng(seed)))


def test_inputs_are_features_and_standardised_log_costs():
    space = joint_space()
    bounds = CostBounds(space)
    codes_NK = bounds.buildable(space.sample_codes(1000, rng=np.random.default_rng(5)))
    x_ND = Learner(bounds, seed=0).inputs(codes_NK)
    features_ND = space.features(codes_NK)
    np.testing.assert_array_equal(x_ND[:, : features_ND.shape[1]], features_ND)
    costs_NC = x_ND[:, features_ND.shape[1] :]
    assert costs_NC.shape == (len(codes_NK), 3)
    np.testing.assert_allclose(costs_NC.mean(axis=0), 0, atol=0.1)  # of other samples than those that set the scale
    np.testing.assert_allclose(costs_NC.std(axis=0), 1, atol=0.1)
    log_macs_N = np.log(bounds.costs(codes_NK).macs_N)
    assert np.corrcoef(costs_NC[:, 0], log_macs_N)[0, 1] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("kind", "predictor"), [("gaussian", GaussianPredictor), ("joint", JointPredictor)])
def test_each_predictor_ranks_candidates_that_it_has_not_seen(kind: PredictorName, predictor: type):
    space = joint_space()
    learnt = Learner(CostBounds(space), seed=0, kind=kind).fit(observe(history(40)))
    assert isinstance(learnt.predictor, predictor)
    unseen_NK = space.encode([trial.candidate for trial in history(40, seed=1)])
    told_N, spread_N = learnt.predict(unseen_NK)
    assert kendall_tau(told_N, accuracy(space, unseen_NK)) > 0.4
    assert (spread_N >= 0).all()
    assert kendall_tau(learnt.score(unseen_NK), told_N) > 0.5


def test_a_predictor_is_trusted_once_it_ranks_better_than_a_single_cost():
    learnt = Learner(CostBounds(joint_space()), seed=0).fit(observe(history(40)))
    assert learnt.is_trusted
    assert 0 < learnt.costs_rank < learnt.predictor.rank_correlation
    assert not replace(learnt, costs_rank=learnt.predictor.rank_correlation).is_trusted


def test_fits_leave_nothing_behind():
    bounds = CostBounds(joint_space())
    codes_NK = joint_space().encode([trial.candidate for trial in history(10, seed=2)])
    used, new = Learner(bounds, seed=0), Learner(bounds, seed=0)
    used.fit(observe(history(12, seed=3)))
    np.testing.assert_array_equal(
        used.fit(observe(history(20))).score(codes_NK), new.fit(observe(history(20))).score(codes_NK)
    )


def test_the_neural_predictor_proposes_a_batch_that_is_new_and_apart():
    space = joint_space()
    before = history(16)
    batch = CoarseProposer(space, seed=0, predictor="joint").propose(before, 4, rng=np.random.default_rng(0))
    assert len({candidate.id for candidate in batch} - {trial.candidate.id for trial in before}) == 4
    assert len({candidate.architecture for candidate in batch}) >= 2
