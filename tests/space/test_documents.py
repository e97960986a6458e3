from dataclasses import replace

import numpy as np
import pytest

from nars.errors import SpaceError
from nars.space import Candidate, Recipe, dump_architecture, dump_recipe, parse_architecture, parse_recipe
from tests.models.tiny import TINY
from tests.space.spaces import small_space


def test_documents_come_back_as_they_were() -> None:
    for candidate in small_space().sample(50, rng=np.random.default_rng(0)):
        assert parse_architecture(dump_architecture(candidate.architecture), source="a") == candidate.architecture
        assert parse_recipe(dump_recipe(candidate.recipe), source="r") == candidate.recipe


def test_a_trunk_says_that_it_has_no_head() -> None:
    trunk = replace(TINY, head=None)
    text = dump_architecture(trunk)
    assert text.count("head: null\n") == 1
    assert parse_architecture(text, source="a") == trunk
    with pytest.raises(SpaceError, match=r"is required @ \$.head"):
        parse_architecture(text.replace("head: null\n", ""), source="a")


def test_a_recipe_says_its_rules() -> None:
    with pytest.raises(SpaceError) as caught:
        parse_recipe("{lr: 0, batch_size: 1.5, epochs: 3, momentun: 0.9}", source="recipe.yaml")
    assert len(caught.value.problems) == 3
    assert "must be greater than 0, got 0 @ $.lr" in caught.value.problems
    with pytest.raises(SpaceError, match="momentum must be given exactly for sgd and rmsprop"):
        parse_recipe("{lr: 0.1, batch_size: 1, epochs: 3, momentum: 0.9, optimizer: adamw}", source="recipe.yaml")


def test_an_architecture_says_its_rules() -> None:
    text = dump_architecture(small_space().sample(1, rng=np.random.default_rng(0))[0].architecture)
    with pytest.raises(SpaceError, match=r"@ \$.stages\[0\].width"):
        parse_architecture(text.replace("width: 8", "width: 0"), source="a.yaml")


def test_groups_are_refused_where_they_have_no_effect() -> None:
    text = dump_architecture(TINY).replace(
        "    expansion: 2\n  stride: 1\n", "    expansion: 2\n    groups: 2\n  stride: 1\n"
    )
    assert "groups: 2" in text
    with pytest.raises(SpaceError, match=r"groups must be left out of a fused residual, got 2 @ \$.stages\[2\]"):
        parse_architecture(text, source="a.yaml")


def test_ids_hold_across_settings_that_came_later() -> None:
    recipe = Recipe(optimizer="adamw", lr=0.1, batch_size=8, epochs=2)
    assert Candidate(architecture=TINY, recipe=recipe).id == "f25a477ce293", "as before blocks had groups"
    grouped = replace(TINY.stages[0], first=replace(TINY.stages[0].first, groups=2))
    other = replace(TINY, stages=(grouped, *TINY.stages[1:]))
    assert Candidate(architecture=other, recipe=recipe).id != "f25a477ce293"


def test_weights_count_once_they_are_given() -> None:
    recipe = Recipe(optimizer="adamw", lr=0.1, batch_size=8, epochs=2)
    known = Candidate(architecture=TINY, recipe=replace(recipe, weights="timm/fbnetv3_b.ra2_in1k"))
    inherited = replace(known, recipe=replace(known.recipe, inherit=True))
    assert len({"f25a477ce293", known.id, inherited.id}) == 3


def test_weights_survive_being_written() -> None:
    pinned = f"FBNetV3a-DSMask-C4 COCO#sha256={'a' * 64}"
    recipe = Recipe(optimizer="adamw", lr=0.1, batch_size=8, epochs=2, weights=pinned, inherit=True)
    assert parse_recipe(dump_recipe(recipe), source="r") == recipe
    old = "{lr: 0.1, batch_size: 8, epochs: 2, momentum: 0.9}"
    assert parse_recipe(old, source="r").weights == "none"


def test_inherit_without_weights_is_a_mistake() -> None:
    with pytest.raises(SpaceError, match="inherit must be left out without weights"):
        parse_recipe("{lr: 0.1, batch_size: 8, epochs: 2, momentum: 0.9, inherit: true}", source="r")
