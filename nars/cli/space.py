"""``nars space``: looks at a search space before any training."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="space", help="Look at a search space: show, validate, sample.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="Search space (YAML).", show_default=False)]


@app.command()
def show(
    file: File,
    samples: Annotated[int, typer.Option(min=1, help="Candidates to cost.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """The exact number of candidates, what each knob spans, the range of costs over samples, examples."""
    from nars.cli.console import console
    from nars.cli.space_view import cost_table, example_table, knob_table, size_lines
    from nars.data.shape import shaped
    from nars.space import load_space

    space = shaped(load_space(file))
    screen = console()
    for line in size_lines(space):
        screen.print(line)
    screen.print(knob_table(space))
    screen.print(cost_table(space, samples=samples, seed=seed))
    screen.print(example_table(space, examples=3, seed=seed))


@app.command()
def validate(file: File) -> None:
    """Check a space file, its data folder, and that some candidate meets the constraints."""
    import numpy as np

    from nars.cli.console import console
    from nars.data.shape import fit_to_data
    from nars.samplers import CostBounds, sample_feasible
    from nars.space import load_space

    space = fit_to_data(load_space(file))
    sample_feasible(CostBounds(space), 1, rng=np.random.default_rng(0))
    console().print(f"{file}: valid; {space.num_knobs} searched knobs")


@app.command()
def sample(
    file: File,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many.")] = 1,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Print random candidates that meet the constraints, as YAML."""
    import numpy as np

    from nars.data.shape import shaped
    from nars.samplers import CostBounds, sample_feasible
    from nars.space import dump_architecture, dump_recipe, load_space

    space = shaped(load_space(file))
    bounds = CostBounds(space)
    for candidate in space.decode(sample_feasible(bounds, number, rng=np.random.default_rng(seed))):
        cost = bounds.cost(candidate)
        typer.echo(f"# candidate {candidate.id}: {cost.macs:,} MACs, {cost.params:,} params")
        for section, text in (
            ("architecture", dump_architecture(candidate.architecture)),
            ("recipe", dump_recipe(candidate.recipe)),
        ):
            typer.echo(f"{section}:\n" + "".join(f"  {line}\n" for line in text.splitlines()), nl=False)
        typer.echo("---")
