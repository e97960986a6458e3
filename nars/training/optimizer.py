"""A recipe's optimiser, from torch's own."""

from torch import nn, optim

from nars.space.recipe import Recipe


def build_optimizer(network: nn.Module, recipe: Recipe, *, fused: bool | None = None) -> optim.Optimizer:
    """The optimiser of a network, with one parameter group that is decayed and one that is not.

    Norm scales, norm shifts and biases are vectors; convolution and linear weights are not.

    Args:
        network: Owner of the parameters.
        recipe: Optimiser, peak lr, weight decay and momentum.
        fused: Whether to use one kernel for all tensors where the optimiser has one; none lets torch choose.

    Returns:
        The optimiser, at the recipe's peak lr.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    momentum = recipe.momentum or 0.0
    if recipe.optimizer == "sgd":
        # torch allows Nesterov's form only with a momentum
        return optim.SGD(groups, lr=recipe.lr, momentum=momentum, nesterov=momentum > 0, fused=fused)
    if recipe.optimizer == "rmsprop":
        # alpha and eps of torchvision's MobileNetV3 reference training: TensorFlow's eps 1e-3 stands below the root
        return optim.RMSprop(groups, lr=recipe.lr, momentum=momentum, alpha=0.9, eps=0.0316)
    return optim.AdamW(groups, lr=recipe.lr, fused=fused)


def set_lr(optimizer: optim.Optimizer, lr: float) -> None:
    """Sets the learning rate of all groups."""
    for group in optimizer.param_groups:
        group["lr"] = lr
