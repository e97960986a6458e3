"""Which evaluator and which data a space's task needs."""

from pathlib import Path

from nars.data.detection import prepare_detection_splits
from nars.data.source import load_split, prepare_splits
from nars.data.splits import TRAINED_ON
from nars.errors import SpaceError
from nars.evaluation.classification import ClassificationEvaluator
from nars.evaluation.detection import DetectionEvaluator
from nars.evaluation.evaluator import Evaluator
from nars.models.detector.detectron2_model import require_detectron2
from nars.space.search_space import SearchSpace
from nars.space.settings import Backend


def prepare_data(space: SearchSpace, directory: Path) -> int:
    """Draws, checks and records the splits of a space's data, or reads the record; decodes what classifiers train on.

    Args:
        space: Whose data section names the images.
        directory: Folder of ``splits.json`` and of decoded images.

    Returns:
        The number of training images.

    Raises:
        DataError: If the data breaks a rule, or has vanished or changed since.
    """
    if space.is_detection:
        detection_splits = prepare_detection_splits(space.data, directory, with_masks=space.has_masks)
        return len(detection_splits.train.image_ids)
    splits = prepare_splits(space.data, directory)
    # decoded before any worker starts, so that workers do not wait for each other
    train, _ = (load_split(splits, name, size=space.largest_resolution, directory=directory) for name in TRAINED_ON)
    return len(train)


def evaluator_of(
    space: SearchSpace,
    directory: Path,
    *,
    threads: int,
    device: str,
    backend: Backend = "torchvision",
    profile: bool = False,
) -> Evaluator:
    """What trains the candidates of a space.

    Args:
        space: Its task and data.
        directory: Folder of ``splits.json``.
        threads: CPU threads of one trial.
        device: ``auto`` is the GPU where there is one.
        backend: Of detectors.
        profile: Whether evaluations tell where the time went.

    Raises:
        SpaceError: If the backend is not for the space's task.
        ModelError: If the backend is not installed.
    """
    if backend == "detectron2":
        if not space.is_detection:
            rule = f"backend detectron2 trains detectors, got the task {space.task} @ $.search.backend"
            raise SpaceError(space.name, [rule])
        require_detectron2()
    if space.is_detection:
        return DetectionEvaluator(
            spec=space.data,
            directory=directory,
            with_masks=space.has_masks,
            threads=threads,
            device=device,
            profile=profile,
            backend=backend,
            swept=space.swept,
            constraints=space.constraints,
        )
    return ClassificationEvaluator(
        spec=space.data,
        directory=directory,
        size=space.largest_resolution,
        threads=threads,
        device=device,
        profile=profile,
    )
