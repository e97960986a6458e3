"""Which feature maps live at once, from the operators that a forward pass really ran."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_PRODUCTS = {
    "aten.convolution",
    "aten._convolution",
    "aten.addmm",
    "aten.mm",
    "aten.bmm",
    "aten.baddbmm",
    "aten.mv",
    "aten.dot",
    "aten.linear",
}
"""Operators made of multiply-adds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Operator:
    """One operator that ran: storages by the number under which they were first seen."""

    reads: frozenset[int]
    writes: frozenset[int]


class OperatorRecorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # its hook is untyped in torch
    """Records each operator below every module and Python function, with the storages that it reads and writes.

    Views share their base's storage, so that they are no new feature map.

    Attributes:
        num_products: Operators made of multiply-adds that ran.
    """

    def __init__(self, weights: Iterable[Tensor]) -> None:
        """A recorder that takes the storages of ``weights`` for no feature maps."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.num_products = 0
        self._operators: list[_Operator] = []
        self._numbers: dict[int, int] = {}
        self._elements: list[int] = []
        # Storages are told apart by address, so that none may be freed while recording.
        self._kept: list[Tensor] = []
        self._weights = {self._number(weight) for weight in weights}

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        outputs = func(*args, **kwargs)
        self.num_products += str(func).rpartition(".")[0] in _PRODUCTS  # less the overload
        reads, writes = self._storages((args, kwargs)), self._storages(outputs)
        self._operators.append(_Operator(reads=reads, writes=writes))
        return outputs

    def read(self, *maps: Tensor) -> None:
        """Records a step that reads maps and is no operator of torch, such as the pooling of regions."""
        self._operators.append(_Operator(reads=self._storages(maps), writes=frozenset()))

    def largest_live_set(self) -> int:
        """Elements of the largest set of feature maps that live while any one operator runs.

        A map lives from the operator that writes it (the image: from the start) to the last that reads it. An output
        that nothing reads is a by-product, such as a norm's saved statistics, unless it is the last operator's.
        """
        last_read: dict[int, int] = {}
        first_seen: dict[int, int] = {}
        for step, operator in enumerate(self._operators):
            for storage in operator.reads | operator.writes:
                first_seen.setdefault(storage, step)
            for storage in operator.reads:
                last_read[storage] = step
        if self._operators:
            for storage in self._operators[-1].writes:
                last_read[storage] = len(self._operators) - 1
        return max(
            (
                sum(self._elements[s] for s, last in last_read.items() if first_seen[s] <= step <= last)
                for step in range(len(self._operators))
            ),
            default=0,
        )

    def _storages(self, tree: object) -> frozenset[int]:
        tensors = [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]
        return frozenset(self._number(tensor) for tensor in tensors) - self._weights

    def _number(self, tensor: Tensor) -> int:
        address = tensor.untyped_storage()._cdata  # noqa: SLF001  # meta storages have no other address
        if address not in self._numbers:
            self._numbers[address] = len(self._elements)
            self._elements.append(tensor.untyped_storage().nbytes() // tensor.element_size())
            self._kept.append(tensor)
        return self._numbers[address]
