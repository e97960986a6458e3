"""A running search on the screen: bars in a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from nars.study import Progress, SearchSpent
from nars.study.plan import PlannedRound
from nars.trials import EpochRecord, Trial

_LINE_S = 10.0
"""Seconds between two plain lines on epochs."""


@contextmanager
def shown_progress(console: Console) -> Iterator["PlainProgress"]:
    """Progress as bars where the console is a terminal, as lines where it is not."""
    if not console.is_terminal:
        yield PlainProgress(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"))
    with Bars(*columns, TextColumn("{task.fields[note]}"), console=console) as bars:
        yield BarProgress(console, bars)


class PlainProgress(Progress):
    """One line for each round and each finished trial, and now and then for an epoch."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.spent: SearchSpent | None = None
        """Of the search, once it has ended."""
        self._best: Trial | None = None
        self._ended = 0
        self._round_trials = 0
        self._round_start = self._last_line = time.monotonic()

    def round_started(self, planned: PlannedRound, trials: Sequence[Trial]) -> None:
        """A line with the round's stage, size and fidelity."""
        self._ended, self._round_trials, self._round_start = 0, len(trials), time.monotonic()
        share = f"{trials[0].fidelity:.0%} of each recipe's epochs"
        self.say(f"round {planned.index} · {planned.stage} stage · {len(trials)} trials · {share}")

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        """A line now and then."""
        if time.monotonic() - self._last_line > _LINE_S:
            self._last_line = time.monotonic()
            self.say(f"  trial {trial.number} · epoch {record.epoch}/{trial.epochs} · {record.val_accuracy:.4f}")

    def trial_ended(self, trial: Trial) -> None:
        """A line with the trial's accuracy, the best so far and the time to go."""
        self._ended += 1
        self._last_line = time.monotonic()
        self.say(f"  {self.describe(trial)} · {self.rest()}")

    def search_ended(self, spent: SearchSpent) -> None:
        """Remembers where the time went."""
        self.spent = spent

    def describe(self, trial: Trial) -> str:
        """The trial's end in words; remembers the best."""
        if trial.evaluation is None:
            reason = f"{trial.failure.reason}: {trial.failure.message}" if trial.failure else trial.state
            return f"trial {trial.number} failed · {reason}"
        best = self._best
        if best is None or best.evaluation is None or trial.evaluation.accuracy > best.evaluation.accuracy:
            self._best = best = trial
        assert best.evaluation is not None
        return (
            f"trial {trial.number} · accuracy {trial.evaluation.accuracy:.4f} · {trial.cost.macs / 1e6:.3g} M MACs"
            f" · {trial.evaluation.wall_s:.0f} s · best {best.evaluation.accuracy:.4f} (trial {best.number})"
        )

    def rest(self) -> str:
        """How much of the round is left."""
        left = self._round_trials - self._ended
        seconds = (time.monotonic() - self._round_start) / max(self._ended, 1) * left
        return f"{left} left in this round, about {seconds:.0f} s" if left else "round done"

    def say(self, line: str) -> None:
        """Prints a line as it is, whatever the width of the screen."""
        self._console.print(line, soft_wrap=True, highlight=False)


class BarProgress(PlainProgress):
    """A bar for the round and one for each running trial, below the lines of finished trials."""

    def __init__(self, console: Console, bars: Bars) -> None:
        super().__init__(console)
        self._bars = bars
        self._round_bar: TaskID | None = None
        self._trial_bars: dict[int, TaskID] = {}

    def round_started(self, planned: PlannedRound, trials: Sequence[Trial]) -> None:
        """Starts the round's bar."""
        super().round_started(planned, trials)
        if self._round_bar is not None:
            self._bars.remove_task(self._round_bar)
        self._round_bar = self._bars.add_task(f"round {planned.index}", total=len(trials), note="starting workers")

    def trial_started(self, trial: Trial) -> None:
        """Starts the trial's bar."""
        if self._round_bar is not None:
            self._bars.update(self._round_bar, note="")
        self._trial_bars[trial.number] = self._bars.add_task(f"trial {trial.number}", total=trial.epochs, note="")

    def epoch_ended(self, trial: Trial, record: EpochRecord) -> None:
        """Moves the trial's bar."""
        self._bars.update(
            self._trial_bars[trial.number], completed=record.epoch, note=f"accuracy {record.val_accuracy:.4f}"
        )

    def trial_ended(self, trial: Trial) -> None:
        """Takes the trial's bar away and moves the round's."""
        super().trial_ended(trial)
        if trial.number in self._trial_bars:
            self._bars.remove_task(self._trial_bars.pop(trial.number))
        if self._round_bar is not None:
            self._bars.update(self._round_bar, advance=1, note=self.rest())
