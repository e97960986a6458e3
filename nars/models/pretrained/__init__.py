"""Pretrained weights: which are published, where they lie, how their arrays are called, and what fits a network."""

from nars.models.pretrained.loading import load_weights
from nars.models.pretrained.report import WeightsReport
from nars.models.pretrained.weights import Weights, read_weights

__all__ = ["Weights", "WeightsReport", "load_weights", "read_weights"]
