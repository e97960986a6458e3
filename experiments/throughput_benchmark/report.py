"""Writes results/throughput/README.md and a picture from the CSV files that are there.

python experiments/throughput_benchmark/report.py --machine 'AMD EPYC, two cores, no GPU'
"""

import argparse
import datetime
import statistics
from pathlib import Path

from rows import read

from nars.drawing import BLUE, ORANGE, make_figure

ORDER = ("epochs.csv", "search.csv", "stopping.csv", "compiled.csv")


def epochs_lines(rows: list[dict[str, str]]) -> list[str]:
    """Ratios over candidates, and accuracies beside what two seeds of NARS differ by."""
    lines = []
    for data in dict.fromkeys(row["data"] for row in rows):
        own = [row for row in rows if row["data"] == data and row["epochs"]]
        for unit in ("cpu_minute", "minute"):
            ratios = [float(row[f"nars_per_{unit}"]) / float(row[f"plain_per_{unit}"]) for row in own]
            if ratios:
                words = f"median {statistics.median(ratios):.2f}, least {min(ratios):.2f}, most {max(ratios):.2f}"
                lines.append(f"- {data}, {len(own)} candidates, epochs per {unit.replace('_', ' ')}, ratio: {words}")
        ours = [float(row["nars_accuracy_seed_0"]) - float(row["plain_accuracy_seed_0"]) for row in own]
        noise = [abs(float(row["nars_accuracy_seed_0"]) - float(row["nars_accuracy_seed_1"])) for row in own]
        if len(ours) > 1:
            error = statistics.stdev(ours) / len(ours) ** 0.5
            lines.append(
                f"- {data}, validation accuracy, NARS less plain: mean {statistics.mean(ours):+.4f} "
                f"(standard error {error:.4f}); two seeds of NARS differ by {statistics.mean(noise):.4f} on average"
            )
    return lines


def stopping_lines(rows: list[dict[str, str]]) -> list[str]:
    """Epochs and the winners' accuracies of each way to stop, over the seeds."""
    lines = []
    for space, stop in dict.fromkeys((row["space"], row["early_stop"]) for row in rows):
        own = [row for row in rows if (row["space"], row["early_stop"]) == (space, stop)]
        epochs = statistics.median(int(row["epochs"]) for row in own)
        test = statistics.mean(float(row["winner_test"]) for row in own)
        lines.append(f"- {space}, {stop}, {len(own)} seeds: median {epochs:.0f} epochs, mean test accuracy {test:.4f}")
    return lines


def table(rows: list[dict[str, str]]) -> list[str]:
    lines = ["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
    return lines + ["| " + " | ".join(row.values()) + " |" for row in rows]


def draw(rows: list[dict[str, str]], path: Path) -> None:
    """A pair of bars for each candidate."""
    data = list(dict.fromkeys(row["data"] for row in rows if row["epochs"]))
    figure, axes = make_figure(4.5 * len(data), 3.2, columns=len(data))
    for one, name in zip(axes, data, strict=True):
        own = [row for row in rows if row["data"] == name and row["epochs"]]
        for shift, who, colour in ((-0.2, "nars", BLUE), (0.2, "plain", ORANGE)):
            heights = [float(row[f"{who}_per_minute"]) for row in own]
            one.bar([number + shift for number in range(len(own))], heights, 0.4, label=who, color=colour)
        one.set_title(name)
        one.set_xlabel("candidate")
        one.set_ylabel("epochs per minute, two cores")
        one.legend(frameon=False)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", required=True, help="of the runs, such as 'AMD EPYC, two cores, no GPU'")
    parser.add_argument("--date", default=str(datetime.datetime.now(tz=datetime.UTC).date()), help="of the runs")
    parser.add_argument("--out", type=Path, default=Path("results/throughput"))
    arguments = parser.parse_args()
    lines = [
        "# Throughput",
        "",
        f"{arguments.machine}, {arguments.date}. Nothing here was measured on a GPU. Written by `report.py` of "
        "`experiments/throughput_benchmark/`, whose `run.py`, `search.py`, `stopping.py` and `compiled.py` write the "
        "tables and tell what their columns are.",
    ]
    summaries = {"epochs.csv": epochs_lines, "stopping.csv": stopping_lines}
    for name in ORDER:
        rows = read(arguments.out / name)
        if rows:
            told = summaries[name](rows) if name in summaries else []
            lines += ["", f"## {name}", *(["", *told] if told else []), "", *table(rows)]
            if name == "epochs.csv" and any(row["epochs"] for row in rows):
                draw(rows, arguments.out / "epochs.png")
                lines += ["", "![epochs per minute](epochs.png)"]
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "README.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
