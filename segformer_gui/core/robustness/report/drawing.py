"""Pictures as shapes with their colours, which any program shows alike: as SVG here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

# Colours that follow the page they stand on, by name: on white, and in a dark window.
INK, SOFT, LINE, PAPER = "ink", "soft", "line", "paper"
LIGHT = {INK: "#1d232b", SOFT: "#626c79", LINE: "#d9dee5", PAPER: "#ffffff"}
DARK = {INK: "#e3e7ec", SOFT: "#9da7b3", LINE: "#39414b", PAPER: "#171b20"}

MARGIN_PX = 8

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

# Okabe and Ito's colours, which every eye tells apart; yellow is too pale for a line on white, and
# black is one in a dark window.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#808080")

# From nothing lost to all of it: lightness falls all the way, so it also reads in grey.
_LOSS = (
    *((247, 249, 250), (253, 231, 197), (250, 190, 128), (236, 132, 82)),
    *((203, 76, 62), (148, 32, 58), (88, 12, 48)),
)
_GAIN = ((247, 249, 250), (176, 208, 232), (74, 141, 196))


@dataclass(frozen=True)
class Text:
    """Words from (x, y), the base line, `turned` clockwise in degrees around it."""

    x: float
    y: float
    content: str
    size: float
    anchor: Anchor
    color: str
    bold: bool
    turned: float


@dataclass(frozen=True)
class Rectangle:
    """A filled rectangle; `tip` shows under the mouse."""

    x: float
    y: float
    width: float
    height: float
    color: str
    tip: str


@dataclass(frozen=True)
class Line:
    """A line through points."""

    points: tuple[Point, ...]
    color: str
    width: float
    dashed: bool


@dataclass(frozen=True)
class Area:
    """A filled polygon."""

    points: tuple[Point, ...]
    color: str
    opacity: float


@dataclass(frozen=True)
class Circle:
    """A disc, or its outline."""

    x: float
    y: float
    radius: float
    color: str
    tip: str
    hollow: bool


Shape = Text | Rectangle | Line | Area | Circle


class Drawing:
    """A picture of `width` x `height` px, made shape by shape, the later ones on top."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self.width, self.height, self._title = width, height, title
        self.shapes: list[Shape] = []

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float = 12,
        anchor: Anchor = "start",
        color: str = INK,
        bold: bool = False,
        turned: float = 0,
    ) -> None:
        """Write at (x, y), the base line, `turned` clockwise in degrees."""
        self.shapes.append(Text(x, y, content, size, anchor, color, bold, turned))

    def rectangle(
        self, x: float, y: float, width: float, height: float, color: str, tip: str = ""
    ) -> None:
        """A filled rectangle; `tip` shows under the mouse."""
        self.shapes.append(Rectangle(x, y, width, height, color, tip))

    def line(
        self, points: Iterable[Point], color: str, width: float = 1, dashed: bool = False
    ) -> None:
        """A line through the points."""
        self.shapes.append(Line(tuple(points), color, width, dashed))

    def area(self, points: Iterable[Point], color: str, opacity: float) -> None:
        """A filled polygon."""
        self.shapes.append(Area(tuple(points), color, opacity))

    def circle(
        self, x: float, y: float, radius: float, color: str, tip: str = "", hollow: bool = False
    ) -> None:
        """A disc, or its outline."""
        self.shapes.append(Circle(x, y, radius, color, tip, hollow))

    def svg(self, *, in_page: bool = False) -> str:
        """The picture with its margin: alone in a file, or as an element of a page that has the
        colours as `--ink` and so on.
        """
        width, height = self.width + 2 * MARGIN_PX, self.height + 2 * MARGIN_PX
        box = f"{-MARGIN_PX} {-MARGIN_PX} {width:g} {height:g}"
        colors = {name: f"var(--{name})" for name in LIGHT} if in_page else LIGHT
        shapes = "".join(_element(shape, colors) for shape in self.shapes)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="{width:g}" '
            f'height="{height:g}" font-family="system-ui, sans-serif" role="img">'
            f"<title>{escape(self._title)}</title>"
            # Alone in a dark window it would be dark on dark.
            f'<rect x="{-MARGIN_PX}" y="{-MARGIN_PX}" width="{width:g}" height="{height:g}" '
            f'fill="{colors[PAPER]}"/>{shapes}</svg>'
        )


def _element(shape: Shape, colors: Mapping[str, str]) -> str:
    color = colors.get(shape.color, shape.color)
    match shape:
        case Text(x, y, content, size, anchor, _, bold, turned):
            weight = ' font-weight="600"' if bold else ""
            turn = f' transform="rotate({turned:g} {x:g} {y:g})"' if turned else ""
            return (
                f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" '
                f'fill="{color}"{weight}{turn}>{escape(content)}</text>'
            )
        case Rectangle(x, y, width, height, _, tip):
            return _tipped(
                f'rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{color}"',
                tip,
            )
        case Line(points, _, width, dashed):
            dashes = ' stroke-dasharray="4 3"' if dashed else ""
            return (
                f'<polyline points="{_joined(points)}" fill="none" stroke="{color}" '
                f'stroke-width="{width:g}" stroke-linejoin="round"{dashes}/>'
            )
        case Area(points, _, opacity):
            return (
                f'<polygon points="{_joined(points)}" fill="{color}" fill-opacity="{opacity:g}"/>'
            )
        case Circle(x, y, radius, _, tip, hollow):
            look = f'fill="{colors[PAPER]}" stroke="{color}"' if hollow else f'fill="{color}"'
            return _tipped(f'circle cx="{x:g}" cy="{y:g}" r="{radius:g}" {look}', tip)


def _tipped(element: str, tip: str) -> str:
    if not tip:
        return f"<{element}/>"
    tag = element.split(" ", 1)[0]
    return f"<{element}><title>{escape(tip)}</title></{tag}>"


def loss_color(share: float) -> str:
    """Colour of a loss of 0..1; a gain, below 0, is blue."""
    if share >= 0:
        return _blend(_LOSS, share)
    return _blend(_GAIN, -share * 4)  # Gains are small.


def ink_on(color: str) -> str:
    """Black or white, whichever reads better on `color`."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return LIGHT[INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else PAPER]


def _blend(stops: Sequence[tuple[int, int, int]], share: float) -> str:
    place = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    lower = min(int(place), len(stops) - 2)
    part = place - lower
    mixed = (round(a + part * (b - a)) for a, b in zip(stops[lower], stops[lower + 1], strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def _joined(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
