"""What the training of a candidate holds in memory at once."""

from nars.space.recipe import Recipe
from nars.trials.cost import Cost

_MAPS = 3
"""Feature maps that each convolution or linear layer leaves for the backward pass: its output, what its norm makes of
it, and what its activation makes of that. Of what torch keeps of random candidates this is within a tenth."""
_BYTES = 4
"""Of a weight and all that goes with it."""
_STATES = {"sgd": 0, "rmsprop": 1, "adamw": 2}
"""Numbers that an optimiser keeps of each weight, its momentum left out."""


def train_memory_bytes(recipe: Recipe, cost: Cost, *, map_bytes: int = 2) -> int:
    """Bytes of weights, gradients, the optimiser's state, the averaged weights and the feature maps of one batch.

    Data, libraries' workspaces and the backward pass's own gradients come on top.

    Args:
        recipe: Batch size, optimiser and averaging.
        cost: Params and activations of the network.
        map_bytes: Of each element of a feature map; 2 in bfloat16, as on CUDA.
    """
    own_momentum = recipe.optimizer != "adamw" and bool(recipe.momentum)
    copies = 2 + _STATES[recipe.optimizer] + own_momentum + (recipe.ema > 0)
    return _BYTES * copies * cost.params + map_bytes * _MAPS * recipe.batch_size * cost.activations
