"""Detectors in formats: one module per format, found by `detector_format`."""

from nars.exports.formats.detectors.format import DetectorFormat, DetectorSource
from nars.exports.formats.detectors.named import detector_format

__all__ = ["DetectorFormat", "DetectorSource", "detector_format"]
