import pytest
from torch import nn

from nars.training.averaging import WeightAverage, build_average, warmed_decay


def test_decay_rises_to_its_value():
    assert [warmed_decay(0.9, n) for n in (0, 1, 8, 10_000)] == [1 / 10, 2 / 11, 9 / 18, 0.9]


@pytest.mark.parametrize("decay", [0.2, 0.99])
def test_the_average_equals_its_closed_form(decay):
    network = nn.Linear(1, 1, bias=False)
    average = WeightAverage(network, decay=decay)
    values = [1.0, 3.0, -2.0, 5.0]
    expected = values[0]
    for number, value in enumerate(values):
        nn.init.constant_(network.weight, value)
        average.update_parameters(network)
        if number:
            d = min(decay, (1 + number) / (10 + number))
            expected = d * expected + (1 - d) * value
    assert average.module.weight.item() == pytest.approx(expected)


def test_norm_statistics_are_averaged_and_counters_copied():
    network = nn.BatchNorm2d(1)
    average = WeightAverage(network, decay=0.15)
    for value in (2.0, 6.0):
        network.running_mean.fill_(value)
        network.num_batches_tracked += 1
        average.update_parameters(network)
    assert average.module.running_mean.item() == pytest.approx(0.15 * 2 + 0.85 * 6)
    assert average.module.num_batches_tracked.item() == 2


def test_a_decay_of_zero_is_off():
    assert build_average(nn.Linear(1, 1), decay=0.0) is None


def test_the_state_survives_saving():
    network = nn.BatchNorm2d(2)
    average = WeightAverage(network, decay=0.5)
    average.update_parameters(network)
    average.update_parameters(network)
    other = WeightAverage(nn.BatchNorm2d(2), decay=0.5)
    other.load_state_dict(average.state_dict())
    assert int(other.n_averaged) == 2
