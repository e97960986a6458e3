"""``nars status``: where a search stands."""

from nars.cli.options import EXPERIMENTS, Name, Root

EPILOG = "Example: nars status digits"


def status(name: Name, experiments: Root = EXPERIMENTS) -> None:
    """Show where a search stands, also while it runs."""
    from collections import Counter

    from rich.console import Console

    from nars.cli.tables import trial_table
    from nars.search.plan import plan
    from nars.storage import StudyStorage, find_experiment

    experiment = find_experiment(name, root=experiments)
    with StudyStorage.open(experiment.url) as storage:
        trials, rounds = storage.trials(), plan(storage.settings, storage.budgets)
    counts = Counter(trial.state for trial in trials)
    done = sum(planned.size for planned in rounds)
    console = Console()
    console.print(
        f"{experiment.name}: {counts['complete']} complete, {counts['failed']} failed, {counts['running']} running "
        f"or interrupted, of {done} planned trials in {len(rounds)} rounds",
        highlight=False,
    )
    console.print(trial_table(trials, title="trials, best first"))
