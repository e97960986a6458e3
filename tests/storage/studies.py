"""Real spaces, candidates and records for the tests of storage and analysis; nothing here is trained."""

from dataclasses import replace

import numpy as np

from nars.space.candidate import Candidate
from nars.space.loader import parse_space
from nars.space.search_space import SearchSpace
from nars.storage import StudyStorage
from nars.trials import (
    Applied,
    Cost,
    EpochRecord,
    Evaluation,
    Failure,
    FailureReason,
    SearchStage,
    Trial,
)

SPACE_TEXT = """
name: small
architecture:
  resolution: {choice: [16, 24, 32]}
  stem: {width: 8}
  stages:
    - width: {low: 8, high: 32, step: 8}
      depth: {choice: [1, 2]}
      first: {kernel: {choice: [3, 5]}, expansion: 1.0}
      rest: {kernel: {choice: [3, 5]}, expansion: {choice: [2.0, 2.5, 4.0]}}
      squeeze_excite: {choice: [true, false]}
  head: {width: 64}
recipe:
  optimizer: {choice: [sgd, adamw]}
  lr: {low: 1.0e-3, high: 1.0, log: true}
  momentum: {low: 0.5, high: 0.99}
  batch_size: 32
  epochs: {low: 4, high: 12, step: 4}
constraints:
  macs: {min: 10000, max: 1000000}
"""
"""A space with each kind of domain, knobs that depend on others, and a bound on both sides."""


def small_space() -> SearchSpace:
    return parse_space(SPACE_TEXT, source="small.yaml").with_data_shape(in_channels=1, num_classes=10)


def sample(n: int, *, seed: int = 0) -> list[Candidate]:
    return small_space().sample(n, rng=np.random.default_rng(seed))


def cost_of(macs: int) -> Cost:
    return Cost(macs=macs, params=macs // 10, activations=macs // 5, memory_bytes=4 * macs, train_macs=3000 * macs)


def epoch_record(epoch: int, accuracy: float) -> EpochRecord:
    return EpochRecord(
        epoch=epoch,
        train_loss=2.3 / epoch,
        val_loss=(2.1 - accuracy) / epoch,
        val_accuracy=accuracy,
        lr=0.1 / epoch,
        wall_s=0.5,
    )


def evaluation_of(accuracy: float, *, epochs: int = 3) -> Evaluation:
    applied = Applied(
        optimizer="SGD lr=0.1", schedule="cosine", augmentation="none", module="ab" * 32,
        regularisation="none", batch_size=32, epochs=epochs, fingerprint="0123456789ab",
    )  # fmt: skip
    curve = tuple(epoch_record(e, accuracy * (1 - 0.5 / e) if e < epochs else accuracy) for e in range(1, epochs + 1))
    return Evaluation(accuracy=accuracy, epochs=epochs, curve=curve, applied=applied, wall_s=1.25, device="cpu")


def fill(
    storage: StudyStorage, accuracies: list[float | None], *, macs: list[int] | None = None, round_size: int = 4
) -> tuple[Trial, ...]:
    """Adds and ends one trial per accuracy; none is a failed trial. The last two are the final stage's."""
    candidates = sample(len(accuracies), seed=1)
    final = len(accuracies) - 2
    for number, (candidate, accuracy) in enumerate(zip(candidates, accuracies, strict=True)):
        trial = storage.add(
            candidate,
            number=number,
            stage=SearchStage.FINAL if number >= final else SearchStage.COARSE,
            round=number // round_size,
            fidelity=1.0 if number < round_size or number >= final else 0.5,
            seed=number,
            cost=cost_of(macs[number] if macs else 20_000 * (number + 1)),
        )
        if accuracy is None:
            storage.fail(number, Failure(reason=FailureReason.DIVERGED, message="loss is nan after epoch 1"))
        else:
            evaluation = evaluation_of(accuracy, epochs=trial.epochs)
            for record in evaluation.curve:
                storage.report(number, record)
            storage.complete(number, replace(evaluation, wall_s=1.0 + number))
    return storage.trials()
