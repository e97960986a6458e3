"""A latency table for all operators of a search space, measured on this machine."""

from collections.abc import Callable
from datetime import UTC, datetime

from nars.cost.latency import LatencyTable
from nars.cost.space_operators import space_operators
from nars.errors import CostError
from nars.space.search_space import SearchSpace

Report = Callable[[int, int], None]
"""Is told the number of measured operators and of all, once before the first and after each."""


def _silent(_done: int, _total: int) -> None:
    pass


def measure_space(
    space: SearchSpace,
    *,
    device: str = "cpu",
    repeats: int = 50,
    warmup: int = 10,
    limit: int | None = None,
    report: Report = _silent,
) -> LatencyTable:
    """Measures every operator that a network of the space may have, at batch 1 and in float32.

    Where activations are searched, an operator is measured with the first of them.

    Args:
        space: Fitted to its data, so that it tells channels and classes.
        device: A torch device, ``cpu`` or ``cuda``.
        repeats: Timed runs of each operator.
        warmup: Untimed runs before them.
        limit: How many operators there may be; none for any number.
        report: Follows the progress.

    Raises:
        CostError: If there are more operators than ``limit``, they cannot be listed (see `space_operators`), the device
            is not there, or ``repeats`` < 1.
    """
    # Measuring needs torch; listing does not.
    from nars.cost.measurement import device_name, measure_operator

    if repeats < 1:
        raise CostError(f"repeats must be >= 1, got {repeats}")
    name = device_name(device)
    probes = space_operators(space, limit=limit)
    timings = {}
    report(0, len(probes))
    for operator, architecture in probes.items():
        timings[operator] = measure_operator(operator, architecture, device=device, repeats=repeats, warmup=warmup)
        report(len(timings), len(probes))
    style = next(iter(probes.values())).style
    return LatencyTable(device=name, style=style, timings=timings, measured=datetime.now(tz=UTC).date())
