import pytest

from nars.drawing import png_bytes
from nars.models.block_diagram import block_diagram
from nars.models.block_rows import block_rows
from nars.models.blocks import ResidualBlock
from nars.models.classifier import build_classifier
from nars.models.squeeze_excite import SqueezeExcite
from nars.models.zoo import known_networks, load_network
from nars.space.architecture import Architecture
from tests.exports.formats.networks import RESIDUAL, UNUSUAL


@pytest.mark.parametrize("architecture", [RESIDUAL.architecture, UNUSUAL.architecture, load_network("fbnetv3_a")])
def test_rows_tell_what_is_built(architecture: Architecture) -> None:
    blocks = [module for module in build_classifier(architecture).modules() if isinstance(module, ResidualBlock)]
    for row, block in zip(block_rows(architecture), blocks, strict=True):
        parts = dict(block.branch.named_children())
        spatial = parts["conv" if row.kind == "fused_residual" else "depthwise"].conv
        assert (spatial.kernel_size[0], spatial.stride[0], spatial.padding[0]) == (row.kernel, row.stride, row.padding)
        assert (spatial.groups, spatial.out_channels) == (row.groups, row.hidden)
        assert ("expand" in parts, "project" in parts) == (row.expands, row.projects)
        assert (block.drop is not None) == row.has_skip
        gate = parts.get("squeeze_excite")
        assert row.squeeze_excite == (gate.reduce.out_channels if isinstance(gate, SqueezeExcite) else 0)


def test_the_picture_is_the_same_every_time() -> None:
    assert "fbnetv3_a" in known_networks()
    first = png_bytes(block_diagram(load_network("fbnetv3_a"), title="A"))
    assert first.startswith(b"\x89PNG")
    assert first == png_bytes(block_diagram(load_network("fbnetv3_a"), title="A"))
    assert first != png_bytes(block_diagram(load_network("fbnetv3_g"), title="A"))
