import os
from pathlib import Path

import pytest

from nars.cost.formula import architecture_cost
from nars.cost.latency import LatencyTable
from nars.cost.latency_yaml import read_yaml
from nars.errors import CostError
from nars.space.architecture import Architecture, Block, BlockStyle, Head, Stage, Stem

TEXT = """\
first_conv-input:16x16x3-output:8x8x16:
  mean: 0.5
  var: 1.0e-07
MBConv-input:8x8x16-output:4x4x24-expand:3-kernel:5-stride:2-idskip:0-se:1:
  mean: 1
  var: 0.002
MBConv-input:4x4x24-output:4x4x24-expand:6-kernel:3-stride:1-idskip:1-se:1:
  mean: 0.25
  var: 0.002
final_expand_layer-input:4x4x24-output:4x4x144:
  mean: 8.0
feature_mix_layer-input:1x1x144-output:1x1x1280:
  mean: 16.0
classifier-input:1280-output:10:
  mean: 32.0
"""
ARCHITECTURE = Architecture(
    resolution=16,
    in_channels=3,
    num_classes=10,
    stem=Stem(width=16),
    stages=(
        Stage(
            width=24,
            depth=3,
            first=Block(kernel=5, expansion=3),
            rest=Block(kernel=3, expansion=6),
            stride=2,
            squeeze_excite=True,
        ),
    ),
    head=Head(width=1280),
    style=BlockStyle(se_reference="expanded"),
)


def test_an_architecture_of_published_operators():
    table = LatencyTable(device="d", timings=read_yaml(TEXT, source="t.yaml"))
    assert len(table.timings) == 4
    assert architecture_cost(ARCHITECTURE, table=table).latency_ms == 0.5 + 1 + 2 * 0.25 + (8 + 16 + 32)


def test_the_file_s_name_is_the_device(tmp_path):
    (tmp_path / "i7.yaml").write_text(TEXT)
    assert LatencyTable.load(tmp_path / "i7.yaml").device == "i7"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("mean: 0.5", "mean: fast", "first_conv-.*: mean must be a number of milliseconds > 0, got 'fast'"),
        ("mean: 0.5", "mean: 0", "mean must be a number of milliseconds > 0, got 0"),
        ("  mean: 0.5\n", "", "mean must be a number of milliseconds > 0, got None"),
        ("MBConv-input:8x8x16", "Mystery-input:8x8x16", "unknown operator 'Mystery-input:8x8x16"),
        ("output:4x4x24-expand:3", "output:5x5x24-expand:3", "padding must be kernel // 2"),
        ("idskip:1", "idskip:0", "idskip must be 1 exactly at stride 1 with equal widths"),
        (TEXT, "- a list", "must be a mapping from operators"),
        (TEXT, "{", "not YAML"),
    ],
)
def test_a_table_in_another_format_is_refused(old, new, message):
    with pytest.raises(CostError, match=message):
        read_yaml(TEXT.replace(old, new), source="t.yaml")


@pytest.mark.skipif("NARS_DATA" not in os.environ, reason="NARS_DATA names no folder of public data")
def test_the_published_i7_table():
    table = LatencyTable.load(Path(os.environ["NARS_DATA"]) / "latency" / "ofa_mbconv_lut_i7_8700k.yaml")
    # 3,952 blocks, 82 stems, and 6 sizes of 2 widths of the chain that ends a network.
    assert len(table.timings) == 3952 + 82 + 12
    assert table.device == "ofa_mbconv_lut_i7_8700k"
