from collections.abc import Callable
from pathlib import Path

import pytest

from nars.errors import BundleError, DataError
from nars.exports import evaluate_bundle, load_bundle
from nars.exports.checksums import write_checksums


def test_the_recorded_test_accuracy_is_reproduced(exported: Path) -> None:
    result = evaluate_bundle(exported)
    assert result.is_reproduced
    assert result.accuracy == load_bundle(exported).metrics.test_accuracy
    assert result.images == 300
    assert 0.3 < result.accuracy < 1  # a guess would have 0.1


def test_it_works_from_another_place(copied: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copied()
    before = sorted(folder.iterdir())
    monkeypatch.chdir(folder)
    assert evaluate_bundle(".").is_reproduced
    assert sorted(folder.iterdir()) == before


def test_a_wrong_record_is_not_reproduced(copied: Callable[[], Path]) -> None:
    folder = copied()
    recorded = load_bundle(folder).metrics.test_accuracy
    text = (folder / "metrics.yaml").read_text()
    (folder / "metrics.yaml").write_text(text.replace(f"test_accuracy: {recorded}", "test_accuracy: 0.99"))
    (folder / "SHA256SUMS").unlink()
    write_checksums(folder)
    result = evaluate_bundle(folder)
    assert not result.is_reproduced
    assert (result.accuracy, result.recorded_accuracy) == (recorded, 0.99)


def test_damage_is_found_before_anything_is_measured(copied: Callable[[], Path]) -> None:
    folder = copied()
    (folder / "splits.json").write_text("{}")
    with pytest.raises(BundleError, match=r"the bundle is damaged: splits\.json must have SHA-256"):
        evaluate_bundle(folder)


def test_embedded_data_takes_no_folder(exported: Path) -> None:
    with pytest.raises(DataError, match=r"embedded digits, which take no folder, got /data/pets$"):
        evaluate_bundle(exported, "/data/pets")
