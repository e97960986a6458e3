"""What the networks of a space are for, and what that asks of the rest of the file."""

from collections.abc import Iterable
from typing import Literal, get_args

from nars.space.data_spec import DataSource, DataSpec

Task = Literal["classification", "detection", "instance_segmentation"]

TASKS: tuple[Task, ...] = get_args(Task)
DETECTION_TASKS: tuple[Task, ...] = ("detection", "instance_segmentation")
_CLASSIFICATION_SOURCES: tuple[DataSource, ...] = ("digits", "image_folder")
_DETECTION_SOURCES: tuple[DataSource, ...] = ("coco", "digit_scenes")
_DETECTOR, _MASK = "architecture.detector", "architecture.detector.mask"


def check_task(task: Task, paths: Iterable[str], data: DataSpec | None, problems: list[str]) -> None:
    """What a task needs and what has no effect in it; problems are appended.

    Args:
        task: Of the file.
        paths: Of all settings that the file gives or that have a default.
        data: The data section; none where it is broken.
        problems: Gets a line for each.
    """
    is_detection = task in DETECTION_TASKS
    known = _DETECTION_SOURCES if is_detection else _CLASSIFICATION_SOURCES
    if data is not None and data.source not in known:
        problems.append(f"source must be {' or '.join(known)} for task {task}, got {data.source!r} @ $.data.source")
    paths = tuple(paths)
    has_detector = any(path.startswith(f"{_DETECTOR}.") for path in paths)
    has_mask = any(path.startswith(f"{_MASK}[") for path in paths)
    if is_detection and not has_detector:
        problems.append(f"detector is required for task {task} @ $.{_DETECTOR}")
    if not is_detection and has_detector:
        problems.append(f"detector has no effect in task {task}; say task: {' or '.join(DETECTION_TASKS)} @ $.task")
    if task == "instance_segmentation" and has_detector and not has_mask:
        problems.append(f"mask is required for task {task} @ $.{_MASK}")
    if task == "detection" and has_mask:
        problems.append(f"mask has no effect in task {task}; say task: instance_segmentation @ $.task")
