"""detectron2, which has detectors alone: see `nars.exports.formats.detectors.detectron2`."""

from pathlib import Path

from nars.errors import BundleError, ModelError
from nars.exports.formats.format import FormatName, Runner, Source
from nars.models.detector.detectron2_model import require_detectron2

_REFUSAL = "detectron2 has no classifiers"


class Detectron2Format:
    """What classifiers are told."""

    name: FormatName = "detectron2"
    files: tuple[str, ...] = ()
    is_quantised = False

    def require(self) -> None:
        """Needs detectron2."""
        try:
            require_detectron2()
        except ModelError as error:
            raise BundleError(str(error)) from error

    def write(self, source: Source, directory: Path) -> None:  # noqa: ARG002  # the border is every format's
        """Refuses."""
        raise BundleError(_REFUSAL)

    def open(self, directory: Path) -> Runner:  # noqa: ARG002  # as above
        """Refuses."""
        raise BundleError(_REFUSAL)
