from typing import get_args

import pytest

from nars.errors import BundleError
from nars.exports.formats import FormatName
from nars.exports.formats.detectors import detector_format

REFUSED = ("onnx-int8", "timm", "executorch")


@pytest.mark.parametrize("name", get_args(FormatName))
def test_every_format_is_there_for_detectors_or_refused_with_a_reason(name):
    if name in REFUSED:
        with pytest.raises(BundleError, match="classifiers|no detectors"):
            detector_format(name)
    else:
        assert detector_format(name).name == name
