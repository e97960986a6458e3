"""The trained network of a run."""

from pathlib import Path

import torch
from torch import nn

from nars.errors import CheckpointError
from nars.models.detector import build_detector
from nars.space.candidate import Candidate
from nars.training.averaging import WeightAverage
from nars.training.checkpoint import load_last
from nars.training.network import Normalize, build_network


def load_trained(candidate: Candidate, directory: Path) -> nn.Module:
    """The network that was validated last, on the CPU and in eval mode.

    Args:
        candidate: Whose run it was.
        directory: Folder of its checkpoints.

    Returns:
        With averaged weights where the recipe averages them: of a classifier, a module from float images in [0, 1] to
        logits, ``normalize`` and ``classifier``; of a detector, a `nars.models.detector.TwoStageDetector`.

    Raises:
        CheckpointError: If there is no readable checkpoint, or it is of another candidate.
    """
    network = blank_network(candidate)
    _restore(network, candidate, directory)
    return network.eval()


def blank_network(candidate: Candidate) -> nn.Module:
    """The candidate's network, whose weights are yet to be put in; torch's generator is as before."""
    channels = candidate.architecture.in_channels
    blank = Normalize(mean_C=torch.zeros(channels), std_C=torch.ones(channels))
    with torch.random.fork_rng(devices=[]):  # building draws weights that are overwritten at once
        if candidate.is_detector:
            detector: nn.Module = build_detector(candidate.architecture, candidate.recipe, normalize=blank)
            return detector
        return build_network(candidate, blank)


def _restore(network: nn.Module, candidate: Candidate, directory: Path) -> None:
    """Puts the weights that were validated last into a candidate's network.

    Raises:
        CheckpointError: If there is no readable checkpoint, or it is of another candidate.
    """
    checkpoint = load_last(directory)
    if checkpoint is None:
        raise CheckpointError(f"{directory}: there is no readable checkpoint")
    if checkpoint.candidate_id != candidate.id:
        raise CheckpointError(
            f"{directory}: the checkpoint must be of candidate {candidate.id}, got {checkpoint.candidate_id}"
        )
    if checkpoint.average is None:
        network.load_state_dict(checkpoint.network)
    else:
        average = WeightAverage(network, decay=candidate.recipe.ema)
        average.load_state_dict(checkpoint.average)
        network.load_state_dict(average.module.state_dict())
