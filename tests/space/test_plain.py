from dataclasses import asdict

import numpy as np

from nars.space.plain import plain
from tests.space.spaces import small_space


def test_it_is_what_asdict_gives() -> None:
    for candidate in small_space().sample(20, rng=np.random.default_rng(0)):
        assert plain(candidate) == asdict(candidate)


def test_what_has_the_named_value_is_left_out_everywhere() -> None:
    candidate = small_space().sample(1, rng=np.random.default_rng(0))[0]
    width = candidate.architecture.stages[0].width
    found = plain(candidate, {"width": width, "detector": None})
    assert isinstance(found, dict)
    assert "detector" not in found["architecture"]
    stages = zip(found["architecture"]["stages"], candidate.architecture.stages, strict=True)
    assert all(("width" in told) == (stage.width != width) for told, stage in stages)
    assert "width" not in found["architecture"]["stages"][0]
