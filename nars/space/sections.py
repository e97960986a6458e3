"""The architecture and recipe sections of a space file, read along the dataclasses that they describe."""

from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from nars.space.assembly import Tree
from nars.space.domains import Value
from nars.space.leaf import Leaf, LeafProblemError, read_leaf
from nars.space.problems import problem, unknown

TOLD_BY_DATA = ("architecture.in_channels", "architecture.num_classes")
"""Settings that a file may leave out, because the images say them."""

_MAY_BE_NULL = ("architecture.head", "architecture.detector.box", "architecture.detector.mask")


class SectionReader:
    """Collects leaves by path, and problems."""

    def __init__(self) -> None:
        self.leaves: dict[str, Leaf] = {}
        self.defaults: dict[str, Value] = {}
        """Default of every setting that has one."""
        self.problems: list[str] = []

    def read(self, kind: type, tree: Tree, path: str) -> None:
        """Reads a mapping that describes a dataclass; ``path`` has no leading ``$``."""
        if not isinstance(tree, dict):
            self.problems.append(problem(f"{path.rsplit('.', maxsplit=1)[-1]} must be a mapping", tree, f"$.{path}"))
            return
        hints = get_type_hints(kind, include_extras=True)
        members = {f.name: f for f in fields(kind)}
        for key in tree:
            if key not in members:
                self.problems.append(unknown("key", key, tuple(members), f"$.{path}.{key}"))
        for name, member in members.items():
            self._read_member(member, hints[name], tree, f"{path}.{name}")

    def _read_member(self, member: Field[Any], hint: Any, tree: dict[str, Tree], path: str) -> None:
        nested = _nested(hint)
        given = member.name in tree
        listed = _listed(hint)
        if path in _MAY_BE_NULL and given and tree[member.name] is None:
            self.leaves[path] = Leaf(domain=None)  # a trunk without it, in so many words
        elif listed is not None:
            if given or not _has_default(member):
                self._read_list(listed, tree.get(member.name), path)
        elif nested is not None:
            if given:
                self.read(nested, tree[member.name], path)
            elif not _has_default(member):
                self.problems.append(f"{member.name} is required @ $.{path}")
            elif member.default is not None:
                self.read(nested, {}, path)
        else:
            if member.default is not MISSING:
                self.defaults[path] = member.default
            self._read_leaf(tree.get(member.name), hint, path, given=given)

    def _read_list(self, kind: type, tree: Tree, path: str) -> None:
        if not isinstance(tree, list) or not tree:
            name = path.rsplit(".", maxsplit=1)[-1]
            self.problems.append(problem(f"{name} must be a list of at least one stage", tree, f"$.{path}"))
            return
        for index, stage in enumerate(tree):
            self.read(kind, stage, f"{path}[{index}]")

    def _read_leaf(self, tree: Tree, hint: Any, path: str, *, given: bool) -> None:
        if not given:
            if path in self.defaults or path in TOLD_BY_DATA:
                self.leaves[path] = Leaf(domain=None, value=self.defaults.get(path))
            else:
                self.problems.append(f"{path.rsplit('.', maxsplit=1)[-1]} is required @ $.{path}")
            return
        try:
            self.leaves[path] = read_leaf(tree, hint, f"$.{path}")
        except LeafProblemError as error:
            self.problems.extend(error.lines)


def _nested(hint: Any) -> type | None:
    """The dataclass below annotations and options, none for a plain setting."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _nested(get_args(hint)[0])
    if origin in (Union, UnionType):
        found = [_nested(arg) for arg in get_args(hint)]
        return next((kind for kind in found if kind is not None), None)
    return hint if isinstance(hint, type) and is_dataclass(hint) else None


def _listed(hint: Any) -> type | None:
    """The dataclass of which a setting is a list, below annotations and options; none for others."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _listed(get_args(hint)[0])
    if origin in (Union, UnionType):
        return next((kind for kind in map(_listed, get_args(hint)) if kind is not None), None)
    return _nested(get_args(hint)[0]) if origin is tuple else None


def _has_default(member: Field[Any]) -> bool:
    return member.default is not MISSING or member.default_factory is not MISSING
