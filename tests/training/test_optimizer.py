import pytest
import torch
from torch import nn, optim

from nars.training.optimizer import build_optimizer, set_lr
from tests.training.tiny import recipe


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 3))


def step(optimizer: optim.Optimizer, gradient: float = 0.0) -> None:
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.full_like(parameter, gradient)
    optimizer.step()


def snapshot(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize(
    ("name", "momentum", "kind"),
    [("sgd", 0.9, optim.SGD), ("rmsprop", 0.9, optim.RMSprop), ("adamw", None, optim.AdamW)],
)
def test_the_optimizer_is_the_recipes(name, momentum, kind):
    optimizer = build_optimizer(network(), recipe(optimizer=name, momentum=momentum, lr=0.3))
    assert type(optimizer) is kind
    assert [group["lr"] for group in optimizer.param_groups] == [0.3, 0.3]
    if momentum is not None:
        assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]


def test_weights_are_decayed_and_norms_and_biases_are_not():
    model = network()
    decayed, free = build_optimizer(model, recipe(weight_decay=0.3)).param_groups
    assert [id(p) for p in decayed["params"]] == [id(model[0].weight), id(model[3].weight)]
    assert len(free["params"]) == 4
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.3, 0.0)


@pytest.mark.parametrize(
    ("settings", "factor"),
    [
        # SGD's first Nesterov step is lr (1 + momentum) (gradient + decay weight)
        ({"optimizer": "sgd", "momentum": 0.0}, 1 - 0.1 * 0.5),
        ({"optimizer": "sgd", "momentum": 0.9}, 1 - 0.1 * 1.9 * 0.5),
        # AdamW's decay does not pass through its moments
        ({"optimizer": "adamw"}, 1 - 0.1 * 0.5),
    ],
)
def test_decay_alone_shrinks_weights_by_its_closed_form(settings, factor):
    model = network()
    before = snapshot(model)
    step(build_optimizer(model, recipe(lr=0.1, weight_decay=0.5, **settings)))
    for name, after in snapshot(model).items():
        expected = before[name] * factor if name in {"0.weight", "3.weight"} else before[name]
        torch.testing.assert_close(after, expected)


@pytest.mark.parametrize("lr", [0.1, 0.2])
def test_the_first_step_of_sgd_is_lr_times_the_gradient(lr):
    model = network()
    before = snapshot(model)
    step(build_optimizer(model, recipe(lr=lr, momentum=0.0, weight_decay=0.0)), gradient=0.5)
    for name, after in snapshot(model).items():
        torch.testing.assert_close(after, before[name] - lr * 0.5)


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_momentum_is_nesterovs(momentum):
    model = network()
    before = snapshot(model)
    optimizer = build_optimizer(model, recipe(lr=0.1, momentum=momentum, weight_decay=0.0))
    step(optimizer, gradient=1.0)
    step(optimizer, gradient=1.0)
    # buffers 1 and 1 + m; each step moves by gradient + m buffer
    moved = 0.1 * ((1 + momentum) + (1 + momentum * (1 + momentum)))
    torch.testing.assert_close(model[3].bias, before["3.bias"] - moved)


def test_the_first_step_of_rmsprop_follows_its_closed_form():
    model = network()
    before = snapshot(model)
    step(build_optimizer(model, recipe(optimizer="rmsprop", momentum=0.9, lr=0.1, weight_decay=0.0)), gradient=2.0)
    moved = 0.1 * 2 / ((0.1 * 2**2) ** 0.5 + 0.0316)
    torch.testing.assert_close(model[3].bias, before["3.bias"] - moved)


def test_the_fused_step_is_the_plain_one():
    models = [network(), network()]
    for model, fused in zip(models, (True, False), strict=True):
        optimizer = build_optimizer(model, recipe(optimizer="adamw", weight_decay=0.1), fused=fused)
        step(optimizer, gradient=0.3)
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        torch.testing.assert_close(one, other)


def test_lr_is_set_in_all_groups():
    optimizer = build_optimizer(network(), recipe())
    set_lr(optimizer, 0.007)
    assert [group["lr"] for group in optimizer.param_groups] == [0.007, 0.007]
