from dataclasses import fields, replace

import pytest

from nars.space.candidate import Candidate
from nars.space.recipe import Recipe
from nars.training.applied import read_applied
from nars.training.device import seeded
from nars.training.parts import build_parts
from nars.trials import Applied
from tests.training.tiny import ARCHITECTURE, CPU, RECIPE, digits

# every knob of a recipe with other values that a run can tell apart
OTHER_VALUES: dict[str, list[object]] = {
    "optimizer": ["rmsprop", "adamw"],
    "lr": [0.051, 0.5],
    "weight_decay": [0.0, 1e-4, 1.1e-3],
    "momentum": [0.0, 0.91],
    "batch_size": [15, 32],
    "epochs": [3, 5],
    "warmup": [0.001, 0.1, 0.11],
    "schedule": ["linear", "step", "exponential", "constant"],
    "ema": [0.9, 0.99, 0.991],
    "dropout": [0.1, 0.11],
    "stochastic_depth": [0.1, 0.11],
    "mixup": [0.2, 0.21],
    "cutmix": [0.2, 1.0],
    "label_smoothing": [0.1, 0.11],
    "randaugment": [1, 9, 10],
    "flip": [True],
    "crop": [0.5, 0.51],
    "norm": ["GN", "SyncBN", "naiveSyncBN"],
}


def applied_of(architecture=ARCHITECTURE, recipe: Recipe = RECIPE, seed: int = 0) -> Applied:
    with seeded(seed):
        return read_applied(build_parts(Candidate(architecture=architecture, recipe=recipe), digits("train"), CPU))


def changed_recipe(name: str, value: object) -> Recipe:
    changes = {name: value}
    if value == "adamw":
        changes["momentum"] = None
    return replace(RECIPE, **changes)


def test_the_table_has_every_knob():
    initial_weights = {"weights", "inherit"}  # which need a file: tests/training/test_initial_weights.py
    of_detectors = {"detector"}  # tests/training/detection/test_applied.py
    assert set(OTHER_VALUES) == {field.name for field in fields(Recipe)} - initial_weights - of_detectors


def test_changing_any_knob_changes_the_fingerprint():
    recipes = [changed_recipe(name, value) for name, values in OTHER_VALUES.items() for value in values]
    fingerprints = [applied_of(recipe=recipe).fingerprint for recipe in (RECIPE, *recipes)]
    assert len(set(fingerprints)) == len(fingerprints)
    assert all(len(text) == 12 and int(text, 16) >= 0 for text in fingerprints)


def test_mixup_and_cutmix_together_differ_in_either_alpha():
    both = replace(RECIPE, mixup=0.2, cutmix=1.0)
    others = [replace(both, mixup=0.3), replace(both, cutmix=0.9), replace(both, mixup=1.0, cutmix=0.2)]
    assert len({applied_of(recipe=recipe).fingerprint for recipe in (both, *others)}) == 4


@pytest.mark.parametrize("schedule", ["cosine", "linear", "step", "exponential", "constant"])
def test_a_small_change_of_the_warmup_shows_under_every_schedule(schedule):
    one, other = (replace(RECIPE, schedule=schedule, warmup=warmup) for warmup in (0.2, 0.201))
    assert applied_of(recipe=one).fingerprint != applied_of(recipe=other).fingerprint


def test_the_seed_does_not_count():
    assert applied_of(seed=0) == applied_of(seed=1)


def test_batch_sizes_that_are_clipped_to_the_same_act_the_same():
    one, other = (replace(RECIPE, batch_size=size) for size in (48, 4800))
    assert applied_of(recipe=one) == applied_of(recipe=other)


def test_other_architectures_have_other_fingerprints():
    stage = ARCHITECTURE.stages[0]
    others = [
        replace(ARCHITECTURE, resolution=10),
        replace(ARCHITECTURE, stem=replace(ARCHITECTURE.stem, stride=2)),
        replace(ARCHITECTURE, stem=replace(ARCHITECTURE.stem, activation="relu")),
        replace(ARCHITECTURE, style=replace(ARCHITECTURE.style, zero_init_residual=False)),
        replace(ARCHITECTURE, stages=(replace(stage, squeeze_excite=True),)),
        replace(ARCHITECTURE, stages=(replace(stage, first=replace(stage.first, kernel=5)),)),
        replace(ARCHITECTURE, stages=(replace(stage, activation="swish"),)),
    ]
    fingerprints = {applied_of(architecture=architecture).fingerprint for architecture in (ARCHITECTURE, *others)}
    assert len(fingerprints) == len(others) + 1


def test_the_record_says_what_was_resolved():
    recipe = replace(RECIPE, label_smoothing=0.1, ema=0.99, crop=0.5, randaugment=9, mixup=0.2, cutmix=1.0)
    applied = applied_of(recipe=recipe)
    decayed, free = applied.optimizer.split(" [")[1:]
    assert applied.optimizer.startswith("SGD [")
    assert "weight_decay=0.001" in decayed
    assert "weight_decay=0.0" in free
    assert "nesterov=True" in decayed
    assert "momentum=0.9" in decayed
    assert applied.schedule.startswith("lr at progress 0: 0.05, 0.01: 0.0499877,")
    assert "RandomCrop(scale=(0.5, 1.0)" in applied.augmentation
    assert "magnitude=9" in applied.augmentation
    assert "MixUp(alpha=0.2" in applied.augmentation
    assert "CutMix(alpha=1.0" in applied.augmentation
    assert applied.augmentation.startswith("1 x 8 x 8 -> ")
    assert applied.regularisation == "CrossEntropyLoss(label_smoothing=0.1); WeightAverage(decay=0.99)"
    assert (applied.batch_size, applied.epochs) == (16, 4)
