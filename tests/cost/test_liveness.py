from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from nars.cost.liveness import OperatorRecorder


def largest(run: Callable[[Tensor], Tensor], *, weights: tuple[Tensor, ...] = ()) -> int:
    x = torch.empty(10, device="meta")
    with torch.no_grad(), OperatorRecorder(weights) as recorder:
        run(x)
    return recorder.largest_live_set()


@pytest.mark.parametrize(
    ("run", "elements"),
    [
        (lambda x: x, 0),  # no operator ran
        (lambda x: x.relu(), 20),
        (lambda x: x.relu().relu().relu(), 20),
        (lambda x: x + x.relu().relu(), 30),  # the input is held until it is added
        (lambda x: x.relu_().relu_(), 10),  # in place
        (lambda x: x.view(2, 5).flatten().relu(), 20),  # views are no maps of their own
        (lambda x: torch.cat([x, x, x]).relu(), 60),
    ],
)
def test_known_graphs(run, elements):
    assert largest(run) == elements


def test_weights_are_no_feature_maps():
    linear = nn.Linear(10, 3, device="meta")
    assert largest(linear, weights=tuple(linear.parameters())) == 13


def test_by_products_that_nothing_reads_do_not_count():
    norm = nn.GroupNorm(2, 10, device="meta")
    x = torch.empty(1, 10, 1, 2, device="meta")
    with torch.no_grad(), OperatorRecorder(norm.parameters()) as recorder:
        norm(x).relu()
    assert recorder.largest_live_set() == 40
