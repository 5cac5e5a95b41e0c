"""Synthetic street scenes with exact labels: `render_scene(seed)`."""

from segformer_gui.core.scenes.canvas import Label
from segformer_gui.core.scenes.scene import render_scene

__all__ = ["Label", "render_scene"]
