"""Several processes that train one network: `torchrun -m ...` on one machine or many.

Every process takes its share of each batch; gradients are summed over all of them by torch's
DistributedDataParallel, so that the run is that of one process with the whole batch.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class Processes:
    """This process among `count` that train together; the one of `rank` 0 writes the files."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes the files."""
        return self.rank == 0

    def share(self, network: nn.Module) -> nn.Module:
        """The network as it must be called, so that gradients become their mean over all."""
        if self.count == 1:
            return network
        return nn.parallel.DistributedDataParallel(network)

    def total(self, value: Tensor) -> Tensor:
        """The sum over all processes of a tensor that each has."""
        if self.count > 1:
            dist.all_reduce(value)
        return value

    def told(self, value: bool) -> bool:
        """What the first process says, in all of them."""
        if self.count == 1:
            return value
        answer = torch.tensor(int(value and self.first))
        dist.all_reduce(answer)
        return bool(answer)


ALONE = Processes()


@contextmanager
def joined_processes() -> Generator[Processes, None, None]:
    """Join the processes that `torchrun` or `accelerate launch` has started, if it has."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE
        return
    # Small tensors travel over gloo, gradients of CUDA tensors over nccl.
    dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    try:
        yield Processes(dist.get_rank(), count)
    finally:
        dist.destroy_process_group()
