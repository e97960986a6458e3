"""Collects finished runs and writes results/sampler_benchmark/: all runs, tables (CSV), pictures and README.md.

    python experiments/sampler_benchmark/report.py --data FOLDER

The folder of public data (or the variable NARS_DATA) is needed for the facts of the tables alone.
"""

import argparse
import ast
import csv
import datetime
import math
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from measures import CHECKPOINTS, Cell, Row, by_cell, needed_rows, rank_rows, regret_rows, rival_rows, seconds_rows
from plots import STYLES, regret_picture
from rows import Run, read_runs, write_runs
from run import WORK
from table import known_tables, read_table

HERE = Path(__file__).parent
OWN = "nars"
INTRODUCTION = """\
Every sampler minimises the same tables of real trainings. A run is one table, one sampler, one seed and 200
evaluations, one by one or in batches of 8 (eight points are asked for, then all eight told). Its regret is that of the
best so far, in the table's unit; a point asked for twice counts twice. Seconds are CPU seconds of all asks and tells on
one thread, measured while the machine did other work too.

`runs.csv.gz` holds every run: `curve` lists the evaluations at which the best so far improved, each with its regret;
`distinct` counts different points."""
RANKS = """\
Mean over the tables of the rank by median regret. Equal medians (the optimum, mostly) share the mean of their ranks; in
brackets they share the best of them, so that 1 means that no sampler had a lower median on any table. A sampler that
lacks a table is not ranked."""
REGRETS = "Median over the seeds, and in brackets the quartiles. 0 is the table's optimum."
RIVALS = "Median regret of NARS, and the best peer's."
NEEDED = """\
Evaluations after which the median regret of NARS is no more than the peer's median regret at its end; a dash where 200
are not enough."""
SECONDS = "Median of a whole run; in brackets how many of its points were different."


def order(sampler: str) -> int:
    return list(STYLES).index(sampler)


def number(value: object) -> str:
    """Three digits that count."""
    return f"{float(str(value)):.3g}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return ["", *lines, *("| " + " | ".join(row) + " |" for row in rows)]


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: number(value) if isinstance(value, float) else value for key, value in row.items()})


def table_facts(folder: Path) -> list[Row]:
    """What each table is."""
    rows: list[Row] = []
    for name, description in known_tables().items():
        table = read_table(name, description, folder)
        rows.append(
            {
                "table": name,
                "rows": len(table),
                "points": math.prod(one.size for one in table.inputs),
                "ordered_inputs": sum(one.ordered for one in table.inputs),
                "unordered_inputs": sum(not one.ordered for one in table.inputs),
                "regret_unit": table.unit,
                "seed_noise": "" if table.noise is None else number(table.noise),
            }
        )
    return rows


def batch_section(batch: int, tables: Sequence[str], rows: Mapping[str, Sequence[Row]]) -> list[str]:
    """All tables of one batch size."""
    found = {name: [row for row in part if row["batch"] == batch] for name, part in rows.items()}
    samplers = sorted({str(row["sampler"]) for row in found["regret"]}, key=order)
    title = "Evaluations one by one" if batch == 1 else f"In batches of {batch}"
    lines = ["", f"## {title}", "", f"![Median regret against evaluations](regret_batch_{batch}.png)", "", RANKS]
    ranks = {
        (row["sampler"], row["evaluations"]): f"{number(row['mean_rank'])} ({number(row['best_rank'])})"
        for row in found["rank"]
    }
    header = ["sampler", *(f"{checkpoint} evaluations" for checkpoint in CHECKPOINTS)]
    ranked = [name for name in samplers if any(key[0] == name for key in ranks)]
    lines += markdown(header, [[name, *(ranks.get((name, c), "") for c in CHECKPOINTS)] for name in ranked])
    if found["rivals"]:
        lines += ["", RIVALS]
        rivals = {
            (row["table"], row["evaluations"]): f"{number(row['own'])} ({row['peer']} {number(row['best'])})"
            for row in found["rivals"]
        }
        lines += markdown(["table", *header[1:]], [[t, *(rivals.get((t, c), "") for c in CHECKPOINTS)] for t in tables])
    lines += ["", REGRETS]
    for table in tables:
        part = {(row["sampler"], row["evaluations"]): row for row in found["regret"] if row["table"] == table}
        body = []
        for name in samplers:
            cells = [part.get((name, checkpoint)) for checkpoint in CHECKPOINTS]
            if any(cells):
                texts = [f"{number(r['median'])} [{number(r['q1'])}, {number(r['q3'])}]" if r else "" for r in cells]
                body.append([name, *texts, str(next(row["seeds"] for row in cells if row))])
        lines += markdown([table, *header[1:], "seeds"], body)
    if found["needed"]:
        lines += ["", NEEDED]
        needed = {(row["peer"], row["table"]): str(row["evaluations"] or "-") for row in found["needed"]}
        peers = [name for name in samplers if name != OWN]
        lines += markdown(["peer", *tables], [[p, *(needed.get((p, t), "") for t in tables)] for p in peers])
    lines += ["", f"Sampler seconds. {SECONDS}"]
    spent = {
        (row["sampler"], row["table"]): f"{number(row['sampler_s'])} ({int(float(str(row['distinct'])))})"
        for row in found["seconds"]
    }
    return lines + markdown(["sampler", *tables], [[s, *(spent.get((s, t), "") for t in tables)] for s in samplers])


def settings() -> list[str]:
    """The first words of each module of peers: what each sampler is given."""
    lines = ["", "## Rules and settings", "", ast.get_docstring(ast.parse((HERE / "table.py").read_text())) or ""]
    for path in sorted(HERE.glob("peers_*.py")):
        lines += ["", ast.get_docstring(ast.parse(path.read_text())) or ""]
    return lines


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {len(names)} cores, Python {platform.python_version()}"


def write_readme(
    out: Path, runs: Sequence[Run], cells: Mapping[Cell, list[Run]], rows: Mapping[str, list[Row]], *, where: str
) -> None:
    versions = sorted({run.version for run in runs})
    tables = [name for name in known_tables() if any(cell[0] == name for cell in cells)]
    tables += sorted({cell[0] for cell in cells} - set(tables))
    lines = [
        "# Samplers on tables of real trainings",
        "",
        f"Commands: `python experiments/sampler_benchmark/run.py --data FOLDER`, then `report.py` beside it · "
        f"{where} · {datetime.datetime.now(tz=datetime.UTC).date()} · {len(runs):,} runs · {', '.join(versions)}",
        "",
        INTRODUCTION,
    ]
    facts = out / "tables.csv"
    if facts.is_file():
        header, *body = csv.reader(facts.open())
        lines += markdown(header, body)
        lines += ["", "`points`: what the inputs span. `seed_noise`: standard deviation between seeds, median of the "
                  "hundred best rows, in the unit of regrets."]  # fmt: skip
    for batch in sorted({batch for _, batch, _ in cells}):
        (out / f"regret_batch_{batch}.png").write_bytes(regret_picture(cells, tables, batch=batch))
        lines += batch_section(batch, tables, rows)
    (out / "README.md").write_text("\n".join([*lines, *settings()]) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("NARS_DATA"), help="folder of public data")
    parser.add_argument("--work", type=Path, default=WORK, help="rows of runs as they ended")
    parser.add_argument("--out", type=Path, default=Path("results/sampler_benchmark"))
    parser.add_argument("--machine", default=machine(), help="where and when runs were made; default: this machine")
    arguments = parser.parse_args()
    collected = arguments.out / "runs.csv.gz"
    runs = list(read_runs([collected, *sorted(arguments.work.glob("*.csv"))]).values())
    if not runs:
        raise SystemExit(f"no runs in {arguments.work} nor in {collected}: start run.py first")
    write_runs(collected, runs)
    if arguments.data and Path(arguments.data).is_dir():
        write_csv(arguments.out / "tables.csv", table_facts(Path(arguments.data)))
    cells = by_cell(runs)
    regret = regret_rows(cells)
    rows = {
        "regret": regret,
        "rank": rank_rows(regret),
        "rivals": rival_rows(regret, OWN),
        "needed": needed_rows(cells, OWN),
        "seconds": seconds_rows(cells),
    }
    for name, part in rows.items():
        if part:
            write_csv(arguments.out / f"{name}.csv", part)
    write_readme(arguments.out, runs, cells, rows, where=arguments.machine)
    print(f"{len(runs)} runs: {arguments.out / 'README.md'}")


if __name__ == "__main__":
    main()
