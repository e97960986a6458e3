"""``nars status``: where a search stands."""

from nars.cli.options import EXPERIMENTS, Name, Root

EPILOG = "Example: nars status digits"


def status(name: Name, experiments: Root = EXPERIMENTS) -> None:
    """Show where a search stands, also while it runs."""
    from collections import Counter

    from nars.cli.console import console
    from nars.cli.tables import trial_table
    from nars.storage import StudyStorage, find_experiment
    from nars.study.plan import plan
    from nars.trials import TrialState

    experiment = find_experiment(name, root=experiments)
    with StudyStorage.open(experiment.url) as storage:
        trials, rounds = storage.trials(), plan(storage.settings, storage.budgets)
    counts = Counter(trial.state for trial in trials)
    done = sum(planned.size for planned in rounds)
    screen = console()
    screen.print(
        f"{experiment.name}: {counts[TrialState.COMPLETE]} complete, {counts[TrialState.FAILED]} failed, {counts[TrialState.RUNNING]} running "
        f"or interrupted, of {done} planned trials in {len(rounds)} rounds",
    )
    screen.print(trial_table(trials, title="trials, best first"))
