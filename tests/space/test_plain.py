from dataclasses import asdict

import numpy as np

from nars.space.plain import plain
from tests.space.spaces import small_space


def test_it_is_what_asdict_gives() -> None:
    for candidate in small_space().sample(20, rng=np.random.default_rng(0)):
        assert plain(candidate) == asdict(candidate)


def test_what_is_not_kept_is_left_out_everywhere() -> None:
    candidate = small_space().sample(1, rng=np.random.default_rng(0))[0]
    found = plain(candidate, lambda name, value: name != "width" and value is not None)
    assert isinstance(found, dict)
    assert "width" not in found["architecture"]["stem"]
    assert all("width" not in stage for stage in found["architecture"]["stages"])
    assert "detector" not in found["architecture"]
