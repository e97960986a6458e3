"""The images of a search: the embedded digits, image folders, and splits that are made once and recorded."""

from nars.data.dataset import DataInfo, Split
from nars.data.source import inspect_data, load_split, prepare_splits
from nars.data.splits import Splits

__all__ = ["DataInfo", "Split", "Splits", "inspect_data", "load_split", "prepare_splits"]
