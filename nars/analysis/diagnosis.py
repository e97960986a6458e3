"""How good the predictor was: each round as it was expected from the rounds before, against what was got.

Shapes: N trials.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from nars.analysis.taught import taught_by
from nars.predictors import accuracies_at, kendall_tau
from nars.predictors.threads import one_blas_thread
from nars.samplers import curve_of
from nars.space.search_space import SearchSpace
from nars.space.settings import PredictorName
from nars.trials import Trial, TrialState

MOST_FITS = 12
"""Rounds are told in so many groups at most, each from all rounds before the group."""

_COLUMNS = ("number", "round", "fidelity", "expected", "spread", "got")


def predictions_frame(
    space: SearchSpace, trials: Sequence[Trial], *, seed: int, predictor: PredictorName
) -> pd.DataFrame:
    """One row per complete trial of a round that others went before.

    Args:
        space: Of the study.
        trials: Of the study.
        seed: Of the study.
        predictor: Of the study.

    Returns:
        ``number``, ``round``, ``fidelity`` (share of the epochs that accuracies are compared at), ``expected`` and
        ``spread`` (the prediction and its standard deviation), ``got`` (the accuracy at that fidelity). Without what a
        warm start brought. Empty where fewer than eight trials went before.
    """
    rows: list[tuple[int, int, float, float, float, float]] = []
    for before, group in _groups(trials):
        complete = [trial for trial in before if trial.state is TrialState.COMPLETE]
        taught = taught_by(space, before, seed=seed, predictor=predictor)
        if taught is None or not complete:
            continue
        share = taught.observed.fidelity
        with one_blas_thread():
            expected_N, spread_N = taught.learnt.predict(space.encode([trial.candidate for trial in group]))
        # Who stopped early is told what it would have reached, as the predictor was of those before.
        got_N = accuracies_at([curve_of(trial) for trial in [*complete, *group]], share)[len(complete) :]
        rows += [
            (trial.number, trial.round, share, float(expected), float(spread), float(got))
            for trial, expected, spread, got in zip(group, expected_N, spread_N, got_N, strict=True)
        ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def diagnosis_frame(predictions: pd.DataFrame) -> pd.DataFrame:
    """One row per round, and one (``all``) of all of them.

    Args:
        predictions: As ``predictions_frame`` gives.

    Returns:
        ``round``, ``trials``, ``kendall`` (rank correlation of expected and got; missing for fewer than three),
        ``error`` (mean absolute difference), ``bias`` (mean of expected less got), ``within_one`` and ``within_two``
        (share of trials within one and two spreads: 0.68 and 0.95 of a calibrated predictor).
    """
    groups = [(str(index), rows) for index, rows in predictions.groupby("round")]
    told = [_judged(name, rows) for name, rows in [*groups, *([("all", predictions)] if groups else [])]]
    columns = ["round", "trials", "kendall", "error", "bias", "within_one", "within_two"]
    return pd.DataFrame(told, columns=columns).astype({"round": "string", "kendall": "Float64"})


def _judged(name: str, rows: pd.DataFrame) -> tuple[str, int, float | None, float, float, float, float]:
    expected_N, got_N = rows["expected"].to_numpy(dtype=np.float64), rows["got"].to_numpy(dtype=np.float64)
    missed_N = np.abs(expected_N - got_N)
    spread_N = rows["spread"].to_numpy(dtype=np.float64)
    return (
        name,
        len(rows),
        kendall_tau(expected_N, got_N) if len(rows) >= 3 else None,
        float(missed_N.mean()),
        float((expected_N - got_N).mean()),
        float((missed_N <= spread_N).mean()),
        float((missed_N <= 2 * spread_N).mean()),
    )


def _groups(trials: Sequence[Trial]) -> Iterator[tuple[list[Trial], list[Trial]]]:
    """All trials before a group of rounds, and the complete ones of the group."""
    rounds = sorted({trial.round for trial in trials})[1:]
    for group in np.array_split(rounds, min(len(rounds), MOST_FITS)) if rounds else []:
        inside = [trial for trial in trials if trial.round in group and trial.state is TrialState.COMPLETE]
        if inside:
            yield [trial for trial in trials if trial.round < group[0]], inside
