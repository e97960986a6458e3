"""Other libraries: optional ones, imported when first needed, and what they raise."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

from nars.errors import BundleError, NarsError

_log = logging.getLogger(__name__)


def library(name: str, *, install: str) -> ModuleType:
    """An optional module.

    Args:
        name: Of the module, with dots.
        install: What brings it, as pip is told.

    Raises:
        BundleError: If it is absent; the message holds the line that installs it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise BundleError(f"{name.partition('.')[0]} is not installed ({error}); run: pip install {install}") from error


@contextmanager
def failures_told() -> Iterator[None]:
    """What a library raises while it converts, reads or runs a network becomes a `BundleError` of one line.

    They have no error in common: torch, ONNX and ExecuTorch each raise dozens of kinds, some of no base but Exception.
    """
    try:
        yield
    except NarsError:
        raise
    except Exception as error:
        _log.debug("a library failed", exc_info=True)
        raise BundleError(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}") from error
