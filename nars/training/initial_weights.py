"""A recipe's initial weights: put into a run's network, and tried on a network of shapes alone before any run."""

import logging

import torch
from torch import nn

from nars.models.classifier import build_classifier
from nars.models.detector import TwoStageDetector, build_detector
from nars.models.pretrained import Weights, WeightsReport, load_weights, read_weights
from nars.space.candidate import Candidate
from nars.space.recipe import NO_WEIGHTS, Recipe
from nars.training.network import NormalizedClassifier

_logger = logging.getLogger(__name__)


def start_from_weights(network: NormalizedClassifier | TwoStageDetector, recipe: Recipe) -> WeightsReport | None:
    """Puts a recipe's initial weights into a new network; none are put, and none is returned, where they are random.

    The input stays normalised by the run's own images, whatever images the weights were trained on.

    Raises:
        ModelError: If the weights are absent, damaged, or do not fit.
    """
    if recipe.weights == NO_WEIGHTS:
        return None
    target = network.classifier if isinstance(network, NormalizedClassifier) else network
    report = load_weights(target, read_weights(recipe.weights), inherit=recipe.inherit)
    _logger.info("initial weights %s", report.summary)
    return report


def require_fit(candidate: Candidate, weights: Weights | None = None) -> None:
    """Refuses initial weights that do not fit a candidate's network; random ones always do.

    Args:
        candidate: Whose recipe names them.
        weights: Those, where they were read already.

    Raises:
        ModelError: If they are absent, damaged, or do not fit.
    """
    recipe = candidate.recipe
    if recipe.weights == NO_WEIGHTS:
        return
    network: nn.Module
    with torch.device("meta"):
        if candidate.architecture.detector is None:
            network = build_classifier(candidate.architecture, norm=recipe.norm)
        else:
            network = build_detector(candidate.architecture, recipe, normalize=nn.Identity())
    load_weights(network, read_weights(recipe.weights) if weights is None else weights, inherit=recipe.inherit)
