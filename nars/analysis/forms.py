"""Tables as files: one function for each form that a user may ask for."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Literal, get_args

import pandas as pd

from nars.analysis.tables import Table
from nars.errors import ExperimentError

Form = Literal["csv", "parquet", "markdown", "latex", "html"]
FORMS: tuple[Form, ...] = get_args(Form)
_ENDINGS: dict[Form, str] = {"csv": "csv", "parquet": "parquet", "markdown": "md", "latex": "tex", "html": "html"}


def forms_named(names: Iterable[str]) -> tuple[Form, ...]:
    """The forms of some names, each once; a name may hold several with commas between.

    Raises:
        ExperimentError: If there is no such form.
    """
    found: list[Form] = []
    for name in ",".join(names).split(","):
        form = next((known for known in FORMS if known == name.strip()), None)
        if form is None:
            raise ExperimentError(f"a table's format must be one of {', '.join(FORMS)}, got {name.strip()!r}")
        found.append(form)
    return tuple(dict.fromkeys(found))


def table_files(frames: dict[str, pd.DataFrame], forms: Iterable[Form]) -> dict[str, bytes]:
    """Every table in every form, by the file's name."""
    return {f"{name}.{_ENDINGS[form]}": _WRITERS[form](frame) for name, frame in frames.items() for form in forms}


def _csv(frame: pd.DataFrame) -> bytes:
    """Numbers in the fewest digits that give them back exactly, so that equal tables are equal files."""
    return frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%S.%fZ").encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    content = BytesIO()
    frame.to_parquet(content, index=False, engine="pyarrow")
    return content.getvalue()


def _markdown(frame: pd.DataFrame) -> bytes:
    table = Table(title="", columns=tuple(map(str, frame.columns)), rows=_cells(frame))
    return f"{table.markdown}\n".encode()


def _latex(frame: pd.DataFrame) -> bytes:
    """A ``tabular`` without packages of its own; what LaTeX would read as a command is escaped."""
    lines = [r"\begin{tabular}{l" + "r" * (len(frame.columns) - 1) + "}", r"\hline"]
    rows = (tuple(map(str, frame.columns)), *_cells(frame))
    lines += [" & ".join(map(_escaped, row)) + r" \\" for row in rows]
    lines.insert(3, r"\hline")
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""]).encode()


def _html(frame: pd.DataFrame) -> bytes:
    return f'<!DOCTYPE html>\n<meta charset="utf-8">\n{frame.to_html(index=False, na_rep="", border=0)}\n'.encode()


def _cells(frame: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Every value as text; a missing one is empty, and a number has at most six digits that count."""
    return tuple(
        tuple("" if pd.isna(value) else f"{value:.6g}" if isinstance(value, float) else str(value) for value in row)
        for row in frame.itertuples(index=False, name=None)
    )


def _escaped(text: str) -> str:
    for mark in "&%$#_{}":
        text = text.replace(mark, "\\" + mark)
    return text


_WRITERS: dict[Form, Callable[[pd.DataFrame], bytes]] = {
    "csv": _csv,
    "parquet": _parquet,
    "markdown": _markdown,
    "latex": _latex,
    "html": _html,
}
