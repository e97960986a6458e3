"""The benchmark's numbers on generated tables; the peers themselves run only where they are installed."""

import csv
import gzip
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "experiments" / "sampler_benchmark"
MODULES = ("table", "rows", "measures")


@pytest.fixture
def modules(monkeypatch):
    """The scripts' own modules, forgotten again afterwards: their names are short."""
    monkeypatch.syspath_prepend(str(FOLDER))
    found: dict[str, ModuleType] = {}
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
        found[name] = __import__(name)
    yield type("Modules", (), found)
    for name in MODULES:
        sys.modules.pop(name, None)


def write_table(path, header, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(modules, path, **fields):
    return modules.table.read_table("t", modules.table.Description(file=path.name, **fields), path.parent)


def make_run(modules, curve, *, table="t", sampler="a", seed=0, batch=1, evaluations=10):
    return modules.rows.Run(
        table=table, sampler=sampler, batch=batch, seed=seed, evaluations=evaluations, distinct=9, sampler_s=1.5,
        version="a 1", curve=curve,
    )  # fmt: skip


def test_positions_follow_the_values_and_losses_the_direction(modules, tmp_path):
    path = write_table(
        tmp_path / "t.csv", ["op", "lr", "acc"],
        [["b", "0.1", 90], ["a", "0.001", 80], ["a", "0.02", 85], ["b", "0.001", 70], ["c", "0.02", 95]],
    )  # fmt: skip
    table = read(modules, path, objective=["acc"], inputs=["op", "lr"])
    assert [(one.name, one.size, one.ordered) for one in table.inputs] == [("op", 3, False), ("lr", 3, True)]
    assert [table.loss(point) for point in [(1, 2), (0, 0), (0, 1), (1, 0), (2, 1)]] == [-90, -80, -85, -70, -95]
    assert (table.optimum, table.regret((1, 2))) == (-95, 5)


def test_a_point_outside_the_table_has_the_loss_of_its_nearest_row(modules, tmp_path):
    rows = [["c", 1, 1], ["a", 4, 2], ["b", 2, 3], ["b", 3, 4]]
    path = write_table(tmp_path / "t.csv", ["op", "depth", "mse"], rows)
    table = read(modules, path, objective=["mse"], inputs=["op", "depth"], minimize=True)
    assert table.loss((0, 0)) == 1  # (c, 1) has another operator, (a, 4) is the whole list away: the first in the file
    assert table.loss((1, 0)) == 3  # (b, 2) is a third of the list away
    assert table.loss((2, 2)) == 1  # (c, 1) is two thirds away, (b, 3) has another operator
    with pytest.raises(ValueError, match=r"not a point of the inputs \[3, 4\]: \(3, 0\)"):
        table.loss((3, 0))


def test_seeds_are_averaged_before_the_logarithm_and_missing_ones_left_out(modules, tmp_path):
    rows = [["x", 1, 3, ""], ["y", 8, 8, 8], ["z", 2, 4, 6]]
    path = write_table(tmp_path / "t.csv", ["op", "s0", "s1", "s2"], rows)
    table = read(modules, path, objective=["s0", "s1", "s2"], inputs=["op"], minimize=True, log=True)
    np.testing.assert_allclose([table.regret((row,)) for row in range(3)], np.log([1, 4, 2]))
    spreads = [np.std(np.log([1, 3]), ddof=1), 0, np.std(np.log([2, 4, 6]), ddof=1)]
    assert table.noise == pytest.approx(np.median(spreads))


def test_rows_of_the_same_inputs_are_one(modules, tmp_path):
    path = write_table(tmp_path / "t.csv", ["op", "mse"], [["x", 1], ["y", 3], ["x", 9]])
    table = read(modules, path, objective=["mse"], inputs=["op"], minimize=True)
    assert (len(table), table.loss((0,)), table.optimum) == (2, 5, 3)


def test_a_column_of_letters_is_as_many_unordered_inputs(modules, tmp_path):
    path = write_table(tmp_path / "t.csv", ["code", "acc"], [["01", 1], ["10", 2], ["21", 3]])
    table = read(modules, path, objective=["acc"], split="code")
    assert [(one.name, one.size, one.ordered) for one in table.inputs] == [("code0", 3, False), ("code1", 2, False)]
    assert [table.loss(point) for point in [(0, 1), (1, 0), (2, 1)]] == [-1, -2, -3]


@pytest.mark.parametrize(
    ("rows", "inputs", "message"),
    [
        ([["x", 1], ["y", 2]], ["operator"], "no column operator; it has op, mse"),
        ([["x", 1], ["x", 2]], ["op"], "op: an input needs two values or more, and one in every row"),
        ([["x", 1], ["y", ""]], ["op"], "mse: some rows have no finite value"),
    ],
)
def test_a_table_that_cannot_be_searched_is_refused(modules, tmp_path, rows, inputs, message):
    path = write_table(tmp_path / "t.csv", ["op", "mse"], rows)
    with pytest.raises(SystemExit, match=message):
        read(modules, path, objective=["mse"], inputs=inputs)


def test_a_run_survives_its_file_and_a_line_cut_off_is_left_out(modules, tmp_path):
    curve = modules.rows.curve_text([5, 7, 2.5, 2.5, 1])
    assert curve == "1:5 3:2.5 5:1"
    first, second = make_run(modules, curve), make_run(modules, curve, seed=1)
    path = tmp_path / "runs" / "a.csv"
    modules.rows.append_run(path, first)
    modules.rows.append_run(path, second)
    assert modules.rows.read_runs([path, tmp_path / "absent.csv"]) == {first.key: first, second.key: second}
    path.write_bytes(path.read_bytes()[:-4])
    assert modules.rows.read_runs([path]) == {first.key: first}
    assert [first.regret_at(count) for count in (1, 2, 3, 4, 5, 9)] == [5, 5, 2.5, 2.5, 1, 1]


def test_collected_runs_have_the_same_bytes_in_any_order(modules, tmp_path):
    runs = [make_run(modules, "1:1", seed=seed) for seed in range(3)]
    modules.rows.write_runs(tmp_path / "a.csv.gz", runs)
    modules.rows.write_runs(tmp_path / "b.csv.gz", reversed(runs))
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()
    assert list(modules.rows.read_runs([tmp_path / "a.csv.gz"]).values()) == runs


def test_median_and_quartiles_at_a_checkpoint(modules):
    runs = [make_run(modules, f"1:9 10:{regret}", seed=regret) for regret in (1, 2, 3, 4)]
    (row,) = modules.measures.regret_rows(modules.measures.by_cell(runs))
    assert row == {
        "table": "t", "batch": 1, "sampler": "a", "evaluations": 10, "seeds": 4, "median": 2.5, "q1": 1.75, "q3": 3.25,
    }  # fmt: skip


def test_ranks_are_shared_by_ties_and_need_every_table(modules):
    finals = {"a": (0, 1), "b": (0, 3), "c": (2, 2), "d": (5, None)}
    runs = [
        make_run(modules, f"1:{final}", table=table, sampler=sampler)
        for sampler, pair in finals.items()
        for table, final in zip("tu", pair, strict=True)
        if final is not None
    ]
    measures = modules.measures
    rows = measures.rank_rows(measures.regret_rows(measures.by_cell(runs)))
    # On t: a and b share 1.5, c is 3; on u: a, c, b.
    assert {row["sampler"]: row["mean_rank"] for row in rows} == {"a": 1.25, "b": 2.25, "c": 2.5}
    assert {row["sampler"]: row["best_rank"] for row in rows} == {"a": 1, "b": 2, "c": 2.5}


def test_evaluations_needed_to_reach_a_peers_end(modules):
    runs = [
        make_run(modules, "1:9 4:3 8:1", sampler="nars", seed=0),
        make_run(modules, "1:9 6:3 9:1", sampler="nars", seed=1),
        make_run(modules, "1:8 10:6", sampler="slow"),
        make_run(modules, "1:0.5", sampler="lucky"),
    ]
    rows = modules.measures.needed_rows(modules.measures.by_cell(runs), "nars")
    # The median over both seeds is 9, then 6 from the fourth, 3 from the sixth, 1 from the ninth.
    assert {row["peer"]: row["evaluations"] for row in rows} == {"slow": 4, "lucky": None}


def test_the_best_peer_is_named_beside_our_median(modules):
    finals = {"nars": 2, "a": 3, "b": 1}
    runs = [make_run(modules, f"1:{final}", sampler=sampler) for sampler, final in finals.items()]
    measures = modules.measures
    (row,) = measures.rival_rows(measures.regret_rows(measures.by_cell(runs)), "nars")
    assert (row["own"], row["peer"], row["best"]) == (2, "b", 1)


def test_commands_run_a_table_of_ones_own_resume_it_and_report_it(tmp_path, monkeypatch):
    monkeypatch.delenv("NARS_DATA", raising=False)
    rows = [[op, depth, (depth - 3) ** 2 + "abc".index(op)] for op in "abc" for depth in range(1, 9)]
    path = write_table(tmp_path / "own.csv", ["op", "depth", "loss"], rows)
    common = ["--work", str(tmp_path / "runs")]
    run = [
        sys.executable, str(FOLDER / "run.py"), "--csv", str(path), "--objective", "loss", "--minimize", "--inputs", "op",
        "depth", "--samplers", "random", "nsga2", "--seeds", "2", "--evaluations", "12", *common,
    ]  # fmt: skip
    first = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert len(first.stdout.splitlines()) == 8  # two samplers, two batch sizes, two seeds
    again = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert again.stdout == ""
    report = [sys.executable, str(FOLDER / "report.py"), "--out", str(tmp_path / "out"), *common]
    subprocess.run(report, cwd=tmp_path, capture_output=True, text=True, check=True)
    text = (tmp_path / "out" / "README.md").read_text()
    assert "## In batches of 8" in text
    assert "| own | 10 evaluations |" in text
    collected = gzip.decompress((tmp_path / "out" / "runs.csv.gz").read_bytes()).decode()
    assert len(collected.splitlines()) == 9
    # The same seed asks for the same points.
    curves = {
        line["seed"] + line["batch"]: line["curve"]
        for line in csv.DictReader(collected.splitlines())
        if line["sampler"] == "random"
    }
    assert curves["01"] == curves["08"] != curves["11"]
