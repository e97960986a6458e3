"""Networks as tables in the terminal."""

from collections.abc import Mapping
from dataclasses import replace

from rich.table import Table

from nars.cost.formula import architecture_cost
from nars.cost.parts import part_costs
from nars.errors import ModelError
from nars.models.classifier import build_network
from nars.models.feature_sizes import feature_sizes
from nars.models.pretrained import load_weights, read_weights
from nars.models.zoo import load_network
from nars.space.architecture import Architecture, Block, Head, Stage
from nars.trials import Cost

_COSTS = ("MACs", "params", "activations", "memory bytes")
_MEMORY = (
    "memory: of a part, its weights and its largest set of feature maps alive at once; "
    "of the total, all weights and the largest such set"
)


def sized_network(name: str, resolution: int | None) -> Architecture:
    """A published network, at its own resolution or another.

    Raises:
        ModelError: If the name is unknown, or the resolution too small for the network's strides.
    """
    network = load_network(name)
    if resolution is not None:
        network = replace(network, resolution=resolution)
    try:
        feature_sizes(network)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error
    return network


def network_table(networks: Mapping[str, Architecture]) -> Table:
    """One row a network."""
    table = _table(f"{len(networks)} networks", ("network", "kind"), ("resolution", *_COSTS))
    for name, network in networks.items():
        kind = "trunk" if network.head is None else "classifier"
        table.add_row(name, kind, str(network.resolution), *_numbers(architecture_cost(network)))
    return table


def part_table(name: str, network: Architecture) -> Table:
    """One row a part of the network, and their total."""
    blocks = [_stem(network), *(_stage(stage) for stage in network.stages)]
    if network.head is not None:
        blocks.append(_head(network.head, network.num_classes))
    table = _table(f"{name} at resolution {network.resolution}", ("part", "blocks"), ("size", "width", *_COSTS))
    for part, described in zip(part_costs(network), blocks, strict=True):
        table.add_row(_plain(part.name), described, str(part.out_size), str(part.out_width), *_numbers(part.cost))
    table.add_section()
    table.add_row("total", "", "", "", *_numbers(architecture_cost(network)))
    table.caption = _MEMORY
    table.caption_justify = "left"
    return table


def weights_text(network: Architecture, source: str, *, inherit: bool) -> str:
    """What becomes of weights in a network: loaded, reshaped, new, skipped.

    Raises:
        ModelError: If the weights are absent, damaged, or do not fit.
    """
    return load_weights(build_network(network), read_weights(source), inherit=inherit).text


def _table(title: str, words: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for header in words:
        table.add_column(header)
    for header in numbers:
        table.add_column(header, justify="right")
    return table


def _numbers(cost: Cost) -> list[str]:
    return [f"{number:,}" for number in (cost.macs, cost.params, cost.activations, cost.memory_bytes)]


def _stem(network: Architecture) -> str:
    stem = network.stem
    return f"conv k{stem.kernel} s{stem.stride}, {stem.activation}"


def _stage(stage: Stage) -> str:
    """As ``1 x k5 e5 s2 p1, 4 x k3 e3 s1, SE, hswish``."""
    words = f"1 x {_block(stage.first, stride=stage.stride)}"
    if stage.rest is not None:
        words += f", {stage.depth - 1} x {_block(stage.rest, stride=1)}"
    kind = "fused " if stage.block == "fused_residual" else ""
    return f"{kind}{words}{', SE' if stage.squeeze_excite else ''}, {stage.activation}"


def _block(block: Block, *, stride: int) -> str:
    padding = "" if block.padding is None else f" p{block.padding}"
    groups = "" if block.groups is None else f" g{block.groups}"
    return f"k{block.kernel} e{block.expansion:g} s{stride}{padding}{groups}"


def _head(head: Head, num_classes: int) -> str:
    return f"e{head.expansion:g}, pool, {head.width}, {head.activation}, {num_classes} classes"


def _plain(text: str) -> str:
    """Text whose brackets are no markup."""
    return text.replace("[", r"\[")
