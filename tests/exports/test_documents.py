from dataclasses import replace

import pytest

from nars.errors import BundleError
from nars.exports.documents import (
    Metrics,
    Preprocessing,
    Provenance,
    Versions,
    dump_document,
    parse_document,
)
from nars.space.data_spec import DataSpec
from nars.trials import Cost

PREPROCESSING = Preprocessing(
    size=16, resolution=12, channels=1, rule="resize", mean=(0.5,), std=(0.25,), classes=("0", "no", "ünd")
)
METRICS = Metrics(
    validation_accuracy=0.98,
    test_accuracy=1.0,
    train_images=10,
    validation_images=3,
    test_images=3,
    epochs=2,
    train_wall_s=1.5,
    train_device="cpu",
    cost=Cost(macs=1, params=2, activations=3, memory_bytes=4, train_macs=5),
)
PROVENANCE = Provenance(
    study="digits",
    trial=0,
    candidate="0123456789ab",
    threads=1,
    seed=7,
    data=DataSpec(source="image_folder", path="/data/pets"),
    data_fingerprint="00",
    versions=Versions(nars="0.1.0", python="3.11.2", torch="2.11", torchvision="0.26"),
)


# words that YAML may take for numbers: a content id of digits and one e, and a class of that name
TRAPS = [replace(PROVENANCE, candidate="1234567890e1"), replace(PREPROCESSING, classes=("1e3", "0x10", "~", ""))]


@pytest.mark.parametrize("document", [PREPROCESSING, METRICS, PROVENANCE, *TRAPS])
def test_what_is_written_is_read_back(document: Preprocessing | Metrics | Provenance) -> None:
    assert parse_document(type(document), dump_document(document), source="x") == document


def test_every_problem_is_told_with_its_place() -> None:
    text = dump_document(METRICS).replace("test_accuracy: 1.0", "test_accuracy: 1.5").replace("macs: 1\n", "macs: x\n")
    with pytest.raises(BundleError) as info:
        parse_document(Metrics, text + "speed: 3\n", source="metrics.yaml")
    message = str(info.value)
    assert message.startswith("metrics.yaml: ")
    assert "must be less than or equal to 1, got 1.5 @ $.test_accuracy" in message
    assert "@ $.cost.macs" in message
    assert "@ $.speed" in message


def test_a_document_that_is_not_yaml() -> None:
    with pytest.raises(BundleError, match=r"^metrics\.yaml: not valid YAML: "):
        parse_document(Metrics, "a: [", source="metrics.yaml")
