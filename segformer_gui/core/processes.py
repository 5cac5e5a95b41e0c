"""Several processes with one piece of work: `torchrun` or `accelerate launch` starts them, on one
machine or many, and torch.distributed brings them together.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from torch import Tensor, nn

T = TypeVar("T")

# One process may be at it for long after the others, or validate while they wait.
_LONGEST_WAIT = timedelta(days=14)


@dataclass(frozen=True)
class Processes:
    """This process among `count` that work together; the one of `rank` 0 writes the results."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes the results."""
        return self.rank == 0

    def share(self, tasks: Sequence[T]) -> Sequence[T]:
        """What this process is to do; together the processes do all of it, and nothing twice."""
        return tasks[self.rank :: self.count]

    def told(self, value: T) -> T:
        """The first process's `value`, in every process."""
        if self.count == 1:
            return value
        import torch
        import torch.distributed as dist

        box: list[Any] = [value]
        dist.broadcast_object_list(box, device=torch.device("cpu"))
        return box[0]

    def wait(self) -> None:
        """Until every process is here."""
        if self.count > 1:
            import torch

            self.total(torch.zeros(1))

    def total(self, value: Tensor) -> Tensor:
        """The sum over all processes of a tensor that each has."""
        if self.count > 1:
            import torch.distributed as dist

            dist.all_reduce(value)
        return value

    def joined(self, network: nn.Module) -> nn.Module:
        """The network as it must be called, so that gradients become their mean over all."""
        if self.count == 1:
            return network
        from torch.nn.parallel import DistributedDataParallel

        # Of depthwise convolutions, whose gradients are small: nobody would gain from it.
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        return DistributedDataParallel(network)


ALONE = Processes()


@contextmanager
def joined_processes() -> Generator[Processes]:
    """Join the processes that were started together; a single one where none were.

    Graphics cards are handed out in turn to the processes of a machine.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    import torch
    import torch.distributed as dist

    # What lies in memory travels over gloo, gradients of CUDA tensors over nccl.
    cards = torch.cuda.device_count()
    dist.init_process_group("cpu:gloo,cuda:nccl" if cards else "gloo", timeout=_LONGEST_WAIT)
    if cards:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % cards)
    try:
        yield Processes(dist.get_rank(), count)
    finally:
        dist.destroy_process_group()
