import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nars.errors import BundleError
from nars.exports.formats import format_named
from nars.exports.formats.timm_definition import timm_definition
from nars.models.zoo import load_network
from tests.exports.formats.networks import RESIDUAL, UNUSUAL
from tests.exports.formats.sources import source

pytest.importorskip("timm")


def test_timm_builds_the_same_network_and_a_bias_of_the_stem_moves_into_its_norm(tmp_path: Path) -> None:
    given = source(RESIDUAL)
    format_named("timm").write(given, tmp_path)
    run = format_named("timm").open(tmp_path)
    with torch.inference_mode():
        assert (run(given.images_NCHW) - given.network(given.images_NCHW)).abs().max() < 1e-5
    spec = json.loads((tmp_path / "timm.json").read_text())
    assert spec["arch_def"] == [
        ["ds_r1_k3_s1_c8_nhs", "ds_r1_k3_s1_c8_nhs"],
        ["ir_r1_k5_s2_e4_c16_se0.25_nhs", "ir_r1_k3_s1_e2.5_c16_se0.25_nhs"],
        ["ir_r1_k7_s1_e3_c16_se0.25_nsw"],
        ["cn_r1_k1_s1_c32_nhs"],
    ]
    assert spec["mean"] == pytest.approx([0.4] * 3)


def test_what_timm_cannot_express_is_told_part_by_part(tmp_path: Path) -> None:
    batch_norm = replace(UNUSUAL, recipe=replace(UNUSUAL.recipe, norm="BN"))
    with pytest.raises(BundleError) as info:
        format_named("timm").write(source(batch_norm), tmp_path)
    assert str(info.value) == (
        "timm cannot express a stem of kernel 5 and stride 1 (always 3 and 2); a head's activation relu beside the "
        "stem's relu6; depthwise convolutions without a norm; widths rounded to multiples of 4; "
        "fused residuals in stage 0; fused residuals in stage 1; a padding of 0 under a kernel of 3 in stage 1; "
        "4 groups in stage 2"
    )
    assert not list(tmp_path.iterdir())
    with pytest.raises(BundleError, match=r"^timm cannot express the norm GN"):
        format_named("timm").write(source(UNUSUAL), tmp_path)


def test_a_published_network_has_timms_own_words() -> None:
    # timm's _gen_fbnetv3 for the variant b, the last line the expansion before the pooling: 224 x 6
    strings = timm_definition(load_network("timm_fbnetv3_b"))
    assert strings[0] == ["ds_r1_k3_s1_c16_nhs", "ds_r1_k3_s1_c16_nhs"]
    assert strings[5:] == [
        ["ir_r1_k3_s2_e6_c184_se0.25_nhs", "ir_r5_k5_s1_e4_c184_se0.25_nhs"],
        ["ir_r1_k5_s1_e6_c224_se0.25_nhs"],
        ["cn_r1_k1_s1_c1344_nhs"],
    ]
