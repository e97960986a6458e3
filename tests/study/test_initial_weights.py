from pathlib import Path

import pytest
import torch

import nars
from nars.errors import ModelError
from nars.models.classifier import build_classifier
from nars.space import SearchSpace
from nars.study.initial_weights import require_weights
from tests.space.spaces import TEXT, small_space


def space_of(weights: str, text: str = TEXT) -> SearchSpace:
    return small_space(text.replace("batch_size: 64", f"batch_size: 64\n  weights: {weights}"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Weights of one candidate's network; the cache is empty."""
    monkeypatch.setenv("NARS_WEIGHTS", str(tmp_path / "cache"))
    space = small_space()
    codes = space.codes_from_unit(torch.full((1, space.num_knobs), 0.4, dtype=torch.float64).numpy())
    torch.save(build_classifier(space.decode(codes)[0].architecture).state_dict(), tmp_path / "w.pth")
    return str(tmp_path / "w.pth")


def test_random_weights_need_nothing() -> None:
    require_weights(small_space())


def test_a_searched_architecture_needs_inherit(file: str) -> None:
    with pytest.raises(
        ModelError,
        match=r"another network: \d+ of \d+ arrays fit, .*; inherit: true takes what fits @ \$.recipe.weights$",
    ):
        require_weights(space_of(file))
    require_weights(space_of(f"{file}\n  inherit: true"))


def test_only_what_a_candidate_may_start_from_is_asked_for(file: str) -> None:
    weights = f"{{choice: [none, {file}]}}\n  inherit: {{choice: [true], when: {{weights: {file}}}}}"
    require_weights(space_of(weights))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("timm/fbnetv3_b", r"unknown weights 'timm/fbnetv3_b'; did you mean 'timm/fbnetv3_b.ra2_in1k'\? @ .* @ \$.recipe.weights$"),
        ("{choice: [none, absent.pth]}", r"absent.pth: there is no such weights file @ \$.recipe.weights$"),
        ("mobile_cv/fbnetv3_a", r"no checksum of it is published; put https://\S+ at \S+, .* @ \$.recipe.weights$"),
        ("broken.pth", r"broken.pth: truncated, damaged or no weights file: .* @ \$.recipe.weights$"),
    ],
)  # fmt: skip
def test_nothing_is_written_before_the_weights_are_there(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.pth").write_bytes(Path(file).read_bytes()[:99])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ModelError, match=message):
        nars.search(space_of(f"{weights}\n  inherit: true"), root=tmp_path / "experiments")
    assert sorted(tmp_path.rglob("*")) == before
