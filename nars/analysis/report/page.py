"""The report as one file: a page, its style, its script, Plotly and the study's data."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

from plotly.offline import get_plotlyjs

from nars.analysis.findings import Findings
from nars.analysis.report.content import content_json

_HERE = files("nars.analysis.report")


def report(found: Findings, *, facts: Sequence[str]) -> str:
    """The page; it asks nothing of any network.

    Args:
        found: What there is to tell of the study.
        facts: What was searched, a line each.
    """
    parts = {
        "name": escape(found.name),
        "facts": "".join(f"<li>{escape(fact)}</li>" for fact in facts),
        "advice": escape(f"{found.advice.sentence}.") if found.advice else "",
        "style": _read("report.css"),
        "plotly": get_plotlyjs(),
        "content": content_json(found),
        "script": _read("report.js"),
    }
    first, *pieces = _read("report.html").split("<!--nars:")
    filled = [first]
    for piece in pieces:  # each mark once, so that what is put in is never looked at again
        mark, _, rest = piece.partition("-->")
        filled += [parts[mark], rest]
    return "".join(filled)


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
