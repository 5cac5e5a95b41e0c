"""SegFormer on your own images: see it, stress it, correct it, teach it."""

__version__ = "0.1.0"
