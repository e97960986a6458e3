"""What is compared: NARS's predictors, and plain models of scikit-learn.

NARS's get the table's objective itself and scale it on their own:

- `nars`: `GaussianPredictor`, the predictor of the search, with logarithms of costs as further inputs
- `nars, no costs`: the same without them
- `joint`: `JointPredictor`, FBNetV3's, its encoder pretrained on the costs of 2,048 random rows
- `joint, not pretrained`: the same without them

Plain models get the same inputs as `nars` and, as targets, the normal scores of the ranks (a rank's quantile of the
normal distribution). They are not tuned; other than scikit-learn's defaults are:

- `boosted trees`: HistGradientBoostingRegressor, leaves of 5 rows (at the default, 20, it tells nothing from 20 rows)
- `boosted trees, depth 3`: GradientBoostingRegressor
- `random forest`: RandomForestRegressor
- `ridge`: Ridge
- `gp`: GaussianProcessRegressor, a scaled Matern 5/2 with a length for each input, and white noise; the lengths start
  at the root of their number, which does better here than starting at 1
- `mlp`: MLPRegressor, two layers of 128, at most 1,000 epochs

`MACs alone` ranks by the first cost and learns nothing.
"""

import warnings
from collections.abc import Callable

import numpy as np
from encoded import Floats, Ints, Rows
from scipy.stats import norm, rankdata
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor

from nars.predictors import GaussianPredictor
from nars.predictors.joint import JointPredictor

PRETRAINED_ON = 2048
Model = Callable[[Rows, Ints, Ints, int], Floats]
"""From rows, those to learn from, those to tell, and a seed, to what is told: larger is better."""

PLAIN: dict[str, Callable[[int, int], object]] = {
    "boosted trees": lambda seed, _: HistGradientBoostingRegressor(min_samples_leaf=5, random_state=seed),
    "boosted trees, depth 3": lambda seed, _: GradientBoostingRegressor(random_state=seed),
    "random forest": lambda seed, _: RandomForestRegressor(random_state=seed),
    "ridge": lambda _, __: Ridge(),
    "gp": lambda seed, width: GaussianProcessRegressor(
        ConstantKernel() * Matern(np.full(width, width**0.5), nu=2.5) + WhiteKernel(), random_state=seed
    ),
    "mlp": lambda seed, _: MLPRegressor(hidden_layer_sizes=(128, 128), max_iter=1000, random_state=seed),
}
NEED_COSTS = ("nars, no costs", "joint", "MACs alone")
"""These have nothing to say of a table without costs: the first two are what stands beside them there."""


def gaussian(rows: Rows, seen: Ints, asked: Ints, seed: int, *, with_costs: bool = True) -> Floats:
    del seed
    inputs_NE = rows.inputs if with_costs else rows.features_ND
    predictor = GaussianPredictor(rows.layout, num_costs=rows.costs_NC.shape[1] if with_costs else 0)
    predictor.fit(inputs_NE[seen], rows.worth_N[seen])
    return predictor.predict(inputs_NE[asked])[0]


def joint(rows: Rows, seen: Ints, asked: Ints, seed: int, *, pretrained: bool = True) -> Floats:
    predictor = JointPredictor(architecture_D=rows.architecture_D, num_costs=rows.costs_NC.shape[1], seed=seed)
    if pretrained:
        free = np.random.default_rng([PRETRAINED_ON, seed]).permutation(len(rows.worth_N))[:PRETRAINED_ON]
        predictor.pretrain(rows.features_ND[free], rows.costs_NC[free])
    predictor.fit(rows.features_ND[seen], rows.worth_N[seen])
    return predictor.predict(rows.features_ND[asked])[0]


def by_macs(rows: Rows, seen: Ints, asked: Ints, seed: int) -> Floats:
    del seen, seed
    return rows.costs_NC[asked, 0]


def plain(name: str) -> Model:
    """A model of scikit-learn on normal scores."""

    def told(rows: Rows, seen: Ints, asked: Ints, seed: int) -> Floats:
        inputs_NE = rows.inputs
        model = PLAIN[name](seed, inputs_NE.shape[1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # untuned: as far as they come
            model.fit(inputs_NE[seen], normal_scores(rows.worth_N[seen]))
        return np.asarray(model.predict(inputs_NE[asked]), dtype=np.float64)

    return told


def normal_scores(y_N: Floats) -> Floats:
    """Quantile of each value's rank in the normal distribution; equal values share theirs."""
    return np.asarray(norm.ppf((rankdata(y_N) - 0.5) / len(y_N)), dtype=np.float64)


MODELS: dict[str, Model] = {
    "nars": gaussian,
    "nars, no costs": lambda *given: gaussian(*given, with_costs=False),
    "joint": joint,
    "joint, not pretrained": lambda *given: joint(*given, pretrained=False),
    **{name: plain(name) for name in PLAIN},
    "MACs alone": by_macs,
}
