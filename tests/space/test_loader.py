from pathlib import Path

import pytest

from nars.errors import SpaceError
from nars.space import load_space, parse_space
from tests.space.spaces import TEXT


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(SpaceError) as caught:
        parse_space(text, source="test.yaml")
    return caught.value.problems


def broken(old: str, new: str) -> tuple[str, ...]:
    assert old in TEXT, "the test must change something"
    return problems(TEXT.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("recipe:", "receipt:", "unknown key 'receipt'; did you mean 'recipe'? @ $.receipt"),
        ("batch_size: 64", "batchsize: 64", "unknown key 'batchsize'; did you mean 'batch_size'? @ $.recipe.batchsize"),
        ("batch_size: 64", "momentum_size: 1\n  batch_size: 64\n  zzz: 1", "unknown key 'zzz'; known: optimizer, lr"),
        ("batch_size: 64", "batch_size: many", "batch_size must be an integer, got 'many' @ $.recipe.batch_size"),
        ("batch_size: 64", "batch_size: 0", "batch_size must be >= 1, got 0 @ $.recipe.batch_size"),
        ("batch_size: 64", "batch_size: 6.5", "batch_size must be an integer, got 6.5 @ $.recipe.batch_size"),
        ("batch_size: 64", "batch_size: [64]", "must be one value or {choice: [...]}, got [64] @ $.recipe.batch_size"),
        ("low: 1e-3", "low: -0.1", "lr must be > 0, got -0.1 @ $.recipe.lr.low"),
        ("{low: 1e-3, high: 1, log: true}", "{low: 1, high: 1e-3}", "low must be < high, got low=1.0, high=0.001 @ $.recipe.lr"),
        ("{low: 2, high: 4}", "{low: 4, high: 2}", "low must be <= high, got low=4, high=2 @ $.recipe.epochs"),
        (
            "{low: 8, high: 24, step: 8}",
            "{low: 8, high: 30, step: 8}",
            "high=30 is not reachable from low=8 in steps of 8 @ $.architecture.stages[1].width",
        ),
        (
            "{low: 2, high: 4, step: 0.5}",
            "{low: 2, high: 4, step: 0.3}",
            "high=4 is not reachable from low=2 in steps of 0.3 @ $.architecture.stages[1].first.expansion",
        ),
        ("{choice: [16, 24]}", "{choice: []}", "choice must name at least one value, got [] @ $.architecture.resolution"),
        ("{choice: [16, 24]}", "{choice: 16}", "choice must be a list, got 16 @ $.architecture.resolution.choice"),
        ("{choice: [16, 24]}", "{chioce: [16]}", "unknown key 'chioce'; did you mean 'choice'? @ $.architecture.resolution.chioce"),
        ("{choice: [3, 5]}, expansion: {", "{choice: [3, 4]}, expansion: {", "kernel must be 1, 3, 5, 7 or 9, got 4"),
        ("when: {optimizer: [sgd, adamw]}", "when: {optimiser: sgd}", "unknown knob 'optimiser'; did you mean 'optimizer'? @ $.recipe.ema.when.optimiser"),
        ("when: {optimizer: [sgd, adamw]}", "when: {lr: 0.1}", "a condition needs a knob with separate values, recipe.lr is continuous"),
        ("when: {optimizer: [sgd, adamw]}", "when: {optimizer: adam}", "never holds: recipe.optimizer is one of ['sgd', 'rmsprop', 'adamw'], got 'adam'"),
        ("batch_size: 64", "batch_size: {choice: [32], when: {optimizer: sgd}}", "otherwise is required: batch_size has no default while inactive"),
        ("macs:", "mcas:", "unknown cost 'mcas'; did you mean 'macs'? @ $.constraints.mcas"),
        ("constraints:", "objectives: [macs]\nconstraints:", "objectives must be a list of accuracy and of costs to lower"),
        ("constraints:", "objectives: macs\nconstraints:", "objectives must be a list of accuracy and of costs to lower"),
        ("constraints:", "objectives: [accuracy, mcas]\nconstraints:", "unknown objective 'mcas'; did you mean 'macs'?"),
        ("constraints:", "objectives: [accuracy, macs, macs]\nconstraints:", "objectives must differ, got 'macs'"),
        (
            "constraints:",
            "objectives: [accuracy, latency_ms]\nconstraints:",
            "latency_ms needs a table of measured operators: latency: {table: FILE} @ $.objectives[1]",
        ),
        ("{max: 1e6}", "{max: 1e3, min: 1e6}", "min must be <= max, got min=1e+06, max=1000 @ $.constraints.macs"),
        ("{max: 1e6}", "{maximum: 1e3}", "unknown key 'maximum'; did you mean 'max'? @ $.constraints.macs.maximum"),
        ("macs: {max: 1e6}", "latency_ms: {max: 3}", "latency_ms needs a table of measured operators: latency: {table: FILE} @ $.latency"),
        ("      depth: 1\n", "      depth: 2\n", "rest is required where depth may be over 1, got depth up to 2 @ $.architecture.stages[0].rest"),
        ("{low: 1, high: 3}", "1", "rest has no effect at depth 1 @ $.architecture.stages[1].rest"),
        ("{choice: [sgd, rmsprop, adamw]}", "adamw", "momentum has no effect with adamw @ $.recipe.momentum"),
        ("batch_size: 64", "batch_size: 64\n  inherit: true", "inherit has no effect without weights @ $.recipe.inherit"),
        ("batch_size: 64", "batch_size: 64\n  weights: null", "weights must be a valid string, got None @ $.recipe.weights"),
        ("batch_size: 64", "batch_size: 64\n  weights: ''", "weights String should have at least 1 character, got '' @ $.recipe.weights"),
        ("  stem: {width: 8, stride: 1}\n", "", "stem is required @ $.architecture.stem"),
        ("  lr: {low: 1e-3, high: 1, log: true}\n", "", "lr is required @ $.recipe.lr"),
        ("  head: {width: 32, expansion: 2}\n", "", "head is required @ $.architecture.head"),
        ("  head: {width: 32, expansion: 2}\n", "  head: none\n", "head must be a mapping, got 'none' @ $.architecture.head"),
        ("  stem: {width: 8, stride: 1}\n", "  stem: null\n", "stem must be a mapping, got None @ $.architecture.stem"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_message(old: str, new: str, message: str) -> None:
    found = broken(old, new)
    assert any(line.startswith(message) for line in found), found


def test_all_problems_come_at_once() -> None:
    text = TEXT.replace("batch_size: 64", "batchsize: 64").replace("low: 1e-3", "low: -1").replace("macs:", "mcas:")
    found = problems(text)
    assert len(found) == 4, "unknown key, the key that is then missing, lr, and the cost"
    with pytest.raises(SpaceError, match=r"^test.yaml:\n  unknown"):
        parse_space(text, source="test.yaml")


def test_circle_of_conditions_is_refused() -> None:
    text = TEXT.replace(
        "{choice: [0.0, 0.9], when: {optimizer: [sgd, adamw]}}", "{choice: [0.0, 0.9], when: {epochs: 2}}"
    ).replace("epochs: {low: 2, high: 4}", "epochs: {low: 2, high: 4, when: {ema: 0.9}, otherwise: 3}")
    assert any("conditions must not form a circle" in line for line in problems(text))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match=r"absent.yaml: no such file$"):
        load_space(tmp_path / "absent.yaml")


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    with pytest.raises(SpaceError, match="the file is empty; a search space has architecture and recipe sections"):
        load_space(tmp_path / "empty.yaml")


def test_folder_and_binary(tmp_path: Path) -> None:
    with pytest.raises(SpaceError, match="is a folder; a search space is a YAML file"):
        load_space(tmp_path)
    (tmp_path / "image.yaml").write_bytes(b"\xff\xd8\xff\x00")
    with pytest.raises(SpaceError, match="cannot be read as text"):
        load_space(tmp_path / "image.yaml")


def test_not_yaml_names_line_and_column() -> None:
    assert problems("architecture: {a: [1\nrecipe: 2")[0].startswith("not valid YAML: ")
    assert "line 2" in problems("architecture: {a: [1\nrecipe: 2")[0]
    assert problems("- 1\n- 2") == ("must be a mapping of sections, got list @ $",)


def test_a_key_twice_is_refused() -> None:
    assert "key 'batch_size' stands twice" in broken("batch_size: 64", "batch_size: 64\n  batch_size: 32")[0]


def test_numbers_and_words_are_read_as_people_mean_them() -> None:
    space = parse_space(TEXT + "name: no\n", source="t")
    assert space.name == "no", "YAML 1.1 reads a boolean"
    lr = next(knob for knob in space.knobs if knob.path == "recipe.lr")
    assert lr.domain.value(0.0) == 1e-3, "YAML 1.1 reads 1e-3 as a word"
    assert space.constraints[0].maximum == 1e6


def test_name_is_the_files(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(TEXT)
    assert load_space(tmp_path / "mine.yaml").name == "mine"


@pytest.mark.parametrize("path", sorted(Path("search_spaces").glob("*.yaml")), ids=str)
def test_every_shipped_space_loads(path: Path) -> None:
    space = load_space(path)
    assert space.num_knobs > 0
    assert path.read_text().startswith("# "), "each file opens with what it is and how to launch it"
    assert "nars search --space" in path.read_text()


def test_objectives_are_the_accuracy_and_costs() -> None:
    assert parse_space(TEXT, source="test.yaml").costs_to_lower == ()
    several = parse_space(TEXT + "objectives: [params, accuracy, macs]\n", source="test.yaml")
    assert several.costs_to_lower == ("macs", "params")
