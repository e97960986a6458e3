import math
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from nars.data.dataset import Split
from nars.errors import BundleError
from nars.exports.conversion import Examples, accuracy_tolerance, convert, examples_of
from nars.exports.formats import FormatName, Runner, Source, format_named
from nars.exports.formats_document import dump_formats, formats_rows, read_formats
from nars.exports.measure import predict
from tests.exports.formats.networks import RESIDUAL
from tests.exports.formats.sources import source


@dataclass(frozen=True)
class Off:
    """A format whose logits are off by a known amount: what a faulty exporter would give."""

    by: float
    is_quantised: bool = False
    network: Runner | None = None
    name: FormatName = "onnx"
    files: tuple[str, ...] = ("off.bin",)

    def require(self) -> None: ...

    def write(self, source: Source, directory: Path) -> None:  # noqa: ARG002
        (directory / "off.bin").write_bytes(b"12345")

    def open(self, directory: Path) -> Runner:  # noqa: ARG002
        network = self.network
        assert network is not None

        def run(images_NCHW: Tensor) -> Tensor:
            logits_NK = network(images_NCHW).clone()
            logits_NK[:, 0] += self.by
            return logits_NK

        return run


@pytest.fixture(scope="module")
def given() -> Source:
    return source(RESIDUAL)


@pytest.fixture(scope="module")
def examples(given: Source) -> Examples:
    images = torch.randint(0, 256, (40, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    unlabelled = Split(images=images, labels=torch.zeros(40, dtype=torch.int64))
    logits_NK = predict(given.network, unlabelled, resolution=16)
    labels = logits_NK.argmax(1)
    labels[:4] = (labels[:4] + 1) % 5  # the source is right about 36 of 40
    return examples_of(Split(images=images, labels=labels), logits_NK, resolution=16)


def test_a_faithful_format_stays(given: Source, examples: Examples, tmp_path: Path) -> None:
    document = convert(given, [format_named("torchscript")], examples, tmp_path)
    (report,) = document.formats
    assert report.refusal is None
    assert report.measured is not None
    assert report.measured.largest_difference < 1e-5
    assert report.measured.agreement == 1
    assert report.measured.accuracy == document.source.accuracy == 0.9
    assert report.bytes == (tmp_path / "model.torchscript").stat().st_size
    assert report.measured.latency_ms > 0


@pytest.mark.parametrize(("by", "told"), [(1e-3, "the largest by 0.001"), (math.nan, "the largest by nan")])
def test_a_format_off_by_more_than_1e_4_is_refused_and_the_rest_stays(
    given: Source, examples: Examples, tmp_path: Path, by: float, told: str
) -> None:
    formats = [Off(by=by, network=given.network), format_named("torchscript")]
    refused, kept = convert(given, formats, examples, tmp_path).formats
    assert refused.refusal == f"a logit may differ by 0.0001, {told}"
    assert (refused.files, refused.bytes) == ((), 5)
    assert kept.refusal is None
    assert [path.name for path in tmp_path.iterdir()] == ["model.torchscript"]


def test_a_format_off_by_less_stays(given: Source, examples: Examples, tmp_path: Path) -> None:
    (report,) = convert(given, [Off(by=5e-5, network=given.network)], examples, tmp_path).formats
    assert report.refusal is None


def test_an_int8_format_is_judged_by_its_accuracy(given: Source, examples: Examples, tmp_path: Path) -> None:
    near = Off(by=1e-3, is_quantised=True, network=given.network)
    assert convert(given, [near], examples, tmp_path).formats[0].refusal is None
    far = Off(by=100.0, is_quantised=True, network=given.network)  # always class 0
    (report,) = convert(given, [far], examples, tmp_path).formats
    assert report.measured is not None
    lost = 0.9 - report.measured.accuracy
    assert lost > 0.3
    assert report.refusal == f"top-1 accuracy may fall by 0.0375, it falls by {lost:.4f}"


def test_what_a_format_cannot_express_is_its_refusal(given: Source, examples: Examples, tmp_path: Path) -> None:
    class Speechless(Off):
        def write(self, source: Source, directory: Path) -> None:
            super().write(source, directory)
            raise BundleError("it has no word for it")

    (report,) = convert(given, [Speechless(by=0)], examples, tmp_path).formats
    assert (report.refusal, report.measured) == ("it has no word for it", None)
    assert not list(tmp_path.iterdir())


@dataclass(frozen=True)
class Failing(Off):
    """A format whose library raises what it likes."""

    def open(self, directory: Path) -> Runner:  # noqa: ARG002
        raise RuntimeError("no kernel for aten::foo\nat line 3\nof kernels.cpp")


def test_what_a_library_raises_is_its_refusal_and_the_rest_stays(
    given: Source, examples: Examples, tmp_path: Path
) -> None:
    document = convert(given, [Failing(by=0.0), format_named("torchscript")], examples, tmp_path)
    failing, other = document.formats
    assert failing.refusal == "RuntimeError: no kernel for aten::foo"
    assert failing.files == ()
    assert (other.refusal, other.files) == (None, ("model.torchscript",))
    assert {path.name for path in tmp_path.iterdir()} == {"model.torchscript"}


def test_a_refused_python_format_leaves_the_bundle_its_weights(
    given: Source, examples: Examples, tmp_path: Path
) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"of another network")
    (report,) = convert(given, [format_named("python")], examples, tmp_path).formats
    assert report.refusal is not None
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]


def test_a_large_split_is_thinned_evenly() -> None:
    labels = torch.arange(2500)
    split = Split(images=torch.zeros(2500, 1, 1, 1, dtype=torch.uint8), labels=labels)
    thinned = examples_of(split, labels[:, None].float(), resolution=1)
    assert thinned.split.labels.tolist() == list(range(0, 2500, 3))
    assert thinned.logits_NK.flatten().tolist() == list(range(0, 2500, 3))


def test_tolerances() -> None:
    assert accuracy_tolerance(format_named("onnx-int8"), 300) == 0.01
    assert accuracy_tolerance(format_named("onnx"), 300) == 0.005


def test_the_record_is_read_as_it_was_written(given: Source, examples: Examples, tmp_path: Path) -> None:
    document = convert(given, [format_named("torchscript"), Off(by=1, network=given.network)], examples, tmp_path)
    assert read_formats(tmp_path) is None
    (tmp_path / "formats.json").write_bytes(dump_formats(document))
    assert read_formats(tmp_path) == document
    head, source_row, kept, refused = formats_rows(document)
    assert len(head) == len(source_row) == len(kept) == len(refused)
    assert kept[-1] == "in the bundle"
    assert refused[-1] == "refused: a logit may differ by 0.0001, the largest by 1"


def test_a_record_that_breaks_a_rule_is_refused(tmp_path: Path) -> None:
    (tmp_path / "formats.json").write_text('{"images": 0}')
    with pytest.raises(BundleError, match=r"formats\.json: .*@ \$\.images"):
        read_formats(tmp_path)
