"""The settings of one layer of a search space (the stem, a stage, or the head), each once.

Conditions may tie a knob to a knob of another layer. Such *shared* knobs are set first; with them set, the layers
have nothing in common but the feature size and width between them. Shapes: L settings, K knobs.
"""

import math

import numpy as np

from nars.cost.rows import require_listable
from nars.errors import CostError
from nars.space.codes import active
from nars.space.columns import ArchitectureColumns, Floats
from nars.space.domains import FloatRange
from nars.space.knobs import Knob
from nars.space.search_space import SearchSpace

_STAGE = "architecture.stages["
_UNSEEN = (".activation", ".bias")
"""Ends of settings that tell no operator from another."""


class LayerSettings:
    """What each layer of a space may be.

    Attributes:
        num_stages: Layer 0 is the stem, then come the stages, then the head (which a trunk does not have).
        style: Of all networks of the space.
    """

    def __init__(self, space: SearchSpace) -> None:
        """The layers of a space.

        Raises:
            CostError: If an architecture knob is continuous.
        """
        for knob in space.knobs:
            if knob.is_architecture and isinstance(knob.domain, FloatRange):
                raise CostError(
                    f"{knob.path} is continuous: operators can be listed only where every architecture knob has "
                    f"separate values; give it a step"
                )
        self._space = space
        columns = space.columns(np.zeros((1, space.num_knobs)))
        self.num_stages, self.style = len(columns.stages), columns.style
        self._parents = {c.path for knob in space.knobs for c in knob.conditions}
        self._shared = self._shared_paths()

    def shared_codes(self) -> Floats:
        """Codes of the shared knobs, one row for each of their settings; 0 for all other knobs."""
        start_1K = np.zeros((1, self._space.num_knobs))
        return self._with_values(start_1K, [k for k, knob in enumerate(self._space.knobs) if knob.path in self._shared])

    def columns(self, shared_K: Floats, layer: int) -> ArchitectureColumns:
        """Columns of networks that go through all settings of one layer; the others' settings mean nothing."""
        chosen = [k for k, knob in enumerate(self._space.knobs) if self._varies(knob, layer)]
        return self._space.columns(self._with_values(shared_K[np.newaxis], chosen))

    def _varies(self, knob: Knob, layer: int) -> bool:
        if knob.path in self._shared or not knob.is_architecture or self._layer(knob.path) != layer:
            return False
        return knob.path in self._parents or not knob.path.endswith(_UNSEEN)

    def _with_values(self, start_1K: Floats, chosen: list[int]) -> Floats:
        """All combinations of some knobs' codes, each once; NaN where inactive."""
        if not chosen:
            return start_1K
        knobs = self._space.knobs
        sizes = [knobs[k].domain.size or 1 for k in chosen]
        require_listable(math.prod(sizes))
        codes_LK = np.repeat(start_1K, math.prod(sizes), axis=0)
        for k, code_L in zip(chosen, np.indices(sizes).reshape(len(sizes), -1), strict=True):
            codes_LK[:, k] = code_L
        inactive_LK = ~active(knobs, np.nan_to_num(codes_LK))
        for k in chosen:
            codes_LK[inactive_LK[:, k], k] = np.nan
        _, first_U = np.unique(np.nan_to_num(codes_LK, nan=-1.0), axis=0, return_index=True)
        return codes_LK[np.sort(first_U)]

    def _shared_paths(self) -> set[str]:
        """Knobs that a condition of another layer names, and those that their own conditions name."""
        knobs = [knob for knob in self._space.knobs if knob.is_architecture]
        shared: set[str] = set()
        for knob in reversed(knobs):  # each knob stands after those that its conditions name
            for condition in knob.conditions:
                if knob.path in shared or self._layer(condition.path) != self._layer(knob.path):
                    shared.add(condition.path)
        return shared

    def _layer(self, path: str) -> int:
        if path.startswith(_STAGE):
            return 1 + int(path.removeprefix(_STAGE).partition("]")[0])
        is_head = path.startswith("architecture.head.") or path == "architecture.num_classes"
        return 1 + self.num_stages if is_head else 0
