"""The floors of the house: a package imports only what lies below it."""

import ast
from pathlib import Path

import pytest

FLOORS = {
    "errors": 0,
    "version": 0,
    "drawing": 0,
    "space": 1,
    "trials": 2,
    "models": 3,
    "data": 3,
    "storage": 3,
    "cost": 4,
    "training": 4,
    "predictors": 4,
    "evaluation": 5,
    "samplers": 5,
    "study": 6,
    "exports": 6,
    "analysis": 7,
    "repeats": 7,
    "cli": 8,
}
ROOT = Path(__file__).parents[1] / "nars"
MODULES = sorted(ROOT.rglob("*.py"))
OPTIONAL = ("ray", "detectron2", "timm", "onnx")


def imports_of(tree: ast.AST) -> list[str]:
    """Every module that a tree imports, at any depth; ``import nars`` itself is ``nars``."""
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.append(node.module or "")
    return names


def package_of(module: Path) -> str:
    parts = module.relative_to(ROOT).with_suffix("").parts
    return parts[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downward_only(module: Path) -> None:
    own = package_of(module)
    if own == "__init__":  # the public surface stands above all floors and loads lazily
        return
    for name in imports_of(ast.parse(module.read_text())):
        parts = name.split(".")
        if parts[0] != "nars":
            continue
        assert len(parts) > 1, f"{module} imports the public surface of nars"
        if parts[1] != own:
            assert FLOORS[parts[1]] < FLOORS[own], f"{module}: {own} may not import {name}"


def test_every_package_has_a_floor() -> None:
    packages = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert packages | {"errors", "version", "drawing"} == set(FLOORS)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_optional_libraries_are_imported_when_first_needed(module: Path) -> None:
    for node in ast.parse(module.read_text()).body:
        for name in imports_of(node) if isinstance(node, ast.Import | ast.ImportFrom) else []:
            assert name.split(".")[0] not in OPTIONAL, f"{module} imports {name} at its top"


def test_modules_and_functions_stay_small() -> None:
    for module in MODULES:
        text = module.read_text()
        assert text.count("\n") <= 400, f"{module} has more than 400 lines"
        assert module.stem not in {"utils", "helpers", "common", "misc", "core", "constants"}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 80, f"{module}: {node.name} is long, docstring included"
