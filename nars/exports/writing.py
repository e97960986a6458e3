"""From a finished trial to a bundle on disk, checked before it takes its name."""

import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torchvision
from torch import nn

from nars.data.detection import DetectionSplits, load_detection_split
from nars.data.source import load_split
from nars.data.splits import Splits
from nars.drawing import png_bytes
from nars.errors import BundleError
from nars.exports import bundle as files
from nars.exports.answers import (
    Answers,
    answers_of,
    normalization_of,
    num_images,
    recorded_splits,
)
from nars.exports.bundle import Bundle, load_bundle
from nars.exports.card import model_card
from nars.exports.checksums import write_checksums
from nars.exports.conversion import convert, examples_of
from nars.exports.curve_picture import learning_curve
from nars.exports.detection import detections_sheet
from nars.exports.detector_conversion import convert_detector
from nars.exports.documents import Metrics, Preprocessing, Provenance, Versions, dump_document
from nars.exports.formats import Format, Source, formats_named
from nars.exports.formats.detectors import DetectorSource
from nars.exports.formats_document import FORMATS_FILE, FormatsDocument, dump_formats
from nars.exports.measure import as_input
from nars.exports.staging import require_replaceable, staged
from nars.exports.weights import WEIGHTS_FILE, dump_weights
from nars.models.block_diagram import block_diagram
from nars.models.detector import TwoStageDetector
from nars.space.data_spec import DataSpec
from nars.space.documents import dump_architecture, dump_recipe
from nars.space.recipe import NO_WEIGHTS
from nars.training.checkpoint import load_last, require_same_run
from nars.training.network import NormalizedClassifier
from nars.training.trained import blank_network, load_trained
from nars.trials import Evaluation, Trial
from nars.version import VERSION

_ACCURACY_TOLERANCE = 0.01
"""A GPU validates in bfloat16, the export in float32; weights of another epoch mostly differ by more."""


_SEEN_IMAGES = 200
"""To calibrate int8 on; the accuracy hardly moves with more."""


def export_bundle(
    trial: Trial,
    *,
    checkpoint_directory: Path,
    splits_directory: Path,
    data: DataSpec,
    size: int,
    space_text: str,
    study: str,
    threads: int,
    processes: int = 1,
    out: Path,
    formats: Sequence[str] = (),
) -> Path:
    """Write the bundle of a trial; the one place that reads the test split.

    The bundle is loaded back before it takes its name, and must give the same logits bit by bit.

    Args:
        trial: Complete, and trained in full.
        checkpoint_directory: Folder of the trial's checkpoints.
        splits_directory: Folder of the study's ``splits.json``.
        data: The data section of the search space.
        size: Pixels at which the study's evaluator keeps images: the space's largest resolution.
        space_text: The search space's YAML document.
        study: The study's name.
        threads: CPU threads of each of its trials.
        processes: That trained each of its trials together.
        out: The bundle's folder: absent, empty, or an earlier bundle, which is replaced.
        formats: Forms for other software to write beside the weights, each compared with the network on test images;
            one that differs is refused in ``formats.json``, and the rest stays.

    Returns:
        ``out``.

    Raises:
        BundleError: If a format is unknown or its library absent, the trial was not trained in full, ``out`` may not be
            replaced or cannot be written, or the weights do not give the accuracy that the trial recorded.
        CheckpointError: If the trial's checkpoints are absent or damaged.
        DataError: If the data is absent or has changed.
    """
    evaluation = _evaluation_in_full(trial)
    wanted = formats_named(formats)
    require_replaceable(out)
    network = _trained_in_full(trial, checkpoint_directory)
    splits = recorded_splits(trial.candidate, data, splits_directory)
    tested = _test(trial, network, splits, size=size)
    preprocessing = _preprocessing(trial, network, splits, size=size)
    metrics = _metrics(trial, evaluation, tested, splits)
    provenance = _provenance(trial, splits, data=data, study=study, threads=threads, processes=processes)
    texts = {
        files.ARCHITECTURE_FILE: dump_architecture(trial.candidate.architecture),
        files.RECIPE_FILE: dump_recipe(trial.candidate.recipe),
        files.PREPROCESSING_FILE: dump_document(preprocessing),
        files.METRICS_FILE: dump_document(metrics),
        files.PROVENANCE_FILE: dump_document(provenance),
        files.SPACE_FILE: space_text,
        files.SPLITS_FILE: (splits_directory / files.SPLITS_FILE).read_text(encoding="utf-8"),
    }
    with staged(out) as folder:
        for name, text in texts.items():
            (folder / name).write_bytes(text.encode())
        (folder / WEIGHTS_FILE).write_bytes(dump_weights(network))
        _draw(trial, evaluation, study, folder)
        if isinstance(network, TwoStageDetector) and isinstance(splits, DetectionSplits):
            val = load_detection_split(splits, "val", with_masks=trial.candidate.has_masks)
            (folder / files.DETECTIONS_FILE).write_bytes(detections_sheet(network, val, preprocessing.classes))
        document = _convert(wanted, trial, network, tested, splits, preprocessing, folder)
        card = model_card(
            trial.candidate,
            preprocessing=preprocessing,
            metrics=metrics,
            provenance=provenance,
            formats=document,
            has_curve=bool(evaluation.curve),
        )
        (folder / files.CARD_FILE).write_bytes(card.encode())
        write_checksums(folder)
        _require_same(load_bundle(folder), trial, tested, splits, size=size)
    return out


def _evaluation_in_full(trial: Trial) -> Evaluation:
    if trial.evaluation is None or not trial.trained_in_full:
        raise BundleError(
            f"only a trial trained in full can be exported, got trial {trial.number}: {trial.state}, "
            f"fidelity {trial.fidelity:g}"
        )
    return trial.evaluation


def _trained_in_full(trial: Trial, directory: Path) -> nn.Module:
    """The trial's network; a damaged last checkpoint would give the one of the epoch before."""
    checkpoint = load_last(directory)
    trained = trial.trained_as or trial.candidate
    epochs = trained.recipe.epochs
    if checkpoint is not None:
        require_same_run(checkpoint, directory, candidate_id=trained.id, seed=trial.seed)
        if checkpoint.epoch != epochs:
            raise BundleError(
                f"{directory}: the last readable checkpoint must be of epoch {epochs}, got {checkpoint.epoch}"
            )
    network = load_trained(trained, directory)
    if trial.trained_as is None:
        return network
    served = blank_network(trial.candidate)  # settings of inference change nothing in the weights
    served.load_state_dict(network.state_dict())
    return served.eval()


def _test(trial: Trial, network: nn.Module, splits: Splits | DetectionSplits, *, size: int) -> Answers:
    """Answers to the test split, which is read once these are the weights that the trial validated."""
    found = answers_of(network, trial.candidate, splits, "val", size=size)
    recorded = _evaluation_in_full(trial).accuracy
    if abs(found.accuracy - recorded) > max(_ACCURACY_TOLERANCE, 1.5 / found.images):
        raise BundleError(
            f"trial {trial.number}: its weights must give the recorded validation accuracy {recorded:.4f}, "
            f"got {found.accuracy:.4f}"
        )
    return answers_of(network, trial.candidate, splits, "test", size=size)


def _draw(trial: Trial, evaluation: Evaluation, study: str, folder: Path) -> None:
    title = f"{study}: trial {trial.number}"
    size = trial.candidate.architecture.resolution
    costs = f"input {size} x {size}, {trial.cost.macs:,} MACs, {trial.cost.params:,} params"
    diagram = block_diagram(trial.candidate.architecture, title=f"{title}, {costs}")
    (folder / files.DIAGRAM_FILE).write_bytes(png_bytes(diagram))
    if evaluation.curve:  # a user who trains himself tells none
        (folder / files.CURVE_FILE).write_bytes(learning_curve(evaluation.curve, title=title))


def _convert(
    formats: Sequence[Format],
    trial: Trial,
    network: nn.Module,
    tested: Answers,
    splits: Splits | DetectionSplits,
    preprocessing: Preprocessing,
    folder: Path,
) -> FormatsDocument | None:
    """Every format written and compared, with the record of it; none where none was asked for."""
    if not formats:
        return None
    if isinstance(splits, DetectionSplits):
        assert isinstance(network, TwoStageDetector), "a detector's splits"
        split = load_detection_split(splits, "test", with_masks=trial.candidate.has_masks)
        resized, _ = network.transform.resize(split.images[0].float() / 255)
        given = DetectorSource(
            detector=network,
            candidate=trial.candidate,
            classes=preprocessing.classes,
            shape=(resized.shape[0], resized.shape[1], resized.shape[2]),
        )
        found = convert_detector(given, [one.name for one in formats], split, folder)
        (folder / FORMATS_FILE).write_bytes(dump_formats(found))
        return found
    assert isinstance(network, NormalizedClassifier), "a classifier's splits"
    size, resolution = preprocessing.size, preprocessing.resolution
    val = load_split(splits, "val", size=size)  # calibrating on test images would be peeping
    source = Source(
        network=network,
        candidate=trial.candidate,
        classes=preprocessing.classes,
        images_NCHW=as_input(val.images[:: max(1, -(-len(val) // _SEEN_IMAGES))], resolution),
    )
    examples = examples_of(load_split(splits, "test", size=size), tested.everything, resolution=resolution)
    document = convert(source, formats, examples, folder)
    (folder / FORMATS_FILE).write_bytes(dump_formats(document))
    return document


def _preprocessing(trial: Trial, network: nn.Module, splits: Splits | DetectionSplits, *, size: int) -> Preprocessing:
    resolution = trial.candidate.architecture.resolution
    colour = "greyscale" if splits.in_channels == 1 else "RGB"
    again = "" if size == resolution else f", then the square to {resolution} pixels in the same way"
    shape = (
        "of any size, which the network itself resizes"
        if trial.candidate.is_detector
        else f"; the shorter side resized to {size} pixels (bilinear, antialiased) and the centre square cropped{again}"
    )
    normalize = normalization_of(network)
    return Preprocessing(
        size=size,
        resolution=resolution,
        channels=splits.in_channels,
        rule=(
            f"Upright {colour}{'' if shape.startswith(';') else ' '}{shape}; divided by 255. The network itself "
            "subtracts the mean and divides by the standard deviation."
        ),
        mean=tuple(normalize.mean.flatten().tolist()),
        std=tuple(normalize.std.flatten().tolist()),
        classes=splits.classes,
    )


def _metrics(trial: Trial, evaluation: Evaluation, tested: Answers, splits: Splits | DetectionSplits) -> Metrics:
    return Metrics(
        validation_accuracy=evaluation.accuracy,
        test_accuracy=tested.accuracy,
        train_images=num_images(splits, "train"),
        validation_images=num_images(splits, "val"),
        test_images=tested.images,
        epochs=evaluation.epochs,
        train_wall_s=evaluation.wall_s,
        train_device=evaluation.device,
        cost=trial.cost,
        test_detection=tested.detection,
    )


def _provenance(
    trial: Trial, splits: Splits | DetectionSplits, *, data: DataSpec, study: str, threads: int, processes: int
) -> Provenance:
    return Provenance(
        study=study,
        trial=trial.number,
        candidate=trial.candidate.id,
        seed=trial.seed,
        threads=threads,
        processes=processes,
        data=replace(data, path=splits.root),  # absolute, so that the bundle works from any working directory
        data_fingerprint=splits.fingerprint,
        versions=Versions(
            nars=VERSION,
            python=platform.python_version(),
            torch=str(torch.__version__),
            torchvision=torchvision.__version__,
        ),
        initial_weights=None if trial.candidate.recipe.weights == NO_WEIGHTS else _initial_weights(trial),
    )


def _initial_weights(trial: Trial) -> str:
    applied = _evaluation_in_full(trial).applied
    return trial.candidate.recipe.weights if applied is None else applied.weights


def _require_same(
    bundle: Bundle, trial: Trial, tested: Answers, splits: Splits | DetectionSplits, *, size: int
) -> None:
    """The bundle as read back is the trial's pair and gives its answers."""
    if bundle.candidate != trial.candidate:
        raise BundleError(f"trial {trial.number}: architecture and recipe do not survive being written")
    again = answers_of(bundle.model(), trial.candidate, splits, "test", size=size)
    if not torch.equal(again.everything, tested.everything):
        raise BundleError(f"trial {trial.number}: the bundle must give the same answers, {_difference(again, tested)}")


def _difference(one: Answers, other: Answers) -> str:
    a, b = one.everything, other.everything
    if a.shape != b.shape:
        return f"got {a.numel()} numbers for {b.numel()}"
    return f"they differ by {(a - b).abs().max():g}"
