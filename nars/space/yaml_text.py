"""YAML text into plain values: the safe loader, with the traps of YAML 1.1 taken out.

``1e-3`` is a number (YAML 1.1 reads a word), ``no`` and ``on`` are words (YAML 1.1 reads booleans), and a key that
stands twice is an error (YAML 1.1 keeps the last).
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml

from nars.errors import SpaceError
from nars.space.assembly import Tree

_FLOAT = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$")
_INT = re.compile(r"^[-+]?\d+$")
_BOOL = re.compile(r"^(true|True|TRUE|false|False|FALSE)$")


class _Loader(yaml.SafeLoader):
    """The safe loader with the number and boolean words of YAML 1.2."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # pyyaml's own class attribute
        first: [
            (tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":float", ":int", ":timestamp"))
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                mark = node.value[index][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' stands twice", mark)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOL, list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


class _Dumper(yaml.SafeDumper):
    """The safe dumper; puts quotes around words that the loader would read as numbers, as ``1e3``."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


def parse_yaml(text: str, *, source: str) -> dict[str, Tree]:
    """The mapping that a YAML text holds.

    Raises:
        SpaceError: If the text is empty, is not YAML, or is not a mapping; with line and column.
    """
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise SpaceError(source, [f"not valid YAML: {error.problem}{where}"]) from error
    except yaml.YAMLError as error:
        raise SpaceError(source, [f"not valid YAML: {error}"]) from error
    if document is None:
        raise SpaceError(source, ["the file is empty; a search space has architecture and recipe sections"])
    if not isinstance(document, dict):
        raise SpaceError(source, [f"must be a mapping of sections, got {type(document).__name__} @ $"])
    return document


def dump_yaml(tree: object) -> str:
    """YAML text of plain mappings, lists and values, keys in their order."""
    return yaml.dump(tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
