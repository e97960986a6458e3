"""Measuring a space's operators and searching under a bound on latency, as a user types it."""

from pathlib import Path

from nars.cost.latency import LatencyTable
from tests.cli.conftest import TINY, Nars

BOUNDED = TINY.replace("  macs: {max: 1e6}\n", "  latency_ms: {max: 1000}\nlatency: {table: tiny.csv}\n")


def test_measured_table_then_search(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(BOUNDED)
    too_early = nars("space", "validate", "tiny.yaml")
    assert too_early.code == 2
    assert "tiny.csv: cannot read the latency table" in too_early.err

    built = nars("latency", "build", "--space", "tiny.yaml", "--repeats", "2")
    assert built.code == 0, built.err
    # stem; first block by width, kernel and expansion; the other block and the head by width
    assert "measuring 19 operators" in built.out
    assert "written to tiny.csv" in built.out

    shown = nars("latency", "show", "tiny.csv")
    assert shown.code == 0, shown.err
    table = LatencyTable.load("tiny.csv")
    assert f"device: {table.device}\nmeasured: {table.measured}\noperators: 19\n" in shown.out
    assert "median relative spread (interquartile range over median): " in shown.out

    sampled = nars("space", "sample", "tiny.yaml", "-n", "3")
    assert sampled.code == 0, sampled.err
    searched = nars("search", "--space", "tiny.yaml", "--workers", "1")
    assert searched.code == 0, searched.err
    assert nars("analyze", "tiny").code == 0
    header, *rows = (folder / "results/tiny/trials.csv").read_text().splitlines()
    column = header.split(",").index("latency_ms")
    assert len(rows) == 7
    assert all(0 < float(row.split(",")[column]) < 1000 for row in rows)


def test_bad_input_is_told_before_measuring(nars: Nars, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    build = ("latency", "build", "--space", "tiny.yaml")
    for arguments, message in (
        (("--limit", "3"), "the space 'tiny' has 19 distinct operators, more than the limit of 3"),
        (("--device", "tpu"), "device must be cpu or cuda, got 'tpu'"),
        (("--out", "table.yaml"), "table.yaml: a measured latency table must be a .csv file"),
        (("--out", "tiny.yaml/t.csv"), "tiny.yaml is no folder that may be written"),
    ):
        outcome = nars(*build, *arguments)
        assert outcome.code == 2
        assert message in outcome.err
        assert "Traceback" not in outcome.err
    (folder / "mine.csv").write_text("a,b\n1,2\n")
    assert "mine.csv: a latency table must begin with" in nars(*build, "--out", "mine.csv").err
    assert sorted(path.name for path in folder.iterdir()) == ["mine.csv", "tiny.yaml"]
    assert nars("latency", "show", "absent.csv").code == 2
