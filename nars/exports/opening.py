"""Runs a bundle's network, by itself or in one of the formats that lie beside it."""

from nars.errors import BundleError
from nars.exports.bundle import Bundle
from nars.exports.checksums import read_checksums
from nars.exports.formats import Runner, format_named
from nars.exports.formats.detectors import detector_format
from nars.exports.formats_document import read_formats


def open_bundle(bundle: Bundle, form: str | None = None) -> Runner:
    """The network of a bundle whose files have been checked.

    The formats ``python`` and ``torchscript`` are programs, which run here: open those of people you trust.

    Args:
        bundle: What `load_bundle` returned.
        form: Name of a format; none for the bundle's own weights in torch.

    Returns:
        From ``N x C x R x R`` float images in [0, 1] to ``N x K`` logits, on the CPU; of a detector, a module from a
        list of images to a list of their detections.

    Raises:
        BundleError: If the format is unknown, not in the bundle, or cannot be read here.
    """
    if form is None:
        return bundle.model()
    chosen = format_named(form)
    recorded = read_checksums(bundle.directory)
    document = read_formats(bundle.directory)
    reports = document.formats if document else ()
    there = [one.format for one in reports if one.refusal is None and recorded.keys() >= set(one.files)]
    if chosen.name not in there:
        refusals = [f" (refused at the export: {one.refusal})" for one in reports if one.format == form and one.refusal]
        raise BundleError(
            f"{bundle.directory}: the bundle must hold the format {chosen.name!r}{''.join(refusals)}, got "
            f"{', '.join(there) or 'no formats'}; export it again with --format {chosen.name}"
        )
    chosen.require()
    if bundle.candidate.is_detector:
        return detector_format(chosen.name).open(bundle.directory, bundle.model().transform)  # type: ignore[arg-type]
    return chosen.open(bundle.directory)
