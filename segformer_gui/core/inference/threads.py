"""How images that are segmented at once share torch's threads, one for each of the cores."""

from __future__ import annotations

import threading

import torch


def keep_to(threads: int, of: int) -> None:
    """Have what this thread asks torch for run in so many `threads`, and in each other's all `of`.

    A thread has its own number from when it first asks torch for anything. What is set last, in
    whichever thread, is that of threads which have not asked yet.
    """
    torch.get_num_threads()
    torch.set_num_threads(threads)
    restoring = threading.Thread(target=torch.set_num_threads, args=(of,))
    restoring.start()
    restoring.join()
