"""The joint benchmark's searches and figures on a generated table."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "joint_benchmark"
MODULES = (
    "sampler_tables", "one_thread", "table", "rows", "sampler", "peers_optuna", "searches", "curves", "run", "report",
)  # fmt: skip


@pytest.fixture
def modules(monkeypatch):
    """The scripts' own modules, forgotten again afterwards: their names are short."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # put back afterwards, as sys.path is
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    found: dict[str, ModuleType] = {name: __import__(name) for name in MODULES if name != "peers_optuna"}
    yield type("Modules", (), found)
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture
def table(modules, tmp_path):
    """Loss is 0 at width 6 with lr 0; a wider network needs a smaller lr, so that the halves interact."""
    rows = [
        (width, op, lr, abs(width - 6) + abs(lr - (6 - width)) + (op == "b") + 2 * (lr == 7) * (width < 3))
        for width in range(7)
        for op in "ab"
        for lr in range(8)
    ]
    pd.DataFrame(rows, columns=["width", "op", "lr", "loss"]).to_csv(tmp_path / "t.csv", index=False)
    description = modules.table.Description(
        file="t.csv", objective=["loss"], inputs=["width", "op", "lr"], minimize=True, recipe=["lr"]
    )
    return modules.table.read_table("t", description, tmp_path)


def test_what_is_not_searched_stays_at_its_default(modules, table):
    searches = modules.searches
    assert searches.halves(table) == ([0, 1], [2])
    points = searches.search(table, [0, 1], (0, 0, 5), evaluations=6, seed=0)
    assert len(set(points)) == 6
    assert {point[2] for point in points} == {5}


def test_a_search_ends_where_there_is_nothing_left(modules, table):
    points = modules.searches.search(table, [2], (6, 0, 0), evaluations=50, seed=0)
    assert sorted(points) == [(6, 0, lr) for lr in range(8)]


def test_the_second_stage_keeps_the_best_architecture(modules, table):
    first = [(0, 0, 3), (6, 0, 3), (2, 1, 3)]  # losses 9, 3, 6
    points = modules.searches.staged(table, first, evaluations=7, seed=0)
    assert points[:3] == first
    assert len(points) == 7
    assert {point[:2] for point in points[3:]} == {(6, 0)}


def test_defaults_and_floors(modules, table):
    searches = modules.searches
    recipe_medians = [np.median(table.losses_N[table.codes_ND[:, 2] == lr]) for lr in range(8)]
    best = searches.default(table, "hindsight", seed=0)
    assert best[2] == int(np.argmin(recipe_medians))
    drawn = [searches.default(table, "drawn", seed=seed) for seed in range(8)]
    assert len(set(drawn)) > 1
    assert all(table.loss(point) <= np.median(table.losses_N) for point in drawn)
    assert searches.floor(table, [0, 1], (0, 0, 3)) == 3  # |width - 6| + |lr - (6 - width)| is 3 at least
    assert searches.floor(table, [2], (4, 1, 0)) == 3
    assert searches.floor(table, [0, 1, 2], (0, 0, 0)) == 0


def make_curve(modules, steps, *, strategy="joint", default="", budget=100, seed=0):
    return modules.curves.Curve(
        table="t", strategy=strategy, default=default, budget=budget, seed=seed, floor=0.0, steps=steps
    )


def test_a_run_planned_for_a_number_is_read_there(modules):
    curves = [
        make_curve(modules, "1:9 30:4", budget=50),
        make_curve(modules, "1:9 30:3", budget=100),
        make_curve(modules, "1:9 60:2", budget=100, seed=1),
    ]
    at = modules.curves.at
    assert at(curves, ("t", "joint", ""), 50) == {0: 4.0}
    assert at(curves, ("t", "joint", ""), 100) == {0: 3.0, 1: 2.0}
    assert at(curves, ("t", "joint", ""), 200) == {}
    assert modules.report.won({0: 1.0, 1: 2.0, 2: 5.0}, {0: 3.0, 1: 2.0, 3: 9.0}) == "1/1/0"


def test_runs_survive_their_file_and_a_line_cut_off_is_left_out(modules, tmp_path):
    path = tmp_path / "runs" / "curves.csv"
    first, second = make_curve(modules, "1:0.5"), make_curve(modules, "1:0.25", seed=1)
    modules.curves.append(path, first)
    modules.curves.append(path, second)
    assert modules.curves.read(path) == {first.key: first, second.key: second}
    path.write_bytes(path.read_bytes()[:-3])
    assert modules.curves.read(path) == {first.key: first}


@pytest.mark.slow
def test_runs_of_every_strategy_and_their_report(modules, table, tmp_path):
    for name, strategy, kind, budget, seed in modules.run.wanted(2, ["t"]):
        curve = modules.run.run_once(table, strategy, kind, budget=min(budget, 12), seed=seed)
        stated = modules.curves.Curve(
            table=name, strategy=strategy, default=kind, budget=budget, seed=seed, floor=curve.floor, steps=curve.steps
        )
        modules.curves.append(tmp_path / "curves.csv", stated)
        assert curve.regret_at(12) >= curve.floor
    report = [sys.executable, FOLDER / "report.py", "--work", tmp_path / "curves.csv", "--out", tmp_path / "out"]
    subprocess.run(report, check=True, capture_output=True, env={"PATH": "", "MPLCONFIGDIR": str(tmp_path)})
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| t | architecture, then recipe | hindsight |" in text
    assert len((tmp_path / "out" / "curves.csv").read_text().splitlines()) == 1 + 2 * 11
