"""FBNetV3's joint predictor network, as many members at once.

An encoder turns architecture features into an embedding; the proxy head tells costs from the embedding; the
accuracy head reads the embedding, the proxies and the recipe features. The paper's head reads no proxies: they are
a short cut for the order by costs, which is worth most when few rows are known.

Shapes: M members of the ensemble, N candidates, D features (A of the architecture, R of the recipe), E embedding,
C costs.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkShape:
    """Sizes of the network."""

    architecture: int
    """A: architecture features."""
    recipe: int
    """R: recipe features."""
    costs: int
    """C: costs of the proxy head; 0 leaves the head out."""
    members: int = 10
    hidden: int = 64
    embedding: int = 24


class StackedLinear(nn.Module):
    """M linear layers side by side."""

    def __init__(self, members: int, inputs: int, outputs: int, *, generator: torch.Generator) -> None:
        super().__init__()
        bound = max(inputs, 1) ** -0.5
        self.weight = nn.Parameter(torch.empty(members, inputs, outputs).uniform_(-bound, bound, generator=generator))
        self.bias = nn.Parameter(torch.zeros(members, 1, outputs))

    def forward(self, x_MND: Tensor) -> Tensor:
        """Each member's layer on its own rows."""
        return torch.baddbmm(self.bias, x_MND, self.weight)


class JointNetwork(nn.Module):
    """M independent encoders, each with its two heads."""

    def __init__(self, shape: NetworkShape, *, generator: torch.Generator) -> None:
        super().__init__()
        self.shape = shape
        m, e = shape.members, shape.embedding
        joint = e + shape.costs + shape.recipe
        self.encoder_in = StackedLinear(m, shape.architecture, shape.hidden, generator=generator)
        self.encoder_out = StackedLinear(m, shape.hidden, e, generator=generator)
        self.proxy = StackedLinear(m, e, shape.costs, generator=generator)
        self.head_in = StackedLinear(m, joint, shape.hidden, generator=generator)
        self.head_out = StackedLinear(m, shape.hidden, 1, generator=generator)
        self.head_linear = StackedLinear(m, joint, 1, generator=generator)
        with torch.no_grad():  # an untrained head predicts the mean
            self.head_out.weight.zero_()
            self.head_linear.weight.zero_()

    def encode(self, x_NA: Tensor) -> Tensor:
        """Embeddings, `M x N x E`."""
        x_MNA = x_NA.expand(self.shape.members, -1, -1)
        return functional.silu(self.encoder_out(functional.silu(self.encoder_in(x_MNA))))

    def proxies(self, embedding_MNE: Tensor) -> Tensor:
        """Normalised costs told from the embedding alone, `M x N x C`."""
        proxy_MNC: Tensor = self.proxy(embedding_MNE)
        return proxy_MNC

    def accuracy(self, embedding_MNE: Tensor, recipe_NR: Tensor) -> Tensor:
        """Standardised accuracies, `M x N`."""
        recipe_MNR = recipe_NR.expand(self.shape.members, -1, -1)
        joint_MNJ = torch.cat([embedding_MNE, self.proxies(embedding_MNE), recipe_MNR], dim=-1)
        hidden_MNH = functional.silu(self.head_in(joint_MNJ))
        standardised_MN1: Tensor = self.head_out(hidden_MNH) + self.head_linear(joint_MNJ)
        return standardised_MN1.squeeze(-1)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Weights that pretraining sets: encoder and proxy head."""
        parts = (self.encoder_in, self.encoder_out, self.proxy)
        return [parameter for part in parts for parameter in part.parameters()]

    def head_parameters(self) -> list[nn.Parameter]:
        """Weights of the accuracy head."""
        parts = (self.head_in, self.head_out, self.head_linear)
        return [parameter for part in parts for parameter in part.parameters()]
