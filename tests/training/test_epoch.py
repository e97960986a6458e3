import pytest
import torch
from torch.nn.functional import cross_entropy

from nars.errors import DivergedError
from nars.training.epoch import epoch_seed, train_epoch
from nars.training.optimizer import set_lr
from tests.training.tiny import digits, parts


def weights(built) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in built.network.parameters()])


def test_seeds_of_epochs_and_runs_are_all_different():
    seeds = {epoch_seed(seed, epoch) for seed in range(20) for epoch in range(20)}
    assert len(seeds) == 400
    assert all(0 <= seed < 2**64 for seed in seeds)


@pytest.mark.parametrize("lr", [0.01, 0.02])
def test_one_step_moves_the_weights_by_lr_times_the_gradient(lr):
    built = parts(lr=lr, momentum=0.0, weight_decay=0.0, batch_size=48, schedule="constant")
    twin = parts()
    twin.network.train()
    loss = cross_entropy(twin.network(digits("train").images.float() / 255), digits("train").labels)
    loss.backward()
    before = weights(built)
    gradient = torch.cat([parameter.grad.flatten() for parameter in twin.network.parameters()])
    result = train_epoch(built, epoch=1, seed=0)
    torch.testing.assert_close(weights(built), before - lr * gradient, atol=1e-6, rtol=1e-4)
    assert result.train_loss == pytest.approx(loss.item(), rel=1e-5)
    assert result.lr == lr


def test_lr_follows_progress_through_the_whole_recipe():
    built = parts(schedule="linear", lr=0.1, epochs=4, warmup=0.5)
    # 3 steps an epoch, 12 in all; the last of epoch e is number 3 e - 1, its middle at (3 e - 0.5) / 12
    lrs = [train_epoch(built, epoch=epoch, seed=0).lr for epoch in (1, 2, 3, 4)]
    assert lrs == pytest.approx([0.1 * 2.5 / 6, 0.1 * 5.5 / 6, 0.1 * (1 - 2.5 / 6), 0.1 * (1 - 5.5 / 6)])


def test_every_image_is_seen_once_in_an_order_of_the_epoch():
    seen = []
    built = parts(batch_size=16)
    built.augmentation.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    orders = []
    for epoch in (1, 2):
        train_epoch(built, epoch=epoch, seed=0)
        orders.append(torch.cat(seen))
        seen.clear()
    assert not torch.equal(*orders)
    for order in orders:
        sums = [
            images.flatten(1).double().mul(torch.arange(64)).sum(1).sort().values for images in (order, built.images)
        ]
        torch.testing.assert_close(*sums)


def test_the_same_seed_gives_the_same_bits_and_the_callers_generator_is_untouched():
    settings = {"randaugment": 9, "crop": 0.6, "flip": True, "mixup": 0.4, "dropout": 0.2, "stochastic_depth": 0.2}
    results = []
    for seed in (1, 1, 2):
        torch.rand(seed)  # whatever the caller's generator has given
        state = torch.random.get_rng_state()
        built = parts(**settings)
        train_epoch(built, epoch=1, seed=seed)
        assert torch.equal(torch.random.get_rng_state(), state)
        results.append(weights(built))
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_the_average_is_updated_once_a_step():
    built = parts(ema=0.9)
    train_epoch(built, epoch=1, seed=0)
    assert int(built.average.n_averaged) == 3


def test_batch_norm_statistics_move():
    built = parts()
    train_epoch(built, epoch=1, seed=0)
    assert int(built.network.state_dict()["classifier.stem.norm.num_batches_tracked"]) == 3


def test_a_loss_that_is_not_finite_ends_the_run():
    built = parts()
    with torch.no_grad():
        next(built.network.parameters()).fill_(float("nan"))
    with pytest.raises(DivergedError, match=r"^diverged in epoch 2: train loss must be finite, got nan$"):
        train_epoch(built, epoch=2, seed=0)


def test_lr_zero_leaves_the_weights_alone():
    built = parts()
    before = weights(built)
    set_lr(built.optimizer, 0.0)
    built.optimizer.step()
    assert torch.equal(weights(built), before)
