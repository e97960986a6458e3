"""Tables, plots and a page on a study: views of its storage, never a second truth."""

from nars.analysis.analyze import RESULTS, Analysis, analyze
from nars.analysis.comparison import compare
from nars.analysis.tables import Table

__all__ = ["RESULTS", "Analysis", "Table", "analyze", "compare"]
