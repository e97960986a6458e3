from nars.space import SearchSettings
from nars.study.plan import plan
from nars.trials import SearchStage


def sizes(settings: SearchSettings, *budgets: int) -> list[tuple[str, int]]:
    return [(planned.stage.value, planned.size) for planned in plan(settings, budgets)]


def test_rounds_add_up_to_the_budget() -> None:
    settings = SearchSettings(trials=24, first_round=8, round_size=8, final=3)
    assert sizes(settings, 24) == [("coarse", 8), ("coarse", 8), ("coarse", 5), ("final", 3)]


def test_more_trials_only_add_rounds_at_the_end() -> None:
    settings = SearchSettings(first_round=8, round_size=4, final=2)
    before, after = plan(settings, (12,)), plan(settings, (12, 7))
    assert after[: len(before)] == before
    assert sizes(settings, 12, 7)[len(before) :] == [("coarse", 4), ("coarse", 1), ("final", 2)]
    assert [planned.index for planned in after] == list(range(len(after)))


def test_small_budgets_keep_something_to_learn_from() -> None:
    settings = SearchSettings(final=3)
    assert sizes(settings, 1) == [("coarse", 1)]
    assert sizes(settings, 4) == [("coarse", 2), ("final", 2)]
    assert sizes(settings, 4, 1) == [("coarse", 2), ("final", 2), ("final", 1)]
    assert {stage for stage, _ in sizes(settings, 4)} <= {stage.value for stage in SearchStage}
