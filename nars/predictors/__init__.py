"""Accuracy predictors over encoded candidates, rank statistics, and the fidelity that ranks agree at."""

from nars.predictors.fidelity import FidelityChoice, accuracy_at, choose_fidelity
from nars.predictors.fitting import Schedule
from nars.predictors.gaussian import GaussianPredictor
from nars.predictors.joint import JointPredictor
from nars.predictors.predictor import Predictor
from nars.predictors.rank import kendall_tau, spearman

__all__ = [
    "FidelityChoice",
    "GaussianPredictor",
    "JointPredictor",
    "Predictor",
    "Schedule",
    "accuracy_at",
    "choose_fidelity",
    "kendall_tau",
    "spearman",
]
