"""The trained network of a run."""

from pathlib import Path

import torch
from torch import nn

from nars.errors import CheckpointError
from nars.space.candidate import Candidate
from nars.training.averaging import WeightAverage
from nars.training.checkpoint import load_last
from nars.training.network import Normalize, NormalizedClassifier, build_network


def load_trained(candidate: Candidate, directory: Path) -> NormalizedClassifier:
    """The network that was validated last, on the CPU and in eval mode.

    Args:
        candidate: Whose run it was.
        directory: Folder of its checkpoints.

    Returns:
        A module from float images in [0, 1] to logits: ``normalize`` and ``classifier``, with averaged weights where
        the recipe averages them.

    Raises:
        CheckpointError: If there is no readable checkpoint, or it is of another candidate.
    """
    channels = candidate.architecture.in_channels
    blank = Normalize(mean_C=torch.zeros(channels), std_C=torch.ones(channels))
    with torch.random.fork_rng(devices=[]):  # building draws weights that are overwritten at once
        network = build_network(candidate, blank)
    restore(network, candidate, directory)
    return network.eval()


def restore(network: nn.Module, candidate: Candidate, directory: Path) -> None:
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
