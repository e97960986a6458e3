"""Evaluators, and executors that run them.

`nars.evaluation.classification` is not imported here: it loads torch, which a worker does after it has
set its threads.
"""

from nars.evaluation.evaluator import Evaluator, TrialTask
from nars.evaluation.events import Epoch, Event, Failed, Finished, Started
from nars.evaluation.local import LocalExecutor

__all__ = ["Epoch", "Evaluator", "Event", "Failed", "Finished", "LocalExecutor", "Started", "TrialTask"]
