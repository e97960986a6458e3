"""A knob: one setting that is searched, and when it is active."""

from dataclasses import dataclass

from nars.space.domains import Domain, Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Holds while another knob has one of some values."""

    path: str
    """Path of the other knob."""
    values: tuple[Value, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Knob:
    """One searched setting."""

    path: str
    """Where the setting lives, as in ``recipe.lr`` or ``architecture.stages[1].first.kernel``."""
    domain: Domain
    conditions: tuple[Condition, ...] = ()
    """The knob is active while all of these hold."""
    otherwise: Value = None
    """The setting's value while the knob is inactive."""

    @property
    def is_architecture(self) -> bool:
        """Whether the setting belongs to the network rather than to its training."""
        return self.path.startswith("architecture.")
