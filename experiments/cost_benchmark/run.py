"""Measures the costs: speed and exactness of the formula, and what a latency table's estimate is worth.

    python experiments/cost_benchmark/run.py                           everything, some ten minutes on two cores
    python experiments/cost_benchmark/run.py --parts speed exactness   some parts
    python experiments/cost_benchmark/run.py --data FOLDER             with the devices part's public table in FOLDER

Writes results/cost_benchmark/: CSVs for each part, and README.md with command, machine and date. The speed part
compares with fvcore where it is installed; the devices part needs the folder of public data (or the variable
NARS_DATA). What is absent is skipped, and the README says so.
"""

import argparse
import csv
import datetime
import gzip
import importlib.util
import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import nnls
from scipy.stats import kendalltau, spearmanr
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from nars.cost.counter import count
from nars.cost.formula import CostColumns, architecture_cost, cost_columns
from nars.cost.latency import LatencyTable, measure_table
from nars.cost.measurement import measure_module
from nars.cost.operator import Timing
from nars.cost.space_table import measure_space
from nars.data.shape import fit_to_data, shaped
from nars.models.classifier import build_classifier
from nars.samplers import CostBounds, sample_feasible
from nars.space import Architecture, SearchSpace, load_space
from nars.space.columns import Floats, architecture_columns
from nars.trials import Cost

Row = dict[str, object]
PARTS = ("speed", "exactness", "latency", "latency_large", "devices")
FULL = Path("search_spaces/fbnetv3_imagenet.yaml")
DEVICES = "latency/fbnet_space_27_devices.csv.gz"
BATCH, BATCHES = 16_384, 21
COUNTED = 32
EXACT = 1_000
COSTS = ("macs", "params", "activations", "memory_bytes")
LATENCY_NOTE = """\
beside the measured latency of the whole networks on this machine's CPU, batch 1, medians of repeated runs. `operators`
and `table_s`: entries of the table, and seconds to measure it. `median_error` has the sign of estimate less measured,
relative to measured. A row for each candidate is in"""
NOTES = {
    "speed": f"""\
Candidates a second on one core, every library at one thread. The formula gives params, MACs, activations and memory of
{BATCH:,} encoded candidates at once: median and quartiles over {BATCHES} batches. The counters run one candidate at a
time on a built network: nars's and torch's on torch's meta device, without arithmetic; fvcore's on the CPU, since its
trace does not run on meta. Median and quartiles over {COUNTED} candidates.
`with_building_per_s` adds the building of the network, which the formula does not need. `formula_is_faster_by`: the
first row's rate over this one's, without building. `same_macs`: candidates on which the multiply-adds of convolutions
and linear layers equal the formula's.""",
    "exactness": """\
Candidates on which the formula's figure is exactly what `nars.cost.counter` counted on the built network, and the
range of the figures.""",
    "latency": f"""\
50 random candidates of search_spaces/digits.yaml: the estimate of a table of all operators of the space
{LATENCY_NOTE} latency_candidates.csv.""",
    "latency_large": f"""\
50 random candidates of the full FBNetV3 space (the space of the speed part): the estimate of a table of their operators
{LATENCY_NOTE} latency_large_candidates.csv.""",
    "devices": """\
A table of 22 layers x 9 operators, fitted by non-negative least squares on 4,000 networks of
fbnet_space_27_devices.csv.gz (rows shuffled with seed 0), and its estimates of the other 1,000. `distinct`: different
latencies among the 1,000; few means many ties.""",
}


def full_space() -> SearchSpace:
    """The full FBNetV3 space."""
    return shaped(load_space(FULL))


def buildable_codes(space: SearchSpace, n: int, *, seed: int) -> Floats:
    codes_NK = space.sample_codes(2 * n, rng=np.random.default_rng(seed))
    return CostBounds(space).buildable(codes_NK)[:n]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure_speed() -> list[Row]:
    """The formula beside counters on the same candidates."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    space = full_space()
    rows = [*formula_speed(space), *counter_speed(space)]
    torch.set_num_threads(threads)
    first = float(str(rows[0]["median_per_s"]))
    for row in rows:
        row["formula_is_faster_by"] = f"{first / float(str(row['median_per_s'])):.3g}"
    return rows


def costs_of_codes(space: SearchSpace, codes_NK: Floats) -> CostColumns:
    return cost_columns(space.columns(codes_NK))


def formula_speed(space: SearchSpace) -> list[Row]:
    rates: dict[str, list[float]] = {"formula, from encoded candidates": [], "formula, from decoded columns": []}
    for batch in range(BATCHES + 1):
        codes_NK = buildable_codes(space, BATCH, seed=batch)
        whole_s = seconds(partial(costs_of_codes, space, codes_NK))
        columns = space.columns(codes_NK)
        alone_s = seconds(partial(cost_columns, columns))
        if batch:  # the first warms up
            for name, taken_s in zip(rates, (whole_s, alone_s), strict=True):
                rates[name].append(len(codes_NK) / taken_s)
    return [speed_row(space, name, found, built=None, same="") for name, found in rates.items()]


def counter_speed(space: SearchSpace) -> list[Row]:
    candidates = space.decode(buildable_codes(space, COUNTED + 1, seed=1000))
    found: dict[str, list[tuple[float, float, bool]]] = {}
    for n, architecture in enumerate(candidate.architecture for candidate in candidates):
        expected = architecture_cost(architecture).macs
        start = time.perf_counter()
        network = build_classifier(architecture).eval()
        build_s = time.perf_counter() - start
        for name, (counter, device) in counters().items():
            network = network.to(device)
            start = time.perf_counter()
            macs = counter(network, architecture)
            count_s = time.perf_counter() - start
            if n:  # the first warms up
                found.setdefault(name, []).append((count_s, build_s, macs == expected))
    return [
        speed_row(
            space,
            name,
            [1 / count_s for count_s, _, _ in taken],
            built=[1 / (count_s + build_s) for count_s, build_s, _ in taken],
            same=f"{sum(same for _, _, same in taken)} of {len(taken)}",
        )
        for name, taken in found.items()
    ]


def speed_row(
    space: SearchSpace, name: str, rates: Sequence[float], *, built: Sequence[float] | None, same: str
) -> Row:
    low, middle, high = quartiles(rates)
    return {
        "method": name,
        "space": space.name,
        "median_per_s": f"{middle:.4g}",
        "q1_per_s": f"{low:.4g}",
        "q3_per_s": f"{high:.4g}",
        "with_building_per_s": "" if built is None else f"{quartiles(built)[1]:.4g}",
        "same_macs": same,
    }


Counter = Callable[[nn.Module, Architecture], int]


def counters() -> dict[str, tuple[Counter, str]]:
    """MACs of a built network by each counter that is installed, and the device that it runs on; meta comes last."""
    found: dict[str, tuple[Counter, str]] = {}
    if has_fvcore():
        found["fvcore FlopCountAnalysis"] = (by_fvcore, "cpu")
    found["torch FlopCounterMode"] = (by_torch, "meta")
    found["nars.cost.counter"] = (by_nars, "meta")
    return found


def by_nars(network: nn.Module, architecture: Architecture) -> int:
    return count(network, in_channels=architecture.in_channels, resolution=architecture.resolution).macs


def by_torch(network: nn.Module, architecture: Architecture) -> int:
    with FlopCounterMode(display=False) as mode, torch.no_grad():
        network(image(architecture, "meta"))
    return int(mode.get_total_flops()) // 2  # it counts a multiply-add as two


def by_fvcore(network: nn.Module, architecture: Architecture) -> int:
    from fvcore.nn import FlopCountAnalysis  # type: ignore[import-untyped]

    analysis = FlopCountAnalysis(network, image(architecture, "cpu"))
    analysis.unsupported_ops_warnings(enabled=False).uncalled_modules_warnings(enabled=False).tracer_warnings("none")
    operators = analysis.by_operator()  # norms and pools are counted too
    return int(sum(operators[name] for name in ("conv", "linear", "addmm", "matmul")))


def image(architecture: Architecture, device: str) -> torch.Tensor:
    return torch.zeros(1, architecture.in_channels, architecture.resolution, architecture.resolution, device=device)


def has_fvcore() -> bool:
    return importlib.util.find_spec("fvcore") is not None


def measure_exactness() -> list[Row]:
    """The formula beside the counter on many candidates of the full space."""
    space = full_space()
    codes_NK = buildable_codes(space, EXACT, seed=2000)
    formula = cost_columns(space.columns(codes_NK))
    counted: dict[str, list[int]] = {name: [] for name in COSTS}
    architectures = [candidate.architecture for candidate in space.decode(codes_NK)]
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        for cost in pool.map(counted_cost, architectures, chunksize=20):
            for name, values in counted.items():
                values.append(getattr(cost, name))
    return [exactness_row(space, name, formula, values) for name, values in counted.items()]


def counted_cost(architecture: Architecture) -> Cost:
    with torch.device("meta"):
        network = build_classifier(architecture)
    return count(network, in_channels=architecture.in_channels, resolution=architecture.resolution)


def exactness_row(space: SearchSpace, name: str, formula: CostColumns, counted: Sequence[int]) -> Row:
    values_N = getattr(formula, f"{name}_N")
    return {
        "cost": name,
        "space": space.name,
        "candidates": len(values_N),
        "equal": int((values_N == np.array(counted)).sum()),
        "least": int(values_N.min()),
        "most": int(values_N.max()),
    }


def measure_latency() -> dict[str, list[Row]]:
    """A table of all operators of a small space."""
    space = fit_to_data(load_space("search_spaces/digits.yaml"))
    codes_NK = sample_feasible(CostBounds(space), 50, rng=np.random.default_rng(0))
    architectures = [candidate.architecture for candidate in space.decode(codes_NK)]
    table, table_s = timed(lambda: measure_space(space))
    return latency_tables("latency", table, table_s, architectures, repeats=50)


def measure_latency_large() -> dict[str, list[Row]]:
    """A table of the operators that the candidates have: those of the whole full space take too long."""
    space = full_space()
    architectures = [candidate.architecture for candidate in space.decode(buildable_codes(space, 50, seed=3000))]
    table, table_s = timed(lambda: measure_table(architectures, repeats=15, warmup=3))
    return latency_tables("latency_large", table, table_s, architectures, repeats=15)


def timed(measure: Callable[[], LatencyTable]) -> tuple[LatencyTable, float]:
    start = time.perf_counter()
    return measure(), time.perf_counter() - start


def latency_tables(
    name: str, table: LatencyTable, table_s: float, architectures: Sequence[Architecture], *, repeats: int
) -> dict[str, list[Row]]:
    """One row of agreement, and one for each candidate."""
    estimate_N = table.columns(architecture_columns(architectures))
    timings = [measured(architecture, repeats=repeats) for architecture in architectures]
    measured_N = np.array([timing.latency_ms for timing in timings])
    summary: Row = {
        "device": table.device,
        "candidates": len(architectures),
        "operators": len(table.timings),
        "table_s": f"{table_s:.0f}",
        **agreement(estimate_N, measured_N),
        "median_error": f"{np.median(estimate_N / measured_N - 1):+.4f}",
        "least_ms": f"{measured_N.min():.3f}",
        "most_ms": f"{measured_N.max():.3f}",
    }
    candidates: list[Row] = [
        {
            "estimate_ms": f"{estimate_ms:.4f}",
            "measured_ms": f"{timing.latency_ms:.4f}",
            "measured_iqr_ms": f"{timing.iqr_ms:.4f}",
        }
        for estimate_ms, timing in zip(estimate_N, timings, strict=True)
    ]
    return {name: [summary], f"{name}_candidates": candidates}


def measured(architecture: Architecture, *, repeats: int) -> Timing:
    network = build_classifier(architecture).eval()
    return measure_module(
        network,
        in_channels=architecture.in_channels,
        size=architecture.resolution,
        device="cpu",
        repeats=repeats,
        warmup=3,
    )


def agreement(estimate_N: Floats, true_N: Floats) -> Row:
    return {
        "spearman": f"{spearmanr(estimate_N, true_N).statistic:.4f}",
        "kendall": f"{kendalltau(estimate_N, true_N).statistic:.4f}",
        "median_relative_error": f"{np.median(np.abs(estimate_N / true_N - 1)):.4f}",
    }


def measure_devices(file: Path, *, fitted: int = 4_000) -> list[Row]:
    """A table fitted to measured networks of each device, and its estimates of other networks."""
    with gzip.open(file, "rt", newline="") as lines:
        header, *rows = csv.reader(lines)
    values_NC = np.random.default_rng(0).permutation(np.array(rows, dtype=np.float64))
    layers = [c for c, name in enumerate(header) if not name.startswith("lat_")]
    operators_NL = values_NC[:, layers].astype(np.int64)
    one_hot_ND = np.eye(operators_NL.max() + 1)[operators_NL].reshape(len(rows), -1)
    found: list[Row] = []
    for column in sorted(set(range(len(header))) - set(layers), key=lambda c: header[c]):
        latency_ms_N = values_NC[:, column]
        table_ms_D, _ = nnls(one_hot_ND[:fitted], latency_ms_N[:fitted], maxiter=100 * one_hot_ND.shape[1])
        true_N = latency_ms_N[fitted:]
        found.append(
            {
                "device": header[column].removeprefix("lat_"),
                "tested": len(true_N),
                **agreement(one_hot_ND[fitted:] @ table_ms_D, true_N),
                "distinct": len(np.unique(true_N)),
            }
        )
    return found


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def machine() -> str:
    info = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, NumPy {np.__version__}"
    return f"{names[0] if names else platform.processor()}, {len(names)} cores, {versions}"


def record_load(path: Path, part: str) -> None:
    """One row for each part: when it began and how busy the machine was."""
    rows: dict[str, Row] = {}
    if path.is_file():
        rows = {row["part"]: dict(row) for row in csv.DictReader(path.open())}
    now = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="minutes")
    rows[part] = {"part": part, "started": now, "load_average": f"{os.getloadavg()[0]:.2f}"}
    write_csv(path, [rows[name] for name in PARTS if name in rows])


def write_readme(out: Path, skipped: Sequence[str]) -> None:
    """One page with every part's table that is there."""
    lines = [
        "# Costs, measured",
        "",
        f"Command: `python experiments/cost_benchmark/run.py --data FOLDER` · {machine()} · "
        f"{datetime.datetime.now(tz=datetime.UTC).date()}",
        "",
        "Other work on the machine slows speed and latency down: machine.csv holds the load average of the minute "
        "before each part (one core at work counts 1).",
        *skipped,
    ]
    for part in PARTS:
        path = out / f"{part}.csv"
        if path.is_file():
            rows = list(csv.reader(path.open()))
            lines += ["", f"## {part}", "", NOTES[part], ""]
            lines += ["| " + " | ".join(rows[0]) + " |", "|---" * len(rows[0]) + "|"]
            lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
    (out / "README.md").write_text("\n".join(lines).rstrip() + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--data", type=Path, default=os.environ.get("NARS_DATA"), help="folder of public data")
    parser.add_argument("--out", type=Path, default=Path("results/cost_benchmark"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    devices = arguments.data / DEVICES if arguments.data else None
    skipped = [] if has_fvcore() else ["fvcore is not installed: left out of the speed part."]
    parts: dict[str, Callable[[], dict[str, list[Row]]]] = {
        "speed": lambda: {"speed": measure_speed()},
        "exactness": lambda: {"exactness": measure_exactness()},
        "latency": measure_latency,
        "latency_large": measure_latency_large,
    }
    if devices is not None and devices.is_file():
        parts["devices"] = lambda: {"devices": measure_devices(devices)}
    else:
        skipped.append(f"The devices part was skipped: no {DEVICES} (--data FOLDER or NARS_DATA).")
    for part in arguments.parts:
        if part not in parts:
            continue
        start = time.perf_counter()
        record_load(arguments.out / "machine.csv", part)
        for name, rows in parts[part]().items():
            write_csv(arguments.out / f"{name}.csv", rows)
        print(f"{part}: {time.perf_counter() - start:.0f} s", flush=True)
        write_readme(arguments.out, skipped)


if __name__ == "__main__":
    main()
