"""Proposers of candidates: pure functions of space, seed and history; and the evolutionary fine stage."""

from nars.samplers.bounds import CostBounds
from nars.samplers.coarse import CoarseProposer, CoarseSettings
from nars.samplers.evolution import EvolutionSettings, Evolved, evolve
from nars.samplers.family import family, within
from nars.samplers.feasible import sample_feasible
from nars.samplers.history import Observations, curve_of, observe
from nars.samplers.learning import Learner
from nars.samplers.named import named_proposer
from nars.samplers.peers import PeerProposer
from nars.samplers.proposer import Proposer
from nars.samplers.quasi import QuasiProposer

__all__ = [
    "CoarseProposer",
    "CoarseSettings",
    "CostBounds",
    "EvolutionSettings",
    "Evolved",
    "Learner",
    "Observations",
    "PeerProposer",
    "Proposer",
    "QuasiProposer",
    "curve_of",
    "evolve",
    "family",
    "named_proposer",
    "observe",
    "sample_feasible",
    "within",
]
