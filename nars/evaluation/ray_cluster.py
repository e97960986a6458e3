"""A Ray cluster: reaching one or starting one, and how many trials fit on its nodes."""

import os
import platform
import socket
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from nars.errors import NarsError
from nars.version import VERSION

_REACH_S = 10.0
"""Seconds that a cluster gets to answer. Ray itself would wait for two minutes, then end the process."""
_LIBRARIES = ("torch", "torchvision", "numpy", "ray")


@dataclass(frozen=True, kw_only=True, slots=True)
class RayOptions:
    """Where trials run, and what each of them gets."""

    address: str | None = None
    """``auto`` for the cluster of this machine, ``HOST:PORT`` of a head, or none to start a local one."""
    cpus_per_trial: float | None = None
    """The study's threads a trial by default."""
    gpus_per_trial: float | None = None
    """A fraction packs trials on one card; one for each process by default where the cluster has GPUs, else none."""
    max_concurrent: int | None = None
    """Trials side by side at most; as many as fit by default."""

    def __post_init__(self) -> None:
        if self.cpus_per_trial is not None and not self.cpus_per_trial > 0:
            raise NarsError(f"cpus per trial must be > 0, got {self.cpus_per_trial:g}")
        gpus = self.gpus_per_trial
        if gpus is not None and not (0 <= gpus <= 1 or gpus == int(gpus) > 1):
            raise NarsError(
                "gpus per trial must be from 0 to 1, a fraction for trials that share a card, or a whole number, one "
                f"for each of a trial's processes; got {gpus:g}"
            )
        if self.max_concurrent is not None and self.max_concurrent < 1:
            raise NarsError(f"max concurrent trials must be >= 1, got {self.max_concurrent}")


@dataclass(frozen=True, slots=True)
class Node:
    """A living machine of the cluster."""

    name: str
    cpus: float
    gpus: float

    def seats(self, *, cpus: float, gpus: float) -> int:
        """How many trials of that size fit on the whole machine."""
        by_cpu = int(self.cpus / cpus)
        if not gpus:
            return by_cpu
        # a fraction of a GPU lies on one card
        by_gpu = int(self.gpus) * int(1 / gpus) if gpus < 1 else int(self.gpus / gpus)
        return min(by_cpu, by_gpu)


def connect(address: str | None) -> None:
    """Joins this process to a cluster, or to a new local one.

    Raises:
        NarsError: If no cluster answers there, or it runs other versions of Python or Ray.
    """
    # Ray reads these when it starts: nothing is sent home, and unused accelerator variables stay as they are.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    if ray.is_initialized():
        return
    if address not in (None, "auto"):
        _require_answer(str(address))
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "namespace": "nars"}
    if address is None:
        quiet["include_dashboard"] = False
    try:
        ray.init(address=address or "local", **quiet)
    except ConnectionError as error:
        where = "on this machine" if address == "auto" else f"at {address}"
        raise NarsError(
            f"no Ray cluster runs {where}; start one with `ray start --head`, or leave --ray-address out"
        ) from error
    except RuntimeError as error:
        raise NarsError(f"Ray cluster {address or 'on this machine'}: {' '.join(str(error).split())}") from error


def nodes() -> tuple[Node, ...]:
    """The machines that are alive."""
    import ray

    return tuple(
        Node(
            name=str(node["NodeManagerAddress"]),
            cpus=float(node["Resources"].get("CPU", 0.0)),
            gpus=float(node["Resources"].get("GPU", 0.0)),
        )
        for node in ray.nodes()  # type: ignore[no-untyped-call]
        if node["Alive"]
    )


def require_fit(present: tuple[Node, ...], *, cpus: float, gpus: float) -> None:
    """Refuses trials that no machine is large enough for: they would wait for ever.

    Raises:
        NarsError: With what the largest machines have.
    """
    if any(node.seats(cpus=cpus, gpus=gpus) for node in present):
        return
    most_gpus, most_cpus = max((n.gpus for n in present), default=0.0), max((n.cpus for n in present), default=0.0)
    raise NarsError(
        f"a trial asks for {cpus:g} CPUs and {gpus:g} GPUs, but no node of the Ray cluster has both: the "
        f"{len(present)} living nodes have at most {most_cpus:g} CPUs and {most_gpus:g} GPUs each"
    )


def versions() -> dict[str, str]:
    """What must be the same on all machines, so that a trial gives the same numbers on each."""
    return {"nars": VERSION, "python": platform.python_version()} | {
        name: metadata.version(name) for name in _LIBRARIES
    }


def _require_answer(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        raise NarsError(f"a Ray address must be auto or HOST:PORT, got {address!r}")
    try:
        with socket.create_connection((host, int(port)), timeout=_REACH_S):
            pass
    except (OSError, OverflowError) as error:
        raise NarsError(f"no Ray cluster answers at {address} within {_REACH_S:g} s: {error}") from error
