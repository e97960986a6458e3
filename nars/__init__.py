"""NARS: searches network architectures and their training recipes together, under a device budget.

The public names load their packages when first used, so that ``import nars`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from nars.errors import NarsError
from nars.version import VERSION

if TYPE_CHECKING:  # for readers and type checkers; at run time __getattr__ does it
    from nars.analysis import analyze
    from nars.exports import export
    from nars.samplers.nars_sampler import NarsSampler
    from nars.space import SearchSpace, load_space
    from nars.study import Study, resume, search

__version__ = VERSION
__all__ = ["NarsError", "NarsSampler", "SearchSpace", "Study", "analyze", "export", "load_space", "resume", "search"]

_HOMES = {
    "NarsSampler": "nars.samplers.nars_sampler",
    "SearchSpace": "nars.space",
    "Study": "nars.study",
    "analyze": "nars.analysis",
    "export": "nars.exports",
    "load_space": "nars.space",
    "resume": "nars.study",
    "search": "nars.study",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nars' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
