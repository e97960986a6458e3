"""``nars latency``: measures and shows tables of operators on a device."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="latency", help="Latency tables of a device: build, show.", no_args_is_help=True)


@app.command(epilog="Example: nars latency build --space search_spaces/digits.yaml --out digits_latency.csv")
def build(
    space: Annotated[Path, typer.Option(help="Search space (YAML).", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The table (CSV). [default: the table that the space names, else NAME_latency.csv]",
            show_default=False,
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    repeats: Annotated[int, typer.Option(min=1, help="Timed runs of each operator.")] = 50,
    limit: Annotated[int, typer.Option(min=1, help="Operators to measure at most.")] = 10_000,
) -> None:
    """Measure every operator of a space on this machine: a table for constraints on latency_ms."""
    from nars.cli.console import console
    from nars.cli.latency_view import shown_measuring, table_lines
    from nars.cost.latency import require_writable
    from nars.cost.space_table import measure_space
    from nars.data.shape import shaped
    from nars.space import load_space

    searched = shaped(load_space(space))
    file = out or Path(searched.latency_table or f"{searched.name}_latency.csv")
    require_writable(file)
    screen = console()
    with shown_measuring(screen) as report:
        table = measure_space(searched, device=device, repeats=repeats, limit=limit, report=report)
    table.save(file)
    for line in table_lines(table):
        screen.print(line)
    screen.print(f"written to {file}; name it in the space: latency: {{table: {file}}}")


@app.command()
def show(file: Annotated[Path, typer.Argument(help="Latency table (CSV or YAML).", show_default=False)]) -> None:
    """Print a table's device, number of operators and median relative spread."""
    from nars.cli.console import console
    from nars.cli.latency_view import table_lines
    from nars.cost.latency import LatencyTable

    screen = console()
    for line in table_lines(LatencyTable.load(file)):
        screen.print(line)
