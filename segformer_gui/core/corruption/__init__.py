"""Corruptions of images: the 19 of the robustness benchmarks, fast and by the original."""
