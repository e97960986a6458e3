"""Where a search stands at one moment, and how that looks."""

from dataclasses import dataclass

from rich.console import Group
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from nars.storage import StudyStorage
from nars.study.plan import plan
from nars.trials import Trial, TrialState

_LAST = 5
"""Ended trials that are listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A trial under way."""

    trial: Trial
    epoch: int
    """The last one that ended."""
    accuracy: float
    """After it, on the validation split."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A search as it stood."""

    name: str
    planned: int
    """Trials of the whole search."""
    trials: tuple[Trial, ...]
    running: tuple[Running, ...]
    """That have reported an epoch."""
    waiting: int
    """Trials of the round that have not."""
    seconds_per_trial: float | None
    """Wall time of the search over the trials that have ended; none before the first."""

    @property
    def ended(self) -> tuple[Trial, ...]:
        """Complete and failed ones."""
        return tuple(trial for trial in self.trials if trial.state is not TrialState.RUNNING)

    @property
    def has_ended(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.ended) >= self.planned


def look(stored: StudyStorage, *, name: str) -> Moment:
    """The search now."""
    trials, timings, reports = stored.trials(), stored.timings(), stored.last_reports()
    started = [timing.started for timing in timings if timing.started is not None]
    ends = [timing.ended for timing in timings if timing.ended is not None]
    open_ = [trial for trial in trials if trial.state is TrialState.RUNNING]
    running = []
    for trial in open_:
        if trial.number in reports:
            epoch, accuracy = reports[trial.number]
            running.append(Running(trial=trial, epoch=epoch, accuracy=accuracy))
    return Moment(
        name=name,
        planned=sum(planned.size for planned in plan(stored.settings, stored.budgets)),
        trials=trials,
        running=tuple(running),
        waiting=len(open_) - len(running),
        seconds_per_trial=(max(ends) - min(started)).total_seconds() / len(ends) if ends else None,
    )


def picture(moment: Moment) -> Group:
    """Progress, the best so far, what runs, what ended last."""
    return Group(_head(moment), _bar(moment), *_running(moment), *_last(moment))


def _head(moment: Moment) -> Text:
    complete = [trial for trial in moment.ended if trial.evaluation is not None]
    failed = len(moment.ended) - len(complete)
    lines = [f"{moment.name}: {len(moment.ended)} of {moment.planned} trials ended, {failed} failed"]
    if moment.seconds_per_trial is not None and not moment.has_ended:
        left_s = moment.seconds_per_trial * (moment.planned - len(moment.ended))
        lines[0] += f", about {_span(left_s)} left"
    if complete:
        best = max(complete, key=lambda trial: (trial.accuracy, -trial.number))
        lines.append(
            f"best {best.accuracy:.4f}: trial {best.number}, {best.cost.macs:,} MACs, {best.cost.params:,} params"
        )
    return Text("\n".join(lines))


def _bar(moment: Moment) -> Table:
    line = Table.grid()  # a bar alone does not end its line
    line.add_row(ProgressBar(total=moment.planned, completed=len(moment.ended), width=60))
    return line


def _running(moment: Moment) -> list[Text | Table]:
    if not moment.running and not moment.waiting:
        return []
    title = Text(f"{len(moment.running)} running, {moment.waiting} of the round starting or waiting")
    if not moment.running:
        return [title]
    table = Table()
    for header in ("trial", "epoch", "accuracy", "MACs"):
        table.add_column(header, justify="right")
    for one in moment.running:
        epochs = f"{one.epoch}/{one.trial.epochs}"
        table.add_row(str(one.trial.number), epochs, f"{one.accuracy:.4f}", f"{one.trial.cost.macs:,}")
    return [title, table]


def _last(moment: Moment) -> list[Table]:
    if not moment.ended:
        return []
    table = Table(title="ended last", title_justify="left")
    for header in ("trial", "epochs", "accuracy", "seconds", "state"):
        table.add_column(header, justify="left" if header == "state" else "right")
    for trial in moment.ended[-_LAST:]:
        told = trial.evaluation
        table.add_row(
            str(trial.number),
            f"{told.epochs}/{trial.candidate.recipe.epochs}" if told else "-",
            f"{told.accuracy:.4f}" if told else "-",
            f"{told.wall_s:.0f}" if told else "-",
            f"{trial.state}: {trial.failure.reason}" if trial.failure else str(trial.state),
        )
    return [table]


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"
