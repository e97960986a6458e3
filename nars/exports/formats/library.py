"""Optional libraries, imported when first needed."""

from importlib import import_module
from types import ModuleType

from nars.errors import BundleError


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
