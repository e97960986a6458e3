"""Proposers by the names that a space file and the command line know."""

from nars.predictors import GaussianPredictor
from nars.samplers.coarse import CoarseProposer
from nars.samplers.peers import PeerProposer
from nars.samplers.proposer import Proposer
from nars.space.search_space import SearchSpace
from nars.space.settings import PredictorName, SamplerName


def named_proposer(
    space: SearchSpace,
    name: SamplerName,
    *,
    seed: int,
    predictor: PredictorName = "gaussian",
    prior: GaussianPredictor | None = None,
) -> Proposer:
    """The proposer of a name: ours, or one of Optuna's samplers.

    Args:
        space: Where to search.
        name: ``nars``, ``random``, ``tpe``, ``gp`` or ``nsga2``.
        predictor: Of ours.
        prior: What another search has learnt; Optuna's samplers have no use for it.
        seed: Of the predictor's initialisation and pretraining; proposals draw from their own generator.
    """
    if name == "nars":
        return CoarseProposer(space, seed=seed, predictor=predictor, prior=prior)
    return PeerProposer(space, sampler=name)
