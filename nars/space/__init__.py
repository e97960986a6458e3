"""The search space: knobs and their domains, architectures, recipes, candidates, and candidates as numbers."""

from nars.space.architecture import Architecture, Block, BlockStyle, Detector, Head, HeadStage, Stage, Stem
from nars.space.candidate import Candidate
from nars.space.constraint import Constraint
from nars.space.data_spec import DataSpec
from nars.space.detection_recipe import DetectionRecipe
from nars.space.documents import dump_architecture, dump_recipe, parse_architecture, parse_recipe
from nars.space.domains import Choice, Domain, FloatRange, IntRange, Value
from nars.space.knobs import Condition, Knob
from nars.space.loader import load_space, parse_space
from nars.space.recipe import Recipe
from nars.space.search_space import SearchSpace
from nars.space.settings import SearchSettings

__all__ = [
    "Architecture",
    "Block",
    "BlockStyle",
    "Candidate",
    "Choice",
    "Condition",
    "Constraint",
    "DataSpec",
    "DetectionRecipe",
    "Detector",
    "Domain",
    "FloatRange",
    "Head",
    "HeadStage",
    "IntRange",
    "Knob",
    "Recipe",
    "SearchSettings",
    "SearchSpace",
    "Stage",
    "Stem",
    "Value",
    "dump_architecture",
    "dump_recipe",
    "load_space",
    "parse_architecture",
    "parse_recipe",
    "parse_space",
]
