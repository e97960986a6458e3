"""``nars analyze``: result tables and pictures of a search."""

from pathlib import Path
from typing import Annotated

import typer

from nars.cli.options import EXPERIMENTS, RESULTS, Root, Storage

EPILOG = "Example: nars analyze digits · nars analyze digits digits_asha --format markdown,latex"

MOST_ROWS = 60
"""Of the table in the terminal; the files hold all trials."""


def analyze(
    names: Annotated[list[str], typer.Argument(help="Names of experiments, or their folders.", show_default=False)],
    form: Annotated[
        list[str] | None,
        typer.Option("--format", help="Of the tables: csv, parquet, markdown, latex, html.  [default: csv]"),
    ] = None,
    storage: Storage = None,
    experiments: Root = EXPERIMENTS,
    results: Annotated[Path, typer.Option(help="Folder of all results.")] = RESULTS,
) -> None:
    """Write the tables, pictures and report of a search, and print its best trials; of several, how they compare."""
    from nars.analysis import analyze as run_analyze
    from nars.analysis import compare
    from nars.analysis.forms import forms_named, table_files
    from nars.analysis.writing import write_whole
    from nars.cli.console import console
    from nars.cli.tables import frame_table, trial_table

    forms, screen = forms_named(form or ["csv"]), console()
    compared = compare(names, root=experiments, storage=storage) if len(names) > 1 else None
    for name in names:
        analysis = run_analyze(name, root=experiments, storage=storage, results=results, formats=forms)
        trials = analysis.found.trials
        title = f"trials, best {MOST_ROWS} of {len(trials)}" if len(trials) > MOST_ROWS else "trials, best first"
        title = title if compared is None else f"{analysis.found.name}: {title}"
        screen.print(trial_table(trials, title=title, limit=MOST_ROWS))
        if analysis.advice is not None:
            screen.print(f"{analysis.advice.sentence}.")
        for path in analysis.paths:
            screen.print(str(path))
    if compared is not None:
        screen.print(frame_table(compared, title="side by side"))
        for file, content in table_files({"comparison": compared}, forms).items():
            write_whole(results / file, content)
            screen.print(str(results / file))
