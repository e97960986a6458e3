"""Plain records: what a candidate costs, what a training run gave, and one attempt at one candidate."""

from nars.trials.budget import FamilyBudget
from nars.trials.cost import COST_NAMES, Cost, CostName
from nars.trials.detection import CocoFigures, DetectionFigures
from nars.trials.evaluation import Applied, EpochRecord, Evaluation, Inference
from nars.trials.pareto import nondominated, pareto_front
from nars.trials.rung import Rung, last_epoch
from nars.trials.spent import Spent
from nars.trials.trial import Failure, FailureReason, SearchStage, Trial, TrialState, epoch_at

__all__ = [
    "COST_NAMES",
    "Applied",
    "CocoFigures",
    "Cost",
    "CostName",
    "DetectionFigures",
    "EpochRecord",
    "Evaluation",
    "Failure",
    "FailureReason",
    "FamilyBudget",
    "Inference",
    "Rung",
    "SearchStage",
    "Spent",
    "Trial",
    "TrialState",
    "epoch_at",
    "last_epoch",
    "nondominated",
    "pareto_front",
]
