"""Everything that people look at after a search, as tables in memory and as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nars.analysis.advice import Advice
from nars.analysis.findings import Findings, find
from nars.analysis.forms import forms_named, table_files
from nars.analysis.pictures import pictures_of
from nars.analysis.report import report
from nars.analysis.summary import facts, summary
from nars.analysis.tables import Table, front_table
from nars.analysis.writing import require_writable, write_whole
from nars.drawing import png_bytes, svg_bytes
from nars.storage import EXPERIMENTS, StudyStorage, find_experiment

RESULTS = Path("results")
"""Where results lie by default, from the working directory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """Tables of one study, and the files that hold them."""

    found: Findings
    """All that is known of the study."""
    front: Table
    """The front as cells, for a terminal."""
    summary: str
    """The page in Markdown."""
    directory: Path
    paths: tuple[Path, ...]
    """Every file written."""

    @property
    def trials(self) -> pd.DataFrame:
        """One row per trial; no times, so that the same seed gives the same table."""
        return self.found.tables["trials"]

    @property
    def timings(self) -> pd.DataFrame:
        """One row per trial: when it ran and for how long."""
        return self.found.tables["timings"]

    @property
    def stages(self) -> pd.DataFrame:
        """One row per stage: its trials, epochs and time."""
        return self.found.tables["stages"]

    @property
    def pareto(self) -> pd.DataFrame:
        """Complete trials on the front of accuracy against the costs that the space lowers, MACs by default."""
        return self.found.tables["pareto"]

    @property
    def fronts(self) -> pd.DataFrame | None:
        """The front against each cost by itself; none where no cost differs."""
        return self.found.tables.get("fronts")

    @property
    def budgets(self) -> pd.DataFrame | None:
        """The best trial trained in full under ten budgets of each cost; none where none was."""
        return self.found.tables.get("budgets")

    @property
    def curves(self) -> pd.DataFrame | None:
        """One row per epoch of every complete trial; none where no trial told epochs."""
        return self.found.tables.get("curves")

    @property
    def inferences(self) -> pd.DataFrame | None:
        """One row per setting of inference that a trained detector was told under; none where the space lists none."""
        return self.found.tables.get("inferences")

    @property
    def importance(self) -> pd.DataFrame | None:
        """One row per knob, then architecture and recipe: shares of the variance of the expected accuracy.

        None, as what follows, with fewer than eight ended trials.
        """
        return self.found.tables.get("importance")

    @property
    def dependence(self) -> pd.DataFrame | None:
        """Partial dependence: the expected accuracy at each value of the most important knobs."""
        return self.found.tables.get("dependence")

    @property
    def predictions(self) -> pd.DataFrame | None:
        """Each trial as it was expected from the rounds before its own, and as it came out."""
        return self.found.tables.get("predictions")

    @property
    def diagnosis(self) -> pd.DataFrame | None:
        """One row per round: how well the predictor ranked it, and whether its spread was honest."""
        return self.found.tables.get("diagnosis")

    @property
    def advice(self) -> Advice | None:
        """What the next ten trials are expected to gain, and what they cost."""
        return self.found.advice


def analyze(
    name: str | Path,
    *,
    root: Path = EXPERIMENTS,
    storage: str | None = None,
    results: Path = RESULTS,
    formats: Sequence[str] = ("csv",),
) -> Analysis:
    """Writes the tables, pictures, summary and report of an experiment; it may still be running.

    Args:
        name: Of the experiment, or its folder.
        root: Folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.
        results: Folder of all results; the experiment's own files come into a folder of its name.
        formats: Of the tables: ``csv``, ``parquet``, ``markdown``, ``latex``, ``html``; trials come as Parquet too.

    Raises:
        ExperimentError: If there is no such experiment, nothing finished yet, a format is unknown, or the
            files cannot be written.
    """
    forms = forms_named(formats)
    experiment = find_experiment(name, root=root, storage=storage)
    directory = results / experiment.name
    require_writable(directory)  # of a large study the analysis takes half a minute
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        found = find(stored, name=experiment.name)
        page, told = summary(stored, found), facts(stored)
    files = {
        **table_files(found.tables, forms),
        **table_files({"trials": found.tables["trials"]}, ("parquet",)),
        "summary.md": page.encode(),
        "report.html": report(found, facts=told).encode(),
    }
    for file, figure in pictures_of(found):
        files[f"{file}.png"], files[f"{file}.svg"] = png_bytes(figure), svg_bytes(figure)
    for file, content in files.items():
        write_whole(directory / file, content)
    return Analysis(
        found=found,
        front=front_table(found.front, found.space.costs_to_lower),
        summary=page,
        directory=directory,
        paths=tuple(directory / file for file in files),
    )
