"""A YAML file into a search space, with every problem found at once."""

from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from nars.errors import SpaceError
from nars.space.architecture import Architecture
from nars.space.assembly import Tree
from nars.space.conditions import make_knobs
from nars.space.constraint import COST_NAMES, OBJECTIVE_NAMES, Bounds, Constraint, CostName
from nars.space.data_spec import DataSpec
from nars.space.detection_recipe import DetectionRecipe
from nars.space.detector_rules import take_swept
from nars.space.problems import problem, problems_of, unknown, validated
from nars.space.recipe import Recipe
from nars.space.search_space import SearchSpace
from nars.space.sections import SectionReader
from nars.space.settings import SearchSettings
from nars.space.task import TASKS, Task, check_task
from nars.space.yaml_text import parse_yaml

T = TypeVar("T")

_SECTIONS = (
    "name",
    "task",
    "data",
    "objectives",
    "architecture",
    "recipe",
    "constraints",
    "latency",
    "search",
)
_NO_TABLE = "latency_ms needs a table of measured operators: latency: {table: FILE}"


def load_space(path: str | Path) -> SearchSpace:
    """Reads a search space from a YAML file; its name is the file's, unless the file says another.

    Raises:
        SpaceError: With every problem, each with the path of its key; or if the file cannot be read.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SpaceError(str(path), ["no such file"]) from error
    except IsADirectoryError as error:
        raise SpaceError(str(path), ["is a folder; a search space is a YAML file"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SpaceError(str(path), [f"cannot be read as text: {error}"]) from error
    return parse_space(text, source=str(path), name=path.stem)


def parse_space(text: str, *, source: str, name: str = "space") -> SearchSpace:
    """Reads a search space from YAML text; ``name`` holds unless the text says another.

    Raises:
        SpaceError: With every problem, each with the path of its key.
    """
    tree = parse_yaml(text, source=source)
    problems = [unknown("key", key, _SECTIONS, f"$.{key}") for key in tree if key not in _SECTIONS]
    problems += [f"{key} is required @ $.{key}" for key in ("architecture", "recipe") if key not in tree]
    reader = SectionReader()
    for key, kind in (("architecture", Architecture), ("recipe", Recipe)):
        if key in tree:
            reader.read(kind, tree[key], key)
    _read_detector_defaults(reader, tree)
    problems += reader.problems
    swept = take_swept(reader.leaves)
    knobs, fixed = make_knobs(reader.leaves, reader.defaults, problems)
    task = _task(tree.get("task", "classification"), problems)
    space_name = _name(tree.get("name", name), problems)
    constraints = _constraints(tree.get("constraints", {}), problems)
    latency_table = _latency_table(tree.get("latency"), constraints, problems)
    data = _section(DataSpec, tree.get("data", {}), "$.data", problems)
    check_task(task, reader.leaves, data, problems)
    costs_to_lower = _costs_to_lower(tree.get("objectives", ["accuracy"]), latency_table, problems)
    settings = _section(SearchSettings, tree.get("search", {}), "$.search", problems)
    if problems or data is None or settings is None:
        raise SpaceError(source, problems)
    return SearchSpace(
        name=space_name, task=task, data=data, costs_to_lower=costs_to_lower, constraints=constraints,
        latency_table=latency_table, settings=settings, knobs=knobs, fixed=fixed, swept=swept,
        text=text,
    )  # fmt: skip


def _read_detector_defaults(reader: SectionReader, tree: dict[str, Tree]) -> None:
    """A detector whose recipe says nothing of it has the settings of d2go."""
    architecture, recipe = tree.get("architecture"), tree.get("recipe")
    if not isinstance(architecture, dict) or not isinstance(recipe, dict):
        return
    if "detector" in architecture and "detector" not in recipe:
        reader.read(DetectionRecipe, {}, "recipe.detector")


def _section(kind: type[T], tree: Tree, path: str, problems: list[str]) -> T | None:
    """A section whose settings are all fixed."""
    if not isinstance(tree, dict):
        problems.append(problem("must be a mapping", tree, path))
        return None
    known = tuple(f.name for f in fields(kind))  # type: ignore[arg-type]  # each kind is a dataclass
    strange = [key for key in tree if key not in known]
    problems.extend(unknown("key", key, known, f"{path}.{key}") for key in strange)
    try:
        return validated(kind, {k: v for k, v in tree.items() if k not in strange})
    except ValidationError as error:
        problems.extend(problems_of(error, path))
        return None


def _constraints(tree: Tree, problems: list[str]) -> tuple[Constraint, ...]:
    if not isinstance(tree, dict):
        problems.append(problem("constraints must be a mapping", tree, "$.constraints"))
        return ()
    found = []
    for cost, bounds in tree.items():
        name = next((known for known in COST_NAMES if known == cost), None)
        if name is None:
            problems.append(unknown("cost", cost, COST_NAMES, f"$.constraints.{cost}"))
            continue
        read = _section(Bounds, bounds, f"$.constraints.{cost}", problems)
        if read is not None:
            found.append(Constraint(cost=name, minimum=read.min, maximum=read.max))
    return tuple(found)


def _costs_to_lower(tree: Tree, latency_table: str | None, problems: list[str]) -> tuple[CostName, ...]:
    """The objectives beside the accuracy, which is always one of them."""
    path = "$.objectives"
    if not isinstance(tree, list) or "accuracy" not in tree:
        problems.append(problem("objectives must be a list of accuracy and of costs to lower", tree, path))
        return ()
    for index, name in enumerate(tree):
        if name not in OBJECTIVE_NAMES:
            problems.append(unknown("objective", name, OBJECTIVE_NAMES, f"{path}[{index}]"))
        elif name in tree[:index]:
            problems.append(problem("objectives must differ", name, f"{path}[{index}]"))
        elif name == "latency_ms" and latency_table is None:
            problems.append(f"{_NO_TABLE} @ {path}[{index}]")
    return tuple(name for name in COST_NAMES if name in tree)


def _latency_table(tree: Tree, constraints: tuple[Constraint, ...], problems: list[str]) -> str | None:
    if tree is None:
        if any(constraint.cost == "latency_ms" for constraint in constraints):
            problems.append(f"{_NO_TABLE} @ $.latency")
        return None
    if not isinstance(tree, dict) or set(tree) != {"table"} or not isinstance(tree["table"], str):
        problems.append(problem("latency must be {table: FILE}", tree, "$.latency"))
        return None
    return tree["table"]


def _task(value: Tree, problems: list[str]) -> Task:
    found = next((task for task in TASKS if task == value), None)
    if found is None:
        problems.append(unknown("task", value, TASKS, "$.task"))
    return found or "classification"


def _name(value: Tree, problems: list[str]) -> str:
    if isinstance(value, str) and value and all(c.isalnum() or c in "._-" for c in value) and value[0] != ".":
        return value
    problems.append(problem("name must be letters, digits, dots, dashes and underscores", value, "$.name"))
    return "unnamed"
