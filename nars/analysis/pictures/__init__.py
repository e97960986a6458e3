"""Pictures of a study, drawn for print and for colour-blind readers; each is a figure, written as PNG and as SVG."""

from nars.analysis.pictures.drawn import pictures_of

__all__ = ["pictures_of"]
