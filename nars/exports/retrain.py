"""Trains a found pair again, from its recipe's initial weights and in full."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict, Unpack

import torch

from nars.data.detection import DetectionSplits, load_detection_split
from nars.data.source import load_split
from nars.data.splits import TRAINED_ON, Splits
from nars.errors import DataError, ExperimentError
from nars.exports.answers import data_info, recorded_splits
from nars.exports.bundle import ARCHITECTURE_FILE, RECIPE_FILE, SPLITS_FILE, load_bundle
from nars.exports.weights import WEIGHTS_FILE, dump_weights
from nars.space.candidate import Candidate
from nars.space.data_spec import DataSource, DataSpec
from nars.space.documents import dump_architecture, dump_recipe, parse_architecture, parse_recipe
from nars.training.checkpoint import load_last, require_same_run
from nars.training.detection.run import train_detector
from nars.training.initial_weights import require_fit
from nars.training.run import train
from nars.training.trained import load_trained
from nars.trials import EpochRecord, Evaluation


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """What is to be trained, and what on."""

    candidate: Candidate
    data: DataSpec
    size: int
    """Pixels at which images are kept."""
    splits: str | None = None
    """The recorded splits, where the data is the bundle's own."""
    seed: int = 0
    threads: int = 1


def train_again(
    source: Path | str,
    *,
    out: Path,
    data_path: Path | str | None = None,
    seed: int | None = None,
    device: str = "auto",
    report: Callable[[EpochRecord], None] | None = None,
) -> Evaluation:
    """Train an architecture with its recipe, all epochs, from random weights or those that the recipe names.

    Called again with the same arguments after an interruption, it goes on from the last checkpoint.

    Args:
        source: A bundle, or a ``recipe.yaml`` with its ``architecture.yaml`` beside it.
        out: Folder for both documents, ``splits.json``, checkpoints and the weights; made if absent.
        data_path: An image folder to train on; new splits are drawn. None for a bundle's own data and splits,
            or for a recipe the embedded digits, or scenes of them.
        seed: Of initialisation, order and augmentation; none for the bundle's own, or 0 for a recipe.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.
        report: Called after each epoch.

    Returns:
        The metrics on the validation split.

    Raises:
        BundleError: If the bundle is damaged.
        SpaceError: If a document breaks a rule.
        DataError: If the data is absent or does not fit the architecture.
        ModelError: If the initial weights are absent, damaged or do not fit.
        ExperimentError: If ``source`` is neither, or ``out`` cannot be written.
        CheckpointError: If ``out`` holds another run.
        DivergedError: If the training diverges.
    """
    chosen = _source(Path(source), data_path)
    candidate = chosen.candidate
    seed = chosen.seed if seed is None else seed
    directory = out / "checkpoints"
    _require_fitting(chosen)
    require_fit(candidate)
    _require_own(directory, candidate, seed)
    _write_documents(chosen, out)
    splits = recorded_splits(candidate, chosen.data, out)
    with _threads(chosen.threads):
        evaluation = _trained(
            candidate,
            splits,
            size=chosen.size,
            stop_epoch=candidate.recipe.epochs,
            seed=seed,
            directory=directory,
            device=device,
            report=report,
        )
    (out / WEIGHTS_FILE).write_bytes(dump_weights(load_trained(candidate, directory)))
    return evaluation


def candidate_in(source: Path | str) -> Candidate:
    """The candidate of a bundle, or of a ``recipe.yaml`` with its ``architecture.yaml`` beside it.

    Raises:
        BundleError: If the bundle is damaged.
        SpaceError: If a document breaks a rule.
        ExperimentError: If it is neither.
    """
    return _source(Path(source), None).candidate


class _Settings(TypedDict):
    stop_epoch: int
    seed: int
    directory: Path
    device: str
    report: Callable[[EpochRecord], None] | None


def _trained(
    candidate: Candidate, splits: Splits | DetectionSplits, *, size: int, **settings: Unpack[_Settings]
) -> Evaluation:
    """Trains on the first of the splits and validates on the second, as the candidate's task does."""
    if isinstance(splits, DetectionSplits):
        train_set, val_set = (load_detection_split(splits, name, with_masks=candidate.has_masks) for name in TRAINED_ON)
        return train_detector(candidate, train_set, val_set, **settings)
    train_split, val_split = (load_split(splits, name, size=size) for name in TRAINED_ON)
    return train(candidate, train_split, val_split, **settings)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """As many CPU threads inside as the trial had, since sums depend on it; the caller's number afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _source(path: Path, data_path: Path | str | None) -> _Source:
    if not path.exists():
        raise ExperimentError(f"{path}: there is no such bundle or recipe")
    found = _bundle_source(path) if path.is_dir() else _recipe_source(path)
    if data_path is None:
        return found
    if found.candidate.is_detector and found.data.source != "coco":
        raise ExperimentError(f"{path}: its data lies in no folder, got {data_path}")
    source: DataSource = "coco" if found.candidate.is_detector else "image_folder"
    return replace(found, data=replace(found.data, source=source, path=str(data_path)), splits=None)


def _bundle_source(directory: Path) -> _Source:
    bundle = load_bundle(directory)
    return _Source(
        candidate=bundle.candidate,
        data=bundle.provenance.data,
        size=bundle.preprocessing.size,
        splits=(directory / SPLITS_FILE).read_text(encoding="utf-8"),
        seed=bundle.provenance.seed,
        threads=bundle.provenance.threads,
    )


def _recipe_source(path: Path) -> _Source:
    beside = path.with_name(ARCHITECTURE_FILE)
    if not beside.is_file():
        raise ExperimentError(f"{path}: {ARCHITECTURE_FILE} must lie beside the recipe, {beside} does not exist")
    architecture = parse_architecture(_text(beside), source=str(beside))
    candidate = Candidate(architecture=architecture, recipe=parse_recipe(_text(path), source=str(path)))
    data = DataSpec(source="digit_scenes") if candidate.is_detector else DataSpec()
    return _Source(candidate=candidate, data=data, size=architecture.resolution)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{path}: cannot be read: {error}") from error


def _require_fitting(source: _Source) -> None:
    """Refuse data of another kind before anything is written or decoded."""
    architecture = source.candidate.architecture
    info = data_info(source.candidate, source.data)
    needed = (architecture.in_channels, architecture.num_classes)
    if needed != (info.in_channels, len(info.classes)):
        raise DataError(
            f"{source.data.path or source.data.source}: the architecture reads {needed[0]} channels and tells "
            f"{needed[1]} classes apart, got {info.in_channels} channels and {len(info.classes)} classes"
        )


def _require_own(directory: Path, candidate: Candidate, seed: int) -> None:
    """Refuse the folder of another run before a document in it is replaced."""
    checkpoint = load_last(directory)
    if checkpoint is not None:
        require_same_run(checkpoint, directory, candidate_id=candidate.id, seed=seed)


def _write_documents(source: _Source, out: Path) -> None:
    texts = {
        ARCHITECTURE_FILE: dump_architecture(source.candidate.architecture),
        RECIPE_FILE: dump_recipe(source.candidate.recipe),
        SPLITS_FILE: source.splits,
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            if text is not None:
                (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExperimentError(f"{out}: cannot be written: {error.strerror}") from error
