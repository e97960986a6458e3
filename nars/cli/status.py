"""``nars status``: where a search stands."""

from nars.cli.options import EXPERIMENTS, Name, Root, Storage

EPILOG = "Example: nars status digits"


def status(name: Name, storage: Storage = None, experiments: Root = EXPERIMENTS) -> None:
    """Show where a search stands, also while it runs."""
    from nars.cli.console import console
    from nars.cli.tables import trial_table
    from nars.storage import StudyStorage, find_experiment
    from nars.study.plan import plan
    from nars.trials import TrialState

    experiment = find_experiment(name, root=experiments, storage=storage)
    with StudyStorage.open(experiment.url, name=experiment.study_name) as stored:
        trials, rounds = stored.trials(), plan(stored.settings, stored.budgets)
    complete, failed, open_ = (
        sum(trial.state is state for trial in trials)
        for state in (TrialState.COMPLETE, TrialState.FAILED, TrialState.RUNNING)
    )
    planned = sum(planned.size for planned in rounds)
    screen = console()
    screen.print(
        f"{experiment.name}: {complete} complete, {failed} failed, {open_} running or interrupted, "
        f"of {planned} planned trials in {len(rounds)} rounds"
    )
    screen.print(trial_table(trials, title="trials, best first"))
