"""FBNetV3's joint predictor: pretrained on free costs, fitted on the accuracies known so far.

Shapes: N candidates, D features (A of the architecture, R of the recipe), C costs, M members of the ensemble.
"""

import copy
import json
from dataclasses import asdict
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from nars.errors import CheckpointError, NotFittedError
from nars.predictors.fitting import Schedule, fit_heads, held_out, pretrain_encoders, single_thread
from nars.predictors.network import JointNetwork, NetworkShape
from nars.predictors.rank import kendall_tau

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CHUNK = 4096
_FOLDS = 5
_REACH = 0.1
"""Distance over which an assumed candidate is felt, as a share of the features' whole range."""
_FORMAT = "nars-joint-predictor-1"


class JointPredictor:
    """Accuracy predictor over architecture and recipe, with an honest spread and its own cross-validation.

    Each member of the ensemble leaves out one fold of the rows; how the members do on the rows that they did not see
    gives ``rank_correlation`` and scales the spread.

    Attributes:
        rank_correlation: Kendall's tau between fitted accuracies and the predictions of members that did not see them;
            0 before a fit and with fewer than five rows.
    """

    def __init__(self, *, architecture_D: Bools, num_costs: int, seed: int, schedule: Schedule | None = None) -> None:
        """An untrained predictor.

        Args:
            architecture_D: Which features describe the architecture; the others describe the recipe.
            num_costs: C: number of costs that ``pretrain`` will get.
            seed: Of initialisation, folds and the order of rows.
            schedule: Lengths and speeds of the trainings.
        """
        self.rank_correlation = 0.0
        self._architecture_D = architecture_D
        self._seed = seed
        self._schedule = schedule or Schedule()
        num_architecture = int(architecture_D.sum())
        shape = NetworkShape(
            architecture=num_architecture, recipe=len(architecture_D) - num_architecture, costs=num_costs
        )
        self._start = JointNetwork(shape, generator=self._generator(stream=0))
        self._fitted: JointNetwork | None = None
        self._center, self._scale, self._spread_scale = 0.0, 1.0, 1.0
        self._assumed_ND: Floats = np.empty((0, len(architecture_D)))
        self._fall_N: Floats = np.empty(0)

    def pretrain(self, x_ND: Floats, cost_NC: Floats) -> None:
        """Teach the encoder costs of any sampled architectures; forgets earlier fits.

        Args:
            x_ND: `N x D` features.
            cost_NC: `N x C` costs, each above 0; their logarithms are min-max normalised here.

        Raises:
            ValueError: If the shapes do not fit, or a cost is not a positive number.
        """
        self._check(x_ND)
        if cost_NC.shape != (len(x_ND), self._start.shape.costs):
            raise ValueError(f"costs must be {len(x_ND)} x {self._start.shape.costs}, got {cost_NC.shape}")
        if not (np.isfinite(cost_NC).all() and (cost_NC > 0).all()):
            raise ValueError("every cost must be a finite number above 0")
        log_NC = np.log(cost_NC)
        span_C = np.ptp(log_NC, axis=0)
        normal_NC = (log_NC - log_NC.min(axis=0)) / np.where(span_C > 0, span_C, 1.0)
        generator = self._generator(stream=1)
        start = copy.deepcopy(self._start)
        with single_thread():
            x_NA, _ = self._split(x_ND)
            pretrain_encoders(start, x_NA, _tensor(normal_NC), schedule=self._schedule, generator=generator)
        self._start, self._fitted = start, None

    def fit(self, x_ND: Floats, y_N: Floats) -> None:
        """Learn from evaluated candidates, starting from the pretrained encoder each time; see ``Predictor.fit``."""
        self._check(x_ND)
        if y_N.shape != (len(x_ND),) or not len(x_ND) or not np.isfinite(y_N).all():
            raise ValueError(f"accuracies must be {len(x_ND)} >= 1 finite numbers, got shape {y_N.shape}")
        self._center = float(y_N.mean())
        self._scale = float(y_N.std()) or 1.0
        generator = self._generator(stream=2)
        network = copy.deepcopy(self._start)
        with single_thread():
            hidden_MN = held_out(network.shape.members, len(y_N), folds=_FOLDS, generator=generator)
            x_NA, x_NR = self._split(x_ND)
            target_N = _tensor((y_N - self._center) / self._scale)
            fit_heads(network, x_NA, x_NR, target_N, seen_MN=~hidden_MN, schedule=self._schedule, generator=generator)
        self._fitted = network
        self._assumed_ND, self._fall_N = self._assumed_ND[:0], self._fall_N[:0]
        self._cross_validate(self._members(x_ND), (y_N - self._center) / self._scale, hidden_MN.numpy())

    def predict(self, x_ND: Floats) -> tuple[Floats, Floats]:
        """Mean and spread of the members; see ``Predictor.predict``."""
        y_MN = self._members(x_ND)
        mean_N = self._center + self._scale * y_MN.mean(axis=0)
        spread_N = self._scale * self._spread_scale * y_MN.std(axis=0, ddof=1)
        return self._beside_assumed(x_ND, mean_N, spread_N)

    def predict_warped(self, x_ND: Floats) -> tuple[Floats, Floats]:
        """The same as ``predict``: accuracies are learnt in their own scale."""
        return self.predict(x_ND)

    def expect(self, x_ND: Floats) -> Floats:
        """See ``Predictor.expect``."""
        return self.predict(x_ND)[0]

    def expect_warped(self, x_ND: Floats) -> Floats:
        """See ``Predictor.expect_warped``."""
        return self.predict(x_ND)[0]

    def assume(self, x_D: Floats, *, below: float = 0.0) -> None:
        """Shrink the spread near a candidate, and lower the mean there; see ``Predictor.assume``."""
        fall = below * float(self.predict(x_D[None])[1][0])
        self._assumed_ND, self._fall_N = np.concatenate([self._assumed_ND, x_D[None]]), np.append(self._fall_N, fall)

    def save(self, path: Path) -> None:
        """Write the fitted predictor as safetensors.

        Raises:
            NotFittedError: If ``fit`` has not run.
        """
        network = self._network()
        facts = {
            "format": _FORMAT,
            "architecture_D": self._architecture_D.tolist(),
            "num_costs": network.shape.costs,
            "seed": self._seed,
            "schedule": asdict(self._schedule),
            "center": self._center,
            "scale": self._scale,
            "spread_scale": self._spread_scale,
            "rank_correlation": self.rank_correlation,
        }
        tensors = {f"start.{name}": value for name, value in self._start.state_dict().items()}
        tensors |= {f"fitted.{name}": value for name, value in network.state_dict().items()}
        save_file(tensors, path, metadata={"predictor": json.dumps(facts)})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote.

        Raises:
            CheckpointError: If the file is damaged or holds something else.
        """
        try:
            with safe_open(path, framework="pt") as file:
                facts = json.loads((file.metadata() or {}).get("predictor", "{}"))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        except (SafetensorError, OSError, json.JSONDecodeError) as error:
            raise CheckpointError(f"{path}: not a readable predictor: {error}") from error
        if facts.get("format") != _FORMAT:
            raise CheckpointError(f"{path}: must hold a predictor of format {_FORMAT}, got {facts.get('format')}")
        predictor = cls(
            architecture_D=np.array(facts["architecture_D"], dtype=np.bool_),
            num_costs=facts["num_costs"],
            seed=facts["seed"],
            schedule=Schedule(**facts["schedule"]),
        )
        predictor._fitted = copy.deepcopy(predictor._start)
        predictor._start.load_state_dict(_with_prefix(tensors, "start."))
        predictor._fitted.load_state_dict(_with_prefix(tensors, "fitted."))
        predictor._center, predictor._scale = facts["center"], facts["scale"]
        predictor._spread_scale, predictor.rank_correlation = facts["spread_scale"], facts["rank_correlation"]
        return predictor

    def _cross_validate(self, y_MN: Floats, target_N: Floats, hidden_MN: Bools) -> None:
        """Judge the members on the rows that they did not see."""
        self.rank_correlation, self._spread_scale = 0.0, 1.0
        if not hidden_MN.any():
            return
        unseen_MN = np.where(hidden_MN, y_MN, np.nan)
        mean_N = np.nanmean(unseen_MN, axis=0)
        self.rank_correlation = kendall_tau(mean_N, target_N)
        error = float(np.sqrt(np.mean((mean_N - target_N) ** 2)))
        own = float(np.sqrt(np.mean(np.nanvar(unseen_MN, axis=0, ddof=1))))
        # Members that agree in being wrong must not look certain, nor a lucky fold more certain than they agree.
        self._spread_scale = float(np.clip(error / max(own, 1e-6), 1.0, 10.0))

    def _members(self, x_ND: Floats) -> Floats:
        """Standardised predictions of each member, `M x N`."""
        network = self._network()
        self._check(x_ND)
        parts = []
        with single_thread(), torch.no_grad():
            for start in range(0, len(x_ND), _CHUNK):
                x_NA, x_NR = self._split(x_ND[start : start + _CHUNK])
                parts.append(network.accuracy(network.encode(x_NA), x_NR).numpy().astype(np.float64))
        return np.concatenate(parts, axis=1) if parts else np.zeros((network.shape.members, 0))

    def _beside_assumed(self, x_ND: Floats, mean_N: Floats, spread_N: Floats) -> tuple[Floats, Floats]:
        """What is told beside assumed candidates, by nearness alone: an ensemble cannot be conditioned on them."""
        left_N, fall_N = np.ones(len(x_ND)), np.zeros(len(x_ND))
        width = np.sqrt(x_ND.shape[1]) * _REACH
        for assumed_D, fall in zip(self._assumed_ND, self._fall_N, strict=True):
            near_N = np.exp(-np.sum((x_ND - assumed_D) ** 2, axis=1) / (2 * width**2))
            left_N, fall_N = np.minimum(left_N, 1.0 - near_N), np.maximum(fall_N, fall * near_N)
        return mean_N - fall_N, spread_N * left_N

    def _network(self) -> JointNetwork:
        if self._fitted is None:
            raise NotFittedError("the predictor must be fitted before it is asked")
        return self._fitted

    def _check(self, x_ND: Floats) -> None:
        if x_ND.ndim != 2 or x_ND.shape[1] != len(self._architecture_D):
            raise ValueError(f"features must be N x {len(self._architecture_D)}, got shape {x_ND.shape}")
        if not np.isfinite(x_ND).all():
            raise ValueError("every feature must be finite")

    def _split(self, x_ND: Floats) -> tuple[Tensor, Tensor]:
        centered_ND = 2.0 * x_ND - 1.0
        return _tensor(centered_ND[:, self._architecture_D]), _tensor(centered_ND[:, ~self._architecture_D])

    def _generator(self, *, stream: int) -> torch.Generator:
        """One independent stream a step, so that a fit does not depend on whether pretraining ran."""
        state = np.random.SeedSequence([stream, self._seed]).generate_state(1, np.uint64)[0]
        return torch.Generator().manual_seed(int(state) >> 1)


def _tensor(values: Floats) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
