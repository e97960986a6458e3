"""The search space: all allowed candidates, and candidates as rows of numbers.

Shapes: N candidates, K searched knobs. A row of ``codes_NK`` holds one code per knob (see ``domains``), NaN where
the knob is inactive; equal candidates have equal rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nars.space.assembly import assemble, setting
from nars.space.candidate import Candidate
from nars.space.codes import codes_from_unit, codes_of, to_unit
from nars.space.columns import ArchitectureColumns
from nars.space.constraint import Constraint, CostName
from nars.space.data_spec import DataSpec
from nars.space.domains import FloatRange, Value
from nars.space.encoding import architecture_features, features
from nars.space.knobs import Knob
from nars.space.layout import FeatureLayout, feature_layout
from nars.space.nearest import nearest_codes
from nars.space.settings import SearchSettings
from nars.space.size import SpaceSize, space_size
from nars.space.space_columns import columns_of_codes
from nars.space.task import DETECTION_TASKS, Task
from nars.space.variation import cross_over, mutate

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_MOST_REMEMBERED = 100_000


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """All allowed candidates: searched knobs, fixed settings, and bounds on costs."""

    name: str
    task: Task = "classification"
    data: DataSpec = field(default_factory=DataSpec)
    costs_to_lower: tuple[CostName, ...] = ()
    """Objectives beside the accuracy; with any of them a search looks for the whole Pareto front."""
    constraints: tuple[Constraint, ...] = ()
    latency_table: str | None = None
    """Path of the table that ``latency_ms`` is told from."""
    settings: SearchSettings = field(default_factory=SearchSettings)
    knobs: tuple[Knob, ...]
    """The searched settings; a knob stands after every knob that its conditions name."""
    fixed: Mapping[str, Value]
    """Path and value of every setting that is not searched."""
    swept: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    """Values of settings of inference (`nars.space.inference`) that trained detectors are told under; a candidate has
    the first of each."""
    text: str = ""
    """The YAML document that this space was read from."""
    _codes_by_id: dict[str, Floats] = field(init=False, repr=False, compare=False, default_factory=dict)
    # A search encodes its whole history again and again.

    @property
    def num_knobs(self) -> int:
        """K: the number of searched knobs."""
        return len(self.knobs)

    @property
    def has_head(self) -> bool:
        """Whether the networks are classifiers; without a head they are the trunks of detectors."""
        return "architecture.head" not in self.fixed

    @property
    def is_detection(self) -> bool:
        """Whether the networks find objects in images; else they tell what a whole image shows."""
        return self.task in DETECTION_TASKS

    @property
    def has_masks(self) -> bool:
        """Whether the networks tell the pixels of objects."""
        return self.task == "instance_segmentation"

    @property
    def largest_resolution(self) -> int:
        """Largest input resolution of any candidate, in pixels."""
        for knob in self.knobs:
            if knob.path == "architecture.resolution" and not isinstance(knob.domain, FloatRange):
                return max(int(str(v)) for v in knob.domain.values)
        return int(str(self.fixed["architecture.resolution"]))

    def with_data_shape(self, *, in_channels: int, num_classes: int) -> "SearchSpace":
        """The same space for images of this many channels and classes."""
        shape = {"architecture.in_channels": in_channels, "architecture.num_classes": num_classes}
        return replace(self, fixed={**self.fixed, **shape})

    def candidate(self, values: Mapping[str, Value]) -> Candidate:
        """The candidate whose active knobs have these values, by path.

        Raises:
            SpaceError: If a value is outside its setting's type.
        """
        settings = dict(self.fixed)
        for knob in self.knobs:
            settings[knob.path] = values.get(knob.path, knob.otherwise)
        return assemble(settings, source=self.name)

    def values_of(self, candidate: Candidate) -> dict[str, Value]:
        """Values of a candidate's active knobs, by path."""
        return {
            knob.path: setting(candidate, knob.path)
            for knob in self.knobs
            if all(setting(candidate, condition.path) in condition.values for condition in knob.conditions)
        }

    def encode(self, candidates: Sequence[Candidate]) -> Floats:
        """Codes of candidates, ``N x K``.

        Raises:
            ValueError: If a candidate is not in this space, naming the knob.
        """
        remembered = self._codes_by_id
        if len(remembered) > _MOST_REMEMBERED:
            remembered.clear()
        new = {candidate.id: candidate for candidate in candidates if candidate.id not in remembered}
        remembered.update(zip(new, codes_of(self.knobs, list(new.values())), strict=True))
        codes_NK = np.empty((len(candidates), self.num_knobs))
        for row, candidate in enumerate(candidates):
            codes_NK[row] = remembered[candidate.id]
        return codes_NK

    def nearest_codes(self, candidates: Sequence[Candidate]) -> Floats:
        """Codes of the nearest candidates in this space, ``N x K``; see `nars.space.nearest`."""
        return nearest_codes(self.knobs, candidates)

    def decode(self, codes_NK: Floats) -> list[Candidate]:
        """Candidates of codes; the inverse of ``encode``."""
        return [
            self.candidate({k.path: k.domain.value(c) for k, c in zip(self.knobs, row, strict=True) if not np.isnan(c)})
            for row in codes_NK
        ]

    def codes_from_unit(self, u_NK: Floats) -> Floats:
        """Codes at points of the unit cube; inactive knobs become NaN."""
        return codes_from_unit(self.knobs, u_NK)

    def to_unit(self, codes_NK: Floats) -> Floats:
        """Points of the unit cube that ``codes_from_unit`` takes back to these codes; NaN stays NaN."""
        return to_unit(self.knobs, codes_NK)

    def sample_codes(self, n: int, *, rng: np.random.Generator) -> Floats:
        """Codes of ``n`` random candidates, each knob uniform over its domain; constraints are not looked at."""
        return self.codes_from_unit(rng.random((n, self.num_knobs)))

    def sample(self, n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """``n`` random candidates; constraints are not looked at."""
        return self.decode(self.sample_codes(n, rng=rng))

    def mutate(self, codes_NK: Floats, *, rate: float, rng: np.random.Generator) -> Floats:
        """One child per row, each knob changed with probability ``rate`` and at least one changed."""
        return mutate(self.knobs, codes_NK, rate=rate, rng=rng)

    def cross_over(self, a_NK: Floats, b_NK: Floats, *, rng: np.random.Generator) -> Floats:
        """One child per pair of rows, each knob from either parent."""
        return cross_over(self.knobs, a_NK, b_NK, rng=rng)

    def features(self, codes_NK: Floats) -> Floats:
        """What a predictor sees: ``N x D`` numbers in [0, 1]."""
        return features(self.knobs, codes_NK)

    @property
    def feature_layout(self) -> FeatureLayout:
        """What the D features mean."""
        return feature_layout(self.knobs)

    @property
    def architecture_features(self) -> Bools:
        """Which of the D features describe the architecture."""
        return architecture_features(self.knobs)

    def columns(self, codes_NK: Floats) -> ArchitectureColumns:
        """The numbers of N architectures that costs depend on."""
        return columns_of_codes(self.knobs, self.fixed, codes_NK)

    @property
    def size(self) -> SpaceSize:
        """The exact number of candidates, constraints not looked at."""
        return space_size(self.knobs)
