"""glibc's allocator, set up for large tensors."""

from __future__ import annotations

import ctypes
import platform

# Parameters of mallopt(3), from glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

_LARGEST_KEPT = 128 << 20


def keep_large_blocks() -> None:
    """Keep freed memory for the next tensor; to be called first thing, before there are threads.

    As it comes, glibc asks the system for every block above 32 MiB and gives it back at once, so
    each feature map is made of pages that the kernel has yet to clear: a third of SegFormer-B0's
    time at 512 x 1024. One arena for all threads, since blocks of a second one go past these
    thresholds. What is larger than any feature map, an image of 45 megapixels or more, still goes
    back at once: one of 16k x 16k would hold gigabytes until the end. Elsewhere than on glibc this
    does nothing.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(_M_ARENA_MAX, 1)
