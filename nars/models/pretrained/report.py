"""What became of every array when weights were loaded."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nars.models.pretrained.weights import Weights

_PLACE = re.compile(r"stages\.\d+\.\d+|[^.]+(?:\.(?!\d)[^.]+)?")
_LISTED = 30
"""Names beyond this many are shown as counts by place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsReport:
    """Every array of the network is loaded, reshaped or new; every array of the checkpoint not used is skipped."""

    weights: Weights
    family: str
    """Whose names the checkpoint has."""
    loaded: tuple[str, ...]
    """Arrays of the network that were taken as they are."""
    reshaped: tuple[tuple[str, str, str], ...]
    """Arrays that were sliced or padded: name, shape given, shape needed."""
    new: tuple[str, ...]
    """Arrays of the network that keep their new values."""
    skipped: tuple[str, ...]
    """Arrays of the checkpoint, by its own names, that have no place or no use in the network."""

    @property
    def counts(self) -> str:
        """As ``595 arrays loaded, 0 reshaped, 2 new, 2 skipped``."""
        return (
            f"{len(self.loaded)} arrays loaded, {len(self.reshaped)} reshaped, {len(self.new)} new, "
            f"{len(self.skipped)} skipped"
        )

    @property
    def summary(self) -> str:
        """One line: source, checksum, counts."""
        return f"{self.weights.source} (SHA-256 {self.weights.sha256}): {self.counts}"

    @property
    def text(self) -> str:
        """All there is to say, over several lines."""
        weights = self.weights
        lines = [f"weights {weights.source}: {self.counts}", f"  file {weights.path}", f"  SHA-256 {weights.sha256}"]
        if weights.published is not None:
            lines += [f"  licence {weights.published.licence}", f"  trained on images as {weights.published.images}"]
        averaged = f", its entry {weights.container}" if weights.container else ""
        lines.append(f"  names of {self.family}{averaged}")
        lines += _listed("loaded", self.loaded, most=0)
        lines += _listed("reshaped", [f"{name}: {given} to {needed}" for name, given, needed in self.reshaped])
        lines += _listed("new", self.new)
        lines += _listed("skipped", self.skipped)
        return "\n".join(lines)


def _listed(title: str, entries: Iterable[str], *, most: int = _LISTED) -> list[str]:
    """A line each, or how many there are in each place where they are more than ``most``."""
    entries = list(entries)
    if not entries:
        return []
    if len(entries) <= most:
        return [f"  {title} {len(entries)}:", *(f"    {entry}" for entry in entries)]
    places = Counter(found[0] for entry in entries if (found := _PLACE.match(entry)))
    return [f"  {title} {len(entries)}: {', '.join(f'{place} {count}' for place, count in places.items())}"]
