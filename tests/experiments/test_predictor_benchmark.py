"""The predictor benchmark's splits, scores and report on generated tables."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

FOLDER = Path(__file__).parents[2] / "experiments" / "predictor_benchmark"
MODULES = ("sampler_tables", "one_thread", "table", "encoded", "models", "scores", "run", "pictures", "report")


@pytest.fixture
def modules(monkeypatch):
    """The scripts' own modules, forgotten again afterwards: their names are short."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # put back afterwards, as sys.path is
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    found: dict[str, ModuleType] = {name: __import__(name) for name in MODULES}
    yield type("Modules", (), found)
    for name in MODULES:
        sys.modules.pop(name, None)


def write_table(path):
    """240 networks of two operators and two widths: accuracy and MACs grow with the widths."""
    rng = np.random.default_rng(0)
    rows = [(op, a, b) for op in "xyz" for a in range(1, 11) for b in range(1, 9)]
    frame = pd.DataFrame(rows, columns=["op", "width1", "width2"])
    frame["macs"] = frame["width1"] * frame["width2"] * 1e6
    frame["acc"] = np.log(frame["macs"]) + (frame["op"] == "y") + rng.normal(0, 0.05, len(frame))
    frame.to_csv(path, index=False)
    return path


def read_rows(modules, path, **fields):
    description = modules.table.Description(
        file=path.name, objective=["acc"], inputs=["op", "width1", "width2"], **fields
    )
    return modules.encoded.rows_of(modules.table.read_table("t", description, path.parent))


def make_score(modules, kendall, *, model="nars", size=20, seed=0, table="fcnet_naval"):
    return modules.scores.Score(
        table=table, model=model, size=size, seed=seed, kendall=kendall, spearman=kendall, seconds=1.0
    )


def test_rows_are_one_hot_positions_and_standard_log_costs(modules, tmp_path):
    rows = read_rows(modules, write_table(tmp_path / "t.csv"), costs=["macs"], recipe=["width2"])
    assert rows.inputs.shape == (240, 3 + 1 + 1 + 1)
    last = rows.inputs[-1]  # z, 10, 8
    np.testing.assert_allclose(last[:5], [0, 0, 1, 1, 1])
    np.testing.assert_allclose([rows.log_costs_NC.mean(), rows.log_costs_NC.std()], [0, 1], atol=1e-9)
    assert rows.costs_NC[-1, 0] == 8e7
    assert rows.architecture_D.tolist() == [True, True, True, True, False]
    assert rows.worth_N.argmax() == pd.read_csv(tmp_path / "t.csv")["acc"].argmax()


def test_a_seeds_held_out_rows_are_never_learnt_from_and_sizes_are_nested(modules):
    small, held_out = modules.encoded.split(6000, size=20, seed=3)
    large, same = modules.encoded.split(6000, size=100, seed=3)
    assert held_out.tolist() == same.tolist()
    assert (len(held_out), len(set(large) & set(held_out))) == (2000, 0)
    assert large[:20].tolist() == small.tolist()
    assert modules.encoded.split(6000, size=20, seed=4)[0].tolist() != small.tolist()
    assert len(modules.encoded.split(300, size=150, seed=0)[1]) == 150
    with pytest.raises(ValueError, match="size must be at most 150 of 300 rows, got 151"):
        modules.encoded.split(300, size=151, seed=0)


def test_normal_scores_are_quantiles_of_ranks(modules):
    scores = modules.models.normal_scores(np.array([5.0, -1e9, 7.0, 5.0]))
    np.testing.assert_allclose(scores, norm.ppf([0.5, 0.125, 0.875, 0.5]))


@pytest.mark.slow
def test_every_model_finds_the_order_of_an_easy_table(modules, tmp_path):
    rows = read_rows(modules, write_table(tmp_path / "t.csv"), costs=["macs"])
    for model in modules.models.MODELS:
        score = modules.run.score("t", rows, model, size=60, seed=0)
        assert score.kendall > (0.4 if model in ("MACs alone", "joint, not pretrained") else 0.6), model


def test_a_model_that_learnt_nothing_has_no_correlation(modules, tmp_path, monkeypatch):
    rows = read_rows(modules, write_table(tmp_path / "t.csv"))
    monkeypatch.setitem(modules.run.MODELS, "ridge", lambda *given: np.zeros(len(given[2])))
    score = modules.run.score("t", rows, "ridge", size=20, seed=0)
    assert (score.kendall, score.spearman) == (0, 0)


def test_slow_models_come_last_and_models_of_costs_skip_tables_without(modules, tmp_path):
    rows = read_rows(modules, write_table(tmp_path / "t.csv"))
    keys = list(modules.run.wanted({"t": rows}, ["joint", "gp", "ridge"], 3))
    assert {model for _, model, _, _ in keys} == {"gp", "ridge"}
    assert keys[-1] == ("t", "gp", 500, 2)  # of 1,000 rows only the first seed
    assert keys.index(("t", "gp", 500, 0)) > keys.index(("t", "ridge", 1000, 2))


def test_scores_survive_their_file_and_a_line_cut_off_is_left_out(modules, tmp_path):
    path = tmp_path / "runs" / "scores.csv"
    first, second = make_score(modules, 0.5), make_score(modules, 0.6, seed=1)
    modules.scores.append(path, first)
    modules.scores.append(path, second)
    assert modules.scores.read(path) == {first.key: first, second.key: second}
    path.write_bytes(path.read_bytes()[:-3])
    assert modules.scores.read(path) == {first.key: first}
    assert modules.scores.read(tmp_path / "absent.csv") == {}


def test_gains_are_paired_by_seed(modules):
    told = [make_score(modules, value, seed=seed) for seed, value in enumerate((0.5, 0.7, 0.9, 0.1))]
    bare = [make_score(modules, value, seed=seed, model="bare") for seed, value in enumerate((0.4, 0.4, 0.4))]
    cells = modules.scores.by_cell([*told, *bare])
    found = modules.scores.gain(cells, "fcnet_naval", "nars", "bare", 20)
    assert (found.seeds, found.median) == (3, pytest.approx(0.3))
    assert modules.scores.gain(cells, "fcnet_naval", "nars", "bare", 50) is None


def test_the_best_plain_model_and_the_reach_stand_beside_ours(modules):
    medians = {"nars": 0.7, "ridge": 0.6, "gp": 0.65, "joint": 0.9, "MACs alone": 0.3}
    scores = [make_score(modules, value, model=model, table="nas_bench_macro") for model, value in medians.items()]
    cells = modules.scores.by_cell(scores)
    assert modules.report.plain_rows(cells) == [["nas_bench_macro", "20", "0.700", "0.650 (gp)", "+0.050", "0.300"]]
    assert modules.report.reach_rows(cells) == [["nas_bench_macro", "20", "0.700", "0.78", "-0.080"]]
    text = modules.report.cell_text([make_score(modules, 0.5)], "kendall", seeds=5)
    assert text == "0.500 [0.500, 0.500] (1 seed)"


@pytest.mark.slow
def test_the_report_is_written_from_the_scores(modules, tmp_path):
    for size in (20, 50):
        for seed, model in enumerate(("nars", "ridge", "nars", "ridge")):
            modules.scores.append(tmp_path / "scores.csv", make_score(modules, 0.5, model=model, size=size, seed=seed))
    report = [sys.executable, FOLDER / "report.py", "--work", tmp_path / "scores.csv", "--out", tmp_path / "out"]
    subprocess.run(report, check=True, capture_output=True, env={"PATH": "", "MPLCONFIGDIR": str(tmp_path)})
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md", "correlations.csv", "kendall.png", "spearman.png",
    ]  # fmt: skip
    assert "| fcnet_naval | 50 | 0.500 | 0.500 (ridge) | +0.000 |" in (tmp_path / "out" / "README.md").read_text()


def test_no_data_is_said(modules, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["run.py"])
    monkeypatch.delenv("NARS_DATA", raising=False)
    with pytest.raises(SystemExit, match="no folder of public data: --data FOLDER or the variable NARS_DATA"):
        modules.run.parse_arguments()
