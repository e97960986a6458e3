from dataclasses import replace

import pytest
import torch

from nars.cost.measurement import device_name, measure_operators
from nars.errors import CostError
from tests.models.tiny import TINY


def test_each_distinct_operator_is_measured_once():
    once = measure_operators([TINY], device="cpu", repeats=3, warmup=0)
    assert list(measure_operators([TINY, TINY], device="cpu", repeats=1, warmup=0)) == list(once)
    assert len(once) == 7
    assert all(timing.latency_ms > 0 for timing in once.values())
    assert all(timing.iqr_ms is not None and timing.iqr_ms >= 0 for timing in once.values())


def test_a_trunk_is_measured_without_a_head():
    whole = measure_operators([TINY], device="cpu", repeats=1, warmup=0)
    trunk = measure_operators([replace(TINY, head=None)], device="cpu", repeats=1, warmup=0)
    assert list(trunk) == [operator for operator in whole if operator.kind != "head"]


def test_measuring_leaves_random_numbers_alone():
    before = torch.random.get_rng_state()
    measure_operators([TINY], device="cpu", repeats=1, warmup=0)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_device_is_named_or_refused():
    assert device_name("cpu").endswith(f"({torch.get_num_threads()} threads)")
    with pytest.raises(CostError, match="device must be cpu or cuda, got 'tpu'"):
        device_name("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(CostError, match="no CUDA device, got device 'cuda:0'"):
            device_name("cuda:0")


@pytest.mark.gpu
def test_measures_on_cuda():
    assert all(t.latency_ms > 0 for t in measure_operators([TINY], device="cuda", repeats=3, warmup=2).values())
