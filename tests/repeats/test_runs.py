"""Real trainings on digits, again and again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nars.errors import ExperimentError
from nars.repeats import attribute, confirm
from nars.repeats.default import middle_candidate
from nars.samplers import CostBounds
from nars.space import Constraint, SearchSpace, parse_space
from nars.study import Study, search
from tests.cli.conftest import TINY
from tests.space.spaces import small_space


def space(text: str = TINY) -> SearchSpace:
    return parse_space(text, source="tiny.yaml", name="tiny")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a search of a few seconds."""
    folder = tmp_path_factory.mktemp("experiments")
    search(space(), root=folder, workers=2, device="cpu").close()
    return folder


@pytest.mark.slow
def test_the_best_few_are_confirmed_and_what_is_done_is_not_done_again(root: Path) -> None:
    heard: list[tuple[int, int]] = []
    found = confirm(
        "tiny", top=2, seeds=2, root=root, workers=2, device="cpu", report=lambda _, done, n: heard.append((done, n))
    )
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with Study.open("tiny", root=root) as study:
        trials = study.trials
    full = {t.candidate.id: t.accuracy for t in trials if t.trained_in_full}
    assert [row.trial.accuracy for row in sorted(found.rows, key=lambda row: -row.trial.accuracy)] == sorted(
        full.values(), reverse=True
    )[:2]
    for row in found.rows:
        seeds = [repeat.seed for repeat in row.repeats]
        assert len(set(seeds)) == 2
        assert row.trial.seed not in seeds
        assert row.mean.mean == pytest.approx(np.mean([repeat.accuracy for repeat in row.repeats]))
    assert sum(row.chance for row in found.rows) == pytest.approx(1.0)
    # One more seed each: the others stand; a run without its record is trained again, to the same end.
    some = found.rows[0].repeats[0]
    (root / "tiny" / "repeats" / f"{some.candidate.id}-{some.seed}" / "evaluation.json").write_text("{")
    heard.clear()
    more = confirm(
        "tiny", top=2, seeds=3, root=root, workers=1, device="cpu", report=lambda _, done, n: heard.append((done, n))
    )
    assert heard == [(4, 6), (5, 6), (6, 6)]
    before = {(one.candidate.id, one.seed): one.accuracy for row in found.rows for one in row.repeats}
    after = {(one.candidate.id, one.seed): one.accuracy for row in more.rows for one in row.repeats}
    assert before.items() <= after.items()
    assert len(more.frame) == 6
    with Study.open("tiny", root=root) as study:
        assert study.trials == trials


@pytest.mark.slow
def test_the_gain_is_the_sum_of_its_parts(root: Path) -> None:
    found = attribute("tiny", seeds=2, root=root, workers=2, device="cpu")
    plain, other_architecture, other_recipe, best = found.corners
    assert [(one.architecture, one.recipe) for one in found.corners] == [
        ("default", "default"), ("best", "default"), ("default", "best"), ("best", "best"),
    ]  # fmt: skip
    assert other_architecture.candidate.architecture == best.candidate.architecture
    assert other_architecture.candidate.recipe == plain.candidate.recipe
    assert other_recipe.candidate.recipe == best.candidate.recipe
    assert other_recipe.candidate.architecture == plain.candidate.architecture
    effects = {name: value.mean for name, value in found.effects.items()}
    assert effects["whole gain"] == pytest.approx(best.mean.mean - plain.mean.mean)
    assert effects["whole gain"] == pytest.approx(
        effects["architecture"] + effects["recipe"] + effects["the two together"]
    )


def test_nothing_in_full_is_said(tmp_path: Path) -> None:
    Study.create(space(), root=tmp_path).close()
    with pytest.raises(ExperimentError, match="only a trial trained in full can be trained again, got none among 0"):
        confirm("tiny", root=tmp_path)


def test_the_middle_of_a_space() -> None:
    chosen = middle_candidate(small_space(), rng=np.random.default_rng(0))
    assert chosen.architecture.stages[1].depth == 2
    assert chosen.architecture.stages[1].width == 16
    assert chosen.recipe.epochs == 3
    assert chosen.recipe.lr == pytest.approx(np.sqrt(1e-3))


def test_a_middle_beyond_the_budget_moves_inside() -> None:
    whole = small_space()
    costs = CostBounds(whole)
    middle = middle_candidate(whole, rng=np.random.default_rng(0))
    tight = replace(whole, constraints=(Constraint(cost="macs", maximum=0.7 * costs.cost(middle).macs),))
    inside = middle_candidate(tight, rng=np.random.default_rng(0))
    assert CostBounds(tight).cost(inside).macs <= 0.7 * costs.cost(middle).macs
    assert inside == middle_candidate(tight, rng=np.random.default_rng(0))
