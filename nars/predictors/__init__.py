"""Accuracy predictors over encoded candidates, rank statistics, and learning curves: when to stop, what comes after.

The neural one, `nars.predictors.joint`, brings torch, and is imported where it is asked for.
"""

from nars.predictors.curves import Curve, accuracies_at, common_share
from nars.predictors.fidelity import FidelityChoice, accuracy_at, choose_fidelity
from nars.predictors.gaussian import GaussianPredictor
from nars.predictors.halving import rungs
from nars.predictors.predictor import Predictor
from nars.predictors.rank import kendall_tau, spearman
from nars.predictors.score import accuracy_of, score

__all__ = [
    "Curve",
    "FidelityChoice",
    "GaussianPredictor",
    "Predictor",
    "accuracies_at",
    "accuracy_at",
    "accuracy_of",
    "choose_fidelity",
    "common_share",
    "kendall_tau",
    "rungs",
    "score",
    "spearman",
]
