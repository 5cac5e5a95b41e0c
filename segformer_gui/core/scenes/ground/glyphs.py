"""Lettering and symbols as outlines, and filling many outlines in one call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Floats, fixed_point

_SUBPIXEL_BITS = 4  # as in `fixed_point`


@lru_cache(maxsize=256)
def letters(text: str, weight: int = 7) -> tuple[Floats, ...]:
    """Outlines (N, 2) of `text`, 1 high and standing on 0, centred across; holes among them."""
    font, pad = cv2.FONT_HERSHEY_SIMPLEX, 8
    (width, height), below = cv2.getTextSize(text, font, 2.0, weight)
    mask = np.zeros((height + below + 2 * pad, width + 2 * pad), np.uint8)
    cv2.putText(mask, text, (pad, height + pad), font, 2.0, 255, weight)
    outlines, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_TC89_L1)
    origin, unit = np.array([pad + width / 2, height + pad]), np.array([1, -1]) / height
    return tuple((o[:, 0] - origin) * unit for o in outlines if len(o) > 2)


def ring(radius: float, corners: int = 24) -> Floats:
    """A disc's outline (N, 2)."""
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def box(left: float, right: float, low: float, high: float) -> Floats:
    """A rectangle's outline (4, 2)."""
    return np.array([(left, low), (right, low), (right, high), (left, high)], np.float64)


def arrow(kind: str) -> tuple[Floats, ...]:
    """A road arrow 1 high and standing on 0; `kind` holds any of "a" ahead, "l" and "r"."""
    parts = [box(-0.045, 0.045, 0.0, 0.72 if "a" in kind else 0.5)]
    if "a" in kind:
        parts.append(np.array([(-0.15, 0.68), (0.15, 0.68), (0.0, 1.0)]))
    for letter, side in (("l", -1), ("r", 1)):
        if letter in kind:
            bent = [(0.0, 0.36), (0.22, 0.52), (0.22, 0.6), (0.0, 0.5)]
            head = [(0.19, 0.44), (0.19, 0.68), (0.38, 0.6)]
            parts += [np.array(p) * (side, 1) for p in (bent, head)]
    return tuple(parts)


def moved(outline: Floats, x: float, y: float) -> Floats:
    """An outline (N, 2) moved by (`x`, `y`)."""
    return outline + np.array((x, y))


def bicycle() -> tuple[Floats, ...]:
    """A bicycle's symbol, 1 high and standing on 0."""
    wheels = [ring(r) * (0.8, 1.0) + (x, 0.3) for x in (-0.42, 0.42) for r in (0.3, 0.22)]
    bars = [((-0.42, 0.3), (-0.1, 0.75)), ((-0.1, 0.75), (0.3, 0.75)), ((-0.05, 0.3), (0.3, 0.75)),
            ((0.42, 0.3), (0.28, 0.95))]  # fmt: skip
    return (*wheels, *(_bar(np.array(a), np.array(b), 0.035) for a, b in bars))


def _bar(a: Floats, b: Floats, half: float) -> Floats:
    across = (b - a)[::-1] * (-half, half) / np.hypot(*(b - a))
    return np.array([a - across, b - across, b + across, a + across])


def fill_all(
    canvas: Canvas, faces: Sequence[Floats], color: Color, label: int, air: bool = True
) -> None:
    """Fill faces (N, 3) in one call; where two lie one in the other is a hole."""
    if not faces:
        return
    points = np.concatenate(faces)
    pixels = canvas.camera.project(points)
    ends = np.cumsum([len(face) for face in faces])[:-1]
    if air:
        color = canvas.light.through_air(color, float(points[:, 2].mean()))
    outlines = [fixed_point(outline) for outline in np.split(pixels, ends)]
    cv2.fillPoly(canvas.pixels, outlines, (*color, label), cv2.LINE_8, _SUBPIXEL_BITS)
