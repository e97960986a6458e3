"""What the knobs of a search are worth, by the predictor that its trials teach."""

import pandas as pd

from nars.analysis.importance import Importance, importance
from nars.analysis.taught import Taught
from nars.predictors.threads import one_blas_thread


def worth_of_knobs(taught: Taught) -> Importance:
    """Shares of each knob in the variance of the expected accuracy.

    They are those of what the predictor expects, so that they are as good as it is.
    """
    with one_blas_thread():
        return importance(taught.tell, taught.space.knobs, rng=taught.rng())


def importance_frame(found: Importance) -> pd.DataFrame:
    """One row per knob, the most important first, then the architecture and the recipe as a whole."""
    shares = (*found.knobs, found.architecture, found.recipe)
    return pd.DataFrame(
        {
            "knob": pd.Series([share.name for share in shares], dtype="string"),
            "alone": [share.alone for share in shares],
            "total": [share.total for share in shares],
        }
    )
