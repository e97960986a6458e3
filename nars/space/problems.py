"""Problems of a document, one line each: what the rule is, what was got, and where."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

T = TypeVar("T")


def validated(kind: type[T], tree: object) -> T:
    """The dataclass that a document of mappings, lists and plain values describes.

    Raises:
        ValidationError: As pydantic words it; ``problems_of`` words it as we do.
    """
    # Strict pydantic takes a mapping for a dataclass and a list for a tuple only from JSON.
    found: T = _adapter(kind).validate_json(to_json(tree))  # type: ignore[arg-type]  # every type is hashable
    return found


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def problems_of(error: ValidationError, path: str = "$") -> list[str]:
    """One line for each problem that pydantic found below ``path``."""
    return [
        problem(_rule(detail["msg"]), detail["input"], path + json_path(detail["loc"]))
        for detail in error.errors(include_url=False)
    ]


def problem(rule: str, value: object, path: str) -> str:
    """``rule, got value @ path``; the value of a mapping is left out."""
    got = "" if isinstance(value, dict) or ", got " in rule else f", got {value!r}"
    return f"{rule}{got} @ {path}"


def unknown(kind: str, name: object, known: Sequence[str], path: str) -> str:
    """A line that names the nearest known name, or all of them when none is near."""
    near = get_close_matches(str(name), known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    return f"unknown {kind} '{name}'; {hint} @ {path}"


def json_path(location: Iterable[int | str]) -> str:
    """``.stages[0].width`` for ``('stages', 0, 'width')``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)


def _rule(message: str) -> str:
    """Pydantic's sentence in our form."""
    message = message.removeprefix("Value error, ")
    return message.replace("Input should be", "must be").replace("Field required", "is required")
