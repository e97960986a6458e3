import numpy as np

from nars.space.assembly import assemble, leaves, setting
from tests.space.spaces import small_space


def test_a_setting_is_the_leaf_of_its_path() -> None:
    for candidate in small_space().sample(20, rng=np.random.default_rng(0)):
        found = leaves(candidate)
        assert {path: setting(candidate, path) for path in found} == found
        assert assemble(found, source="leaves") == candidate


def test_a_setting_that_a_candidate_lacks_is_none() -> None:
    candidate = small_space().sample(1, rng=np.random.default_rng(0))[0]
    stages = len(candidate.architecture.stages)
    assert setting(candidate, f"architecture.stages[{stages - 1}].width") is not None
    assert setting(candidate, f"architecture.stages[{stages}].width") is None
    assert setting(candidate, "architecture.detector.stages[0].width") is None


def test_the_tenth_stage_comes_after_the_ninth() -> None:
    candidate = small_space().sample(1, rng=np.random.default_rng(0))[0]
    first = {path: value for path, value in leaves(candidate).items() if path.startswith("architecture.stages[0]")}
    settings = {path: value for path, value in leaves(candidate).items() if not path.startswith("architecture.stages")}
    for index in (10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0):
        for path, value in first.items():
            place = path.replace("stages[0]", f"stages[{index}]")
            settings[place] = 8 * (index + 1) if path.endswith(".width") else value
    found = assemble(settings, source="eleven stages")
    assert [stage.width for stage in found.architecture.stages] == [8 * (index + 1) for index in range(11)]
