import pytest
import torch

from nars.training.device import (
    autocast,
    choose_device,
    describe_device,
    forget_peak_memory,
    gpu_memory_bytes,
    is_limited,
    on_card,
    peak_memory_bytes,
    place,
    place_data,
    seeded,
)
from tests.training.tiny import CPU


def test_auto_is_the_gpu_where_there_is_one():
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == CPU
    assert describe_device(CPU) == "cpu"


def test_inside_seeded_the_draw_repeats_and_outside_nothing_changes():
    state = torch.random.get_rng_state()
    draws = []
    for _ in range(2):
        with seeded(5):
            draws.append(torch.rand(3))
    assert torch.equal(*draws)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_cpu_computes_in_float32_and_channels_last():
    with autocast(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
    assert place(torch.zeros(2, 3, 4, 4), CPU).is_contiguous(memory_format=torch.channels_last)


def test_data_stays_where_it_is_on_the_cpu():
    tensor = torch.zeros(3)
    assert place_data(tensor, CPU) is tensor


@pytest.mark.gpu
def test_the_gpu_computes_in_bfloat16_and_holds_the_data():
    device = torch.device("cuda")
    with autocast(device):
        assert (torch.ones(2, 2, device=device) @ torch.ones(2, 2, device=device)).dtype == torch.bfloat16
    assert place_data(torch.zeros(3), device).is_cuda


def test_the_cpu_has_no_gpu_memory_to_share():
    forget_peak_memory(CPU)
    assert peak_memory_bytes(CPU) is None
    assert not is_limited(CPU)


@pytest.mark.gpu
def test_a_part_of_a_gpu_is_all_that_a_process_gets():
    device, part = torch.device("cuda"), gpu_memory_bytes()[0] // 10
    with on_card(0, memory_bytes=part):
        assert is_limited(device)
        forget_peak_memory(device)
        held = torch.empty(part // 2, dtype=torch.uint8, device=device)
        assert held.nbytes <= (peak_memory_bytes(device) or 0) <= part
        with pytest.raises(torch.OutOfMemoryError):
            torch.empty(part, dtype=torch.uint8, device=device)
    with on_card(0, memory_bytes=None):
        assert not is_limited(device)
        torch.empty(part, dtype=torch.uint8, device=device)
