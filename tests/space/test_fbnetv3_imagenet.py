"""The full space holds the published networks, and its file says its size."""

from pathlib import Path

import numpy as np
import pytest

from nars.cost.constraints import excess
from nars.cost.counter import count
from nars.cost.formula import architecture_cost, cost_columns
from nars.cost.geometry import buildable
from nars.models.classifier import build_classifier
from nars.models.zoo import load_network
from nars.space import Candidate, SearchSpace, load_space
from nars.space.columns import architecture_columns

PATH = Path("search_spaces/fbnetv3_imagenet.yaml")
NAMES = [f"fbnetv3_{letter}" for letter in "abcdefg"]


def full_space() -> SearchSpace:
    return load_space(PATH).with_data_shape(in_channels=3, num_classes=1000)


@pytest.mark.parametrize("name", NAMES)
def test_every_published_network_encodes_and_decodes_to_itself(name: str) -> None:
    space = full_space()
    recipe = space.sample(1, rng=np.random.default_rng(0))[0].recipe
    candidate = Candidate(architecture=load_network(name), recipe=recipe)
    codes_NK = space.encode([candidate])
    (decoded,) = space.decode(codes_NK)
    assert decoded == candidate
    assert decoded.id == candidate.id
    costs = cost_columns(space.columns(codes_NK))
    assert costs.macs_N[0] == architecture_cost(candidate.architecture).macs
    assert all((excess(constraint, costs) == 0).all() for constraint in space.constraints)


def test_its_file_opens_with_its_exact_size() -> None:
    size = full_space().size
    opening = " ".join(line.removeprefix("#").strip() for line in PATH.read_text().splitlines()[:4])
    assert (
        f"Size: {size.architectures:,} architectures x {size.recipes:,} recipes = {size.candidates:,} cand" in opening
    )


def test_every_network_can_be_built() -> None:
    space = full_space()
    codes_NK = space.sample_codes(20_000, rng=np.random.default_rng(1))
    assert buildable(space.columns(codes_NK)).all()


def test_codes_give_the_same_columns_as_candidates() -> None:
    space = full_space()
    codes_NK = space.sample_codes(300, rng=np.random.default_rng(2))
    candidates = space.decode(codes_NK)
    np.testing.assert_array_equal(space.encode(candidates), codes_NK)
    by_code = cost_columns(space.columns(codes_NK))
    by_candidate = cost_columns(architecture_columns([candidate.architecture for candidate in candidates]))
    np.testing.assert_array_equal(by_code.macs_N, by_candidate.macs_N)
    np.testing.assert_array_equal(by_code.params_N, by_candidate.params_N)


@pytest.mark.slow
def test_formula_equals_the_built_network() -> None:
    space = full_space()
    for candidate in space.sample(5, rng=np.random.default_rng(3)):
        network = candidate.architecture
        counted = count(build_classifier(network), in_channels=3, resolution=network.resolution)
        assert counted == architecture_cost(network)
