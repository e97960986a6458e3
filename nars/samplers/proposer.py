"""What every proposer promises."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from nars.space.candidate import Candidate
from nars.trials import Trial


class Proposer(Protocol):
    """Proposes candidates from the history of a search.

    A proposal is a pure function of the proposer's space and seed, of the history and of the generator's state: the
    same in every process. Every candidate proposed meets the space's constraints and is new: its id is neither in the
    history nor twice in the answer.
    """

    def propose(self, history: Sequence[Trial], n: int, *, rng: np.random.Generator) -> list[Candidate]:
        """The next candidates to evaluate.

        Args:
            history: Trials so far, in the order of their numbers; running ones are not proposed again either.
            n: How many are asked, at least 1.
            rng: The only source of randomness.

        Returns:
            `n` candidates; fewer (at least one) where the space holds no more.

        Raises:
            InfeasibleSpaceError: If no candidate meets the constraints.
            ExhaustedSpaceError: If every candidate that meets them is in the history.
        """
        ...
