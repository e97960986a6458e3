"""One self-contained HTML file on a study: interactive plots, a table that sorts and filters, every setting."""

from nars.analysis.report.page import report

__all__ = ["report"]
