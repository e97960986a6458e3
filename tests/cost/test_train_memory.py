from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nars.cost.formula import candidate_cost
from nars.cost.train_memory import train_memory_bytes
from nars.data.shape import fit_to_data
from nars.space import Candidate, load_space
from nars.space.recipe import Recipe
from nars.training.network import Normalize, build_network
from nars.trials import Cost

DIGITS = Path(__file__).parents[2] / "search_spaces/digits.yaml"
COST = Cost(macs=0, params=1000, activations=500, memory_bytes=0)
BATCH = 8


def recipe(**settings) -> Recipe:
    return Recipe(**({"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "batch_size": BATCH, "epochs": 1} | settings))


@pytest.mark.parametrize(
    ("settings", "copies"),
    [
        ({}, 3),  # weight, gradient, momentum
        ({"momentum": 0.0}, 2),
        ({"ema": 0.9}, 4),
        ({"optimizer": "rmsprop"}, 4),
        ({"optimizer": "adamw", "momentum": None}, 4),
    ],
)
def test_copies_of_the_weights_and_three_maps_of_each_activation(settings, copies):
    assert train_memory_bytes(recipe(**settings), COST) == 4 * copies * 1000 + 2 * 3 * BATCH * 500
    assert train_memory_bytes(recipe(**settings), COST, map_bytes=4) == 4 * copies * 1000 + 4 * 3 * BATCH * 500


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.0}, {"optimizer": "rmsprop"}])
def test_the_optimisers_of_torch_keep_that_many_numbers(settings):
    from nars.training.optimizer import build_optimizer

    layer = torch.nn.Linear(30, 40)
    optimizer = build_optimizer(layer, recipe(**settings))
    layer(torch.ones(1, 30)).sum().backward()
    optimizer.step()
    kept = sum(
        value.numel()
        for state in optimizer.state.values()
        for value in state.values()
        if torch.is_tensor(value) and value.numel() > 1
    )
    params = 31 * 40
    told = train_memory_bytes(recipe(**settings), Cost(macs=0, params=params, activations=0, memory_bytes=0))
    assert 4 * (2 * params + kept) == told


def kept_for_backward(candidate: Candidate) -> int:
    """Bytes of what torch itself keeps of one forward pass, weights left out."""
    shape = candidate.architecture
    plain = Normalize(mean_C=torch.zeros(shape.in_channels), std_C=torch.ones(shape.in_channels))
    network = build_network(candidate, plain).train()
    weights = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    kept: dict[int, torch.Tensor] = {}  # held, so that no address is given twice

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(torch.rand(BATCH, shape.in_channels, shape.resolution, shape.resolution))
    return sum(tensor.untyped_storage().nbytes() for address, tensor in kept.items() if address not in weights)


def test_torch_keeps_as_much_of_random_candidates():
    space = fit_to_data(load_space(DIGITS))
    candidates = space.decode(space.sample_codes(20, rng=np.random.default_rng(0)))
    ratios = []
    for candidate in candidates:
        cost = replace(candidate_cost(candidate), params=0)
        told = train_memory_bytes(replace(candidate.recipe, batch_size=BATCH), cost, map_bytes=4)
        ratios.append(kept_for_backward(candidate) / told)
    assert 0.9 < min(ratios) < max(ratios) < 1.1
