"""A family as the command line reads and shows it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from nars.errors import ExperimentError
from nars.space.documents import dump_architecture, dump_recipe
from nars.study import Member
from nars.trials import CostName, FamilyBudget


def budget_of(maxima: Mapping[CostName, str | None]) -> FamilyBudget:
    """The one cost that was given maxima, as in ``2e5,4e5``.

    Raises:
        ExperimentError: If not exactly one cost has maxima, or they are not rising numbers above 0.
    """
    given = [(cost, text) for cost, text in maxima.items() if text is not None]
    if len(given) != 1:
        options = ", ".join(f"--max-{cost.replace('_', '-')}" for cost in maxima)
        raise ExperimentError(f"a family needs exactly one of {options}, got {len(given)}")
    cost, text = given[0]
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    rising = all(low < high for low, high in zip((0.0, *numbers), numbers, strict=False))
    if not numbers or not rising or numbers[-1] == float("inf"):
        option = f"--max-{cost.replace('_', '-')}"
        raise ExperimentError(f"{option} must be rising numbers above 0 with commas between, got {text!r}")
    return FamilyBudget(cost=cost, maxima=numbers)


def family_table(members: Sequence[Member], budget: FamilyBudget, *, title: str) -> Table:
    """One row for each budget."""
    table = Table(title=title, title_justify="left")
    fidelity = members[0].fidelity
    share = "" if fidelity == 1 else f" at {fidelity:.0%} of the epochs"
    for header in (f"{budget.cost} at most", budget.cost, "MACs", "params", f"expected accuracy{share}", "candidate"):
        table.add_column(header, justify="right")
    for member in members:
        value = getattr(member.cost, budget.cost)
        table.add_row(
            f"{member.maximum:,.10g}",
            f"{value:,.6g}" if isinstance(value, float) else f"{value:,}",
            f"{member.cost.macs:,}",
            f"{member.cost.params:,}",
            f"{member.accuracy:.4f} ± {member.spread:.4f}",
            member.candidate.id,
        )
    return table


def write_members(members: Sequence[Member], budget: FamilyBudget, folder: Path) -> Path:
    """Architecture and recipe of each member, in a folder of its own, ready for ``nars train``.

    Raises:
        ExperimentError: If they cannot be written.
    """
    try:
        for member in members:
            own = folder / f"{budget.cost}_{member.maximum:g}"
            own.mkdir(parents=True, exist_ok=True)
            (own / "architecture.yaml").write_text(dump_architecture(member.candidate.architecture), encoding="utf-8")
            (own / "recipe.yaml").write_text(dump_recipe(member.candidate.recipe), encoding="utf-8")
    except OSError as error:
        raise ExperimentError(f"{folder}: cannot be written: {error.strerror}") from error
    return folder
