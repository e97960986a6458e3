"""Bundles: a trained network with all that is needed to use it, check it and train it again."""

from nars.export.bundle import Bundle, load_bundle
from nars.export.evaluate import BundleEvaluation, evaluate_bundle
from nars.export.retrain import train_again
from nars.export.select import best_trial
from nars.export.writing import export_bundle

__all__ = [
    "Bundle",
    "BundleEvaluation",
    "best_trial",
    "evaluate_bundle",
    "export_bundle",
    "load_bundle",
    "train_again",
]
