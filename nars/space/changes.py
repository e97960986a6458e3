"""What tells two search spaces apart, setting by setting."""

from collections.abc import Iterator
from dataclasses import fields

from nars.space.domains import Choice, Domain, FloatRange, Value
from nars.space.search_space import SearchSpace


def changes(before: SearchSpace, after: SearchSpace) -> list[str]:
    """A sentence for each setting that differs, as ``recipe.lr: 0.001 to 1 before, 0.1 now``; none where none does."""
    known, new = dict(_settings(before)), dict(_settings(after))
    return [
        f"{path}: {known.get(path, 'absent')} before, {new.get(path, 'absent')} now"
        for path in dict.fromkeys([*known, *new])
        if known.get(path) != new.get(path)
    ]


def _settings(space: SearchSpace) -> Iterator[tuple[str, str]]:
    """Every setting by its path, in words."""
    for path, value in space.fixed.items():
        yield path, _word(value)
    for knob in space.knobs:
        when = " and ".join(f"{c.path} is {', '.join(sorted(map(_word, c.values)))}" for c in knob.conditions)
        yield knob.path, _span(knob.domain) + (f" when {when}" if when else "")
    for bound in space.constraints:
        yield f"constraints.{bound.cost}", f"{_word(bound.minimum)} to {_word(bound.maximum)}"
    yield "objectives", ", ".join(("accuracy", *space.costs_to_lower))
    yield "latency.table", _word(space.latency_table)
    for section, settings in (("data", space.data), ("search", space.settings)):
        for field in fields(settings):
            yield f"{section}.{field.name}", _word(getattr(settings, field.name))


def _span(domain: Domain) -> str:
    if isinstance(domain, Choice):
        return f"one of {', '.join(map(_word, domain.values))}"
    scale = " (log)" if isinstance(domain, FloatRange) and domain.log else ""
    step = "" if isinstance(domain, FloatRange) or domain.step == 1 else f" in steps of {domain.step}"
    return f"{_word(domain.low)} to {_word(domain.high)}{step}{scale}"


def _word(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
