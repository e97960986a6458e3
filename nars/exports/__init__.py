"""Bundles: a trained network with all that is needed to use it, check it and train it again."""

from nars.exports.best import export
from nars.exports.bundle import Bundle, load_bundle
from nars.exports.detection import FoundObject, FoundObjects, detect_images, draw_objects
from nars.exports.evaluate import BundleEvaluation, evaluate_bundle
from nars.exports.formats_document import FormatReport, FormatsDocument, Measured, read_formats
from nars.exports.opening import open_bundle
from nars.exports.prediction import Label, predict_images
from nars.exports.retrain import candidate_in, train_again
from nars.exports.select import best_trial
from nars.exports.writing import export_bundle

__all__ = [
    "Bundle",
    "BundleEvaluation",
    "FormatReport",
    "FormatsDocument",
    "FoundObject",
    "FoundObjects",
    "Label",
    "Measured",
    "best_trial",
    "candidate_in",
    "detect_images",
    "draw_objects",
    "evaluate_bundle",
    "export",
    "export_bundle",
    "load_bundle",
    "open_bundle",
    "predict_images",
    "read_formats",
    "train_again",
]
