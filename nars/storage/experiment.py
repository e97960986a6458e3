"""The folder of one study: where it lies, what is in it, and whether it can be written."""

import difflib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from nars.errors import ExperimentError

EXPERIMENTS = Path("experiments")
"""Where experiments lie by default, from the working directory."""
MINIMUM_FREE_BYTES = 100_000_000
"""Free disk space without which no experiment is started: a small search's checkpoints and its study."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Experiment:
    """Paths inside one experiment folder."""

    directory: Path
    storage: str | None = None
    """Address of a database that holds the study in place of the embedded one."""

    @property
    def name(self) -> str:
        """The folder's own name, which results and messages use too."""
        return self.directory.resolve().name

    @property
    def database(self) -> Path:
        """The embedded database that holds the study."""
        return self.directory / "study.db"

    @property
    def url(self) -> str:
        """Address of the study's database, for ``StudyStorage``, optuna and optuna-dashboard."""
        if self.storage is not None:
            return self.storage
        return URL.create("sqlite", database=str(self.database.resolve())).render_as_string()

    @property
    def study_name(self) -> str | None:
        """What optuna calls the study; none for the embedded database, which holds one, whatever its folder's name."""
        return None if self.storage is None else self.name

    @property
    def lock(self) -> Path:
        """The file that the one writing process locks."""
        return self.directory / "lock"

    def trial_directory(self, number: int) -> Path:
        """Where one trial keeps its checkpoints."""
        return self.directory / "trials" / f"{number:04d}"


def create_experiment(
    name: str,
    *,
    root: Path = EXPERIMENTS,
    storage: str | None = None,
    minimum_free_bytes: int = MINIMUM_FREE_BYTES,
) -> Experiment:
    """Makes the folder of an experiment where absent; whether it holds a study already, ``StudyStorage.create`` tells.

    Args:
        name: Letters, digits, ``.``, ``_`` and ``-``.
        root: The folder of all experiments; made where absent.
        storage: Address of a database for the study; a file in the folder by default.
        minimum_free_bytes: Free space that the disk must have.

    Raises:
        ExperimentError: If the name is not allowed, the folder cannot be written, or the disk is too full.
    """
    if not _NAME.fullmatch(name):
        raise ExperimentError(
            f"an experiment's name must be 1 to 100 letters, digits, '.', '_' or '-' "
            f"and start with a letter or digit, got {name!r}"
        )
    experiment = Experiment(root / name, storage)
    _check_writable(experiment.directory, minimum_free_bytes=minimum_free_bytes)
    try:
        experiment.directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExperimentError(f"experiment folder {experiment.directory} cannot be made: {error.strerror}") from error
    return experiment


def find_experiment(name_or_path: str | Path, *, root: Path = EXPERIMENTS, storage: str | None = None) -> Experiment:
    """The existing experiment of a name, or in a folder.

    Args:
        name_or_path: A name below ``root``, or the path of an experiment folder.
        root: The folder of all experiments.
        storage: Address of the database that holds the study, where it is not the embedded one.

    Raises:
        ExperimentError: If there is none; the message tells the nearest names that there are.
    """
    # "digits" may be a folder of the working directory too; only one with a study in it is meant.
    for directory in (root / name_or_path, Path(name_or_path)):
        if storage is not None and str(name_or_path) and directory.is_dir():
            return Experiment(directory, storage)
        if storage is None and str(name_or_path) and Experiment(directory).database.is_file():
            return Experiment(directory)
    known = experiment_names(root=root)
    near = difflib.get_close_matches(Path(name_or_path).name, known, n=3, cutoff=0.5)
    if near:
        hint = f"; did you mean {' or '.join(near)}?"
    else:
        hint = f"; there are: {', '.join(known[:10])}" if known else "; there are no experiments yet"
    raise ExperimentError(f"no experiment {str(name_or_path)!r} in {root}{hint}")


def experiment_names(*, root: Path = EXPERIMENTS) -> list[str]:
    """Names of all experiments below ``root``, sorted."""
    return sorted(path.parent.name for path in root.glob("*/study.db"))


def _check_writable(directory: Path, *, minimum_free_bytes: int) -> None:
    """Asks the nearest folder that exists, so that nothing is made where nothing can be written."""
    nearest = directory.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise ExperimentError(f"experiment folder {directory} cannot be made: {nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ExperimentError(f"experiment folder {directory} cannot be written: no permission for {nearest}")
    free = shutil.disk_usage(nearest).free
    if free < minimum_free_bytes:
        raise ExperimentError(
            f"experiment folder {directory} needs {minimum_free_bytes:,} free bytes of disk, {nearest} has {free:,}"
        )
