"""A search space as tables in the terminal."""

import numpy as np
from rich.table import Table

from nars.samplers import CostBounds, sample_feasible
from nars.space import Choice, Domain, FloatRange, IntRange, SearchSpace
from nars.space.constraint import COST_NAMES


def size_lines(space: SearchSpace) -> list[str]:
    """The exact counts in words."""
    size = space.size
    lines = [f"{space.name}: {size.architectures:,} architectures x {size.recipes:,} recipes"]
    if size.continuous:
        lines[0] += f" x {size.continuous} continuous knobs"
    if size.candidates is not None:
        lines.append(f"{size.candidates:,} candidates")
    for name, values in space.swept.items():
        lines.append(f"{name}: candidates have {values[0]}, trained detectors are told under {list(values)}")
    lines.append(f"data: {space.data.source}" + (f" {space.data.path}" if space.data.path else ""))
    return lines


def knob_table(space: SearchSpace) -> Table:
    """What each searched knob spans, and when."""
    table = Table(title=f"{space.num_knobs} searched knobs", title_justify="left")
    for header in ("knob", "spans", "values", "when"):
        table.add_column(header)
    for knob in space.knobs:
        when = " and ".join(f"{c.path} in {list(c.values)}" for c in knob.conditions)
        size = knob.domain.size
        table.add_row(_plain(knob.path), _span(knob.domain), "continuous" if size is None else str(size),
                      _plain(when))  # fmt: skip
    return table


def cost_table(space: SearchSpace, *, samples: int, seed: int) -> Table:
    """Range of costs over random candidates, and how many of them meet the constraints."""
    codes_NK = space.sample_codes(samples, rng=np.random.default_rng(seed))
    bounds_of = CostBounds(space)
    costs = bounds_of.costs(codes_NK)
    share = np.mean(bounds_of.excess(codes_NK) <= 0)
    table = Table(
        title=f"costs of {samples:,} random candidates; {share:.1%} meet the constraints", title_justify="left"
    )
    for header in ("cost", "least", "median", "most", "constraint"):
        table.add_column(header, justify="right")
    columns = {name: getattr(costs, f"{name}_N") for name in COST_NAMES}
    for name, values_N in columns.items():
        if values_N is None:
            continue
        low, middle, high = np.quantile(values_N, [0.0, 0.5, 1.0])
        bounds = [
            f"{sign} {bound:,g}"
            for constraint in space.constraints
            if constraint.cost == name
            for sign, bound in ((">=", constraint.minimum), ("<=", constraint.maximum))
            if bound is not None
        ]
        table.add_row(name, f"{low:,.6g}", f"{middle:,.6g}", f"{high:,.6g}", " and ".join(bounds))
    return table


def example_table(space: SearchSpace, *, examples: int, seed: int) -> Table:
    """A few random candidates that meet the constraints, side by side."""
    bounds = CostBounds(space)
    candidates = space.decode(sample_feasible(bounds, examples, rng=np.random.default_rng(seed)))
    table = Table(title="examples that meet the constraints", title_justify="left")
    table.add_column("knob")
    for candidate in candidates:
        table.add_column(candidate.id, justify="right")
    values = [space.values_of(candidate) for candidate in candidates]
    for knob in space.knobs:
        table.add_row(_plain(knob.path), *(str(found.get(knob.path, "")) for found in values))
    table.add_section()
    for name in ("macs", "params"):
        table.add_row(name, *(f"{getattr(bounds.cost(candidate), name):,}" for candidate in candidates))
    return table


def _plain(text: str) -> str:
    """Text whose brackets are no markup."""
    return text.replace("[", r"\[")


def _span(domain: Domain) -> str:
    match domain:
        case Choice(values=values):
            return " | ".join(str(value) for value in values)
        case IntRange(low=low, high=high, step=step):
            return f"{low} .. {high}" + (f" step {step}" if step > 1 else "")
        case FloatRange(low=low, high=high, log=log):
            return f"{low:g} .. {high:g}" + (" (log)" if log else "")
