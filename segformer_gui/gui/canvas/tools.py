"""The tools of the mask editor, one of each."""

from __future__ import annotations

from segformer_gui.gui.canvas.click_tools import ClickTool, PickTool, RegionTool, WandTool
from segformer_gui.gui.canvas.outline_tools import (
    LassoTool,
    PolygonTool,
    RectangleTool,
    ScissorsTool,
)
from segformer_gui.gui.canvas.stroke_tools import BrushTool, EraserTool, SuperpixelTool
from segformer_gui.gui.canvas.tool import Desk, Tool
from segformer_gui.gui.session.tools import ToolName


def make_tools(desk: Desk) -> dict[ToolName, Tool]:
    """One of each."""
    kinds: dict[ToolName, type[Tool]] = {
        "look": Tool,
        "brush": BrushTool,
        "eraser": EraserTool,
        "polygon": PolygonTool,
        "lasso": LassoTool,
        "rectangle": RectangleTool,
        "fill": ClickTool,
        "wand": WandTool,
        "superpixel": SuperpixelTool,
        "scissors": ScissorsTool,
        "region": RegionTool,
        "pick": PickTool,
    }
    return {name: kind(desk) for name, kind in kinds.items()}
