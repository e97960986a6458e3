"""A network's weights as safetensors: numbers and names, no code."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from nars.errors import BundleError

WEIGHTS_FILE = "weights.safetensors"


def dump_weights(network: nn.Module) -> bytes:
    """The network's state dict, in a form that is the same every time."""
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    return save(state, metadata={"format": "pt"})


def load_weights(network: nn.Module, path: Path) -> None:
    """Put a file's weights into a network that has exactly these tensors.

    Raises:
        BundleError: If the file cannot be read or does not fit.
    """
    try:
        network.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"{path}: the weights do not fit the architecture: {error}") from error
