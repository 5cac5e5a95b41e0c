"""The allocator keeps large blocks, in a worker thread too."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Page faults while a worker thread makes and frees tensors of 64 and 68 MiB, after larger ones too:
# glibc takes an aligned block only from a hole that is larger than it.
_CODE = """
import resource, sys, threading
from segformer_gui.core.allocator import keep_large_blocks
if sys.argv[1] == "tuned":
    keep_large_blocks()
import torch

def work():
    faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for mega in (16, 17, 18, 16, 17, 18):
        torch.ones(mega << 20)
    before = faults()
    for mega in (16, 17, 16, 17):
        torch.ones(mega << 20)
    print(faults() - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is set up")
def test_large_tensors_of_a_worker_thread_reuse_their_pages() -> None:
    faults = {
        how: int(
            subprocess.run(
                [sys.executable, "-c", _CODE, how], capture_output=True, text=True, check=True
            ).stdout
        )
        for how in ("plain", "tuned")
    }

    assert faults["tuned"] < faults["plain"] / 2


_RELEASED = """
import resource, sys
from pathlib import Path
from segformer_gui.core.allocator import keep_large_blocks
keep_large_blocks()
import numpy as np

def resident():
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()

before = resident()
image = np.ones(400 << 20, np.uint8)
del image
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator is set up")
def test_the_memory_of_an_enormous_image_goes_back() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _RELEASED], capture_output=True, text=True, check=True
    )
    assert int(ended.stdout) < 50e6
