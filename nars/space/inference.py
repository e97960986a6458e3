"""The settings of a detector that change nothing in its weights: how it is run, not how it is trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import Self

from nars.space.candidate import Candidate
from nars.space.domains import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class InferenceSettings:
    """How a trained detector looks at images; see `nars.space.detection_recipe.DetectionRecipe`.

    Those of one image size share the trunk's work, those of one number of proposals the box head's: in a grid, what
    stands first here changes least often.
    """

    resolution: int
    """Shorter side of the images, in pixels."""
    max_test_size: int | None
    pre_nms_test: int
    post_nms_test: int
    nms: float
    score_threshold: float
    detections: int

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """Those that a candidate detector is validated with."""
        recipe = candidate.recipe.detector
        assert recipe is not None, "a detector has a detector's recipe"
        own = {name: getattr(recipe, name) for name in SWEPT}
        return cls(resolution=candidate.architecture.resolution, **own)

    def applied_to(self, candidate: Candidate) -> Candidate:
        """The candidate with these settings; sizes of training images are said, so that they stay what they were."""
        recipe, before = candidate.recipe.detector, candidate.architecture.resolution
        assert recipe is not None, "a detector has a detector's recipe"
        sizes = recipe.train_sizes if self.resolution == before else recipe.train_sizes or (before,)
        changed = replace(recipe, train_sizes=sizes, **{name: getattr(self, name) for name in SWEPT})
        return replace(
            candidate,
            architecture=replace(candidate.architecture, resolution=self.resolution),
            recipe=replace(candidate.recipe, detector=changed),
        )


SWEPT = tuple(field.name for field in fields(InferenceSettings) if field.name != "resolution")
"""Settings of the recipe that a search never trains twice for."""


def inference_grid(candidate: Candidate, values: Mapping[str, Sequence[Value]]) -> tuple[InferenceSettings, ...]:
    """Every combination of some values, by the names of `InferenceSettings`; other settings are the candidate's own."""
    own = InferenceSettings.of(candidate)
    named = [field.name for field in fields(InferenceSettings) if field.name in values]
    return tuple(
        replace(own, **dict(zip(named, combination, strict=True)))  # type: ignore[arg-type]  # each by its own name
        for combination in product(*(values[name] for name in named))
    )
