"""Trees and hedges: pictures of leaves and branches, drawn once a scene and stood up in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from segformer_gui.core.scenes.canvas import (
    Canvas,
    Color,
    Image,
    Label,
    Light,
    Point,
    Sprite,
    across_street,
    along_street,
    clouds,
    fixed_point,
    scaled,
)

_LEAVES: tuple[Color, ...] = ((62, 74, 40), (52, 66, 40), (78, 84, 44), (70, 68, 40), (46, 60, 42))
_AUTUMN: tuple[Color, ...] = ((126, 88, 36), (112, 70, 32), (134, 112, 46))
_BARK: Color = (62, 54, 46)
_SIZE = 560  # pixels of a tree's picture, both ways


@dataclass(frozen=True)
class Tree:
    """A tree at (`s`, `z`), `size` metres high and wide, with the picture `sprite`."""

    s: float
    z: float
    size: float
    sprite: Sprite

    def corners(self) -> list[Point]:
        """Foot and corners of its crown, for the shadow."""
        return [
            (self.s + a * r * self.size, self.size * y, self.z + b * r * self.size)
            for y, r in ((0.0, 0.035), (0.45, 0.3), (0.9, 0.25))
            for a, b in ((-1, 0), (1, 0), (0, -1), (0, 1), (0.7, 0.7), (-0.7, -0.7))
        ]

    def draw(self, canvas: Canvas) -> None:
        """Stand the picture up."""
        canvas.sprite((self.s, 0, self.z), self.size, self.sprite, Label.TREE)


@dataclass(frozen=True)
class Hedge:
    """A clipped hedge along the street with its front on the line `s`."""

    s: float
    near: float
    far: float
    height: float
    leaves: Image

    @property
    def z(self) -> float:
        """Its far end, so that what stands before it is drawn later."""
        return self.far

    def corners(self) -> list[Point]:
        """The solid's corners, for the shadow."""
        back = self.s + np.sign(self.s) * 0.7
        return [
            (s, y, z)
            for s in (self.s, back)
            for y in (0, self.height)
            for z in (self.near, self.far)
        ]

    def draw(self, canvas: Canvas) -> None:
        """Front and near end; the top lies about at eye height."""
        light, side = canvas.light, float(np.sign(self.s))
        back = self.s + side * 0.8
        rows, columns = self.leaves.shape[:2]
        width = min(columns, max(8, round((self.far - self.near) * rows / 4)))
        top = [
            (back, self.height, self.near),
            (back, self.height, self.far),
            (self.s, self.height, self.far),
            (self.s, self.height, self.near),
        ]
        front = along_street(self.s, self.near, self.far, 0, self.height)
        end = across_street(self.s, back, self.near, 0, self.height)
        for normal, corners in (((0, 1, 0), top), ((-side, 0, 0), front), ((0, 0, -1), end)):
            lit = self.leaves[:, :width].copy()
            lit[..., :3] = np.clip(lit[..., :3] * np.float32(light.on(normal)), 0, 255)
            canvas.texture(corners, lit)


def tree_sprites(rng: np.random.Generator, light: Light, bare: bool) -> list[Sprite]:
    """Four different trees, a conifer or a bush among them; `bare` in winter.

    A street's trees are of one kind, more or less: the first two share their form.
    """
    form = _FORMS[rng.integers(3)]
    forms = (form, form, _FORMS[rng.integers(3)], _FORMS[rng.integers(3, 5)])
    return [
        _tree(rng, light, (bare or rng.random() < 0.15) and i < 3, form)
        for i, form in enumerate(forms)
    ]


def leaf_texture(rng: np.random.Generator, color: Color | None = None) -> Image:
    """Dense leaves (h, w, 4) for hedges and distant woods, unlit."""
    h, w = 160, 640
    color = color or _LEAVES[rng.integers(len(_LEAVES))]
    tone = 0.78 + 0.3 * clouds(rng, h, w, 24)
    tone += 0.2 * cv2.resize(rng.normal(0, 1, (h // 2, w // 2)).astype(np.float32), (w, h))
    tone *= np.linspace(1.15, 0.7, h, dtype=np.float32)[:, None]
    colored = np.clip(tone[..., None] * np.array(color, np.float32), 0, 255).astype(np.uint8)
    return np.dstack([colored, np.full((h, w), Label.TREE, np.uint8)])


@dataclass(frozen=True)
class _Form:
    """Shape of a tree in shares of its picture: crown's middle and radii, and its first fork."""

    middle: float  # from the top
    wide: float
    high: float
    trunk: float  # from the bottom
    spread: float  # radians between the outermost limbs and straight up
    pointed: bool = False


_ROUND = _Form(0.37, 0.4, 0.33, 0.42, 1.15)
_FORMS = (
    _ROUND,
    _Form(0.3, 0.33, 0.27, 0.52, 0.9),  # a high crown, as of a lime beside a road
    _Form(0.47, 0.16, 0.43, 0.2, 0.35),  # a poplar
    _Form(0.48, 0.24, 0.45, 0.16, 0.5, pointed=True),  # a conifer
    _Form(0.5, 0.44, 0.42, 0.2, 1.3),  # a bush or a tree with branches down to the ground
)


def _tree(rng: np.random.Generator, light: Light, bare: bool, form: _Form) -> Sprite:
    picture = np.zeros((_SIZE, _SIZE, 4), np.uint8)
    bark = scaled(_BARK, rng.uniform(0.5, 1.3) * light.on((0, 0, -1)))
    # Half-transparent edges must not fade to black.
    colors = _AUTUMN if rng.random() < 0.2 and not form.pointed else _LEAVES
    leaf = scaled(colors[rng.integers(len(colors))], rng.uniform(0.6, 1.15))
    picture[..., :3] = bark if bare else scaled(leaf, 0.7)
    trunk = _SIZE * form.trunk * (0.86 if bare else 1.0)
    base = np.array([_SIZE / 2, _SIZE - 1.0])
    fork = base - (rng.normal(0, 8), trunk)
    thick = _SIZE * rng.uniform(0.014, 0.026)
    _branch(picture, base, fork, thick, thick * 0.68, bark)
    # Seven generations of branches, each three quarters of the last, fill the crown.
    sweep = min(1.0, form.spread)
    reach = (_SIZE - trunk) * (0.2 if bare else 0.12 + 0.14 * sweep)
    limbs = 6
    for i in range(limbs):
        angle = np.interp(i, [0, limbs - 1], [-form.spread, form.spread]) + rng.normal(0, 0.12)
        start = fork + (base - fork) * rng.uniform(0, 0.25)
        _grow(picture, rng, start, angle, sweep, reach, thick * 0.36, bark, 6 if bare else 2)
    if not bare:
        _leaves(picture, rng, light, leaf, fork[0], form)
    # Gaps in the crown that are smaller than this are still the tree's.
    gap = int(rng.choice([19, 31])) if bare else 19
    closing = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap))
    covers: Image = cv2.morphologyEx(picture[..., 3], cv2.MORPH_CLOSE, closing)  # pyright: ignore
    small = Sprite(_quarter(picture), _quarter(covers))
    return Sprite(picture, covers, small)


def _quarter(picture: Image) -> Image:
    size = (_SIZE // 4, _SIZE // 4)
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # pyright: ignore


def _branch(
    picture: Image, start: np.ndarray, end: np.ndarray, wide: float, thin: float, color: Color
) -> None:
    direction = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
    across = np.array([-direction[1], direction[0]])
    outline = np.array(
        [start - across * wide, end - across * thin, end + across * thin, start + across * wide]
    )
    cv2.fillPoly(picture, [fixed_point(outline)], (*color, 255), cv2.LINE_AA, 4)
    # The sunlit side of the bark.
    core = np.array([start - across * wide * 0.5, end - across * thin * 0.5, end, start])
    if wide > 2.5:
        cv2.fillPoly(picture, [fixed_point(core)], (*scaled(color, 1.3), 255), cv2.LINE_AA, 4)


def _grow(
    picture: Image,
    rng: np.random.Generator,
    start: np.ndarray,
    angle: float,
    sweep: float,
    length: float,
    width: float,
    color: Color,
    generations: int,
) -> None:
    end = start + length * np.array([np.sin(angle), -np.cos(angle)])
    _branch(picture, start, end, max(width, 0.7), max(width * 0.65, 0.6), color)
    if generations == 0:
        return
    for spread in (-1, 1) if generations < 5 or rng.random() < 0.5 else (-1, 0.2, 1):
        turn = angle * 0.9 + spread * sweep * rng.uniform(0.15, 0.55)
        shorter = length * rng.uniform(0.66, 0.84)
        _grow(
            picture,
            rng,
            end,
            turn,
            sweep,
            shorter,
            width * 0.62,
            scaled(color, 1.06),
            generations - 1,
        )


def _leaves(
    picture: Image,
    rng: np.random.Generator,
    light: Light,
    color: Color,
    stem: float,
    form: _Form,
) -> None:
    """Clumps of leaves, the lower and inner ones first and dark, the sunlit ones last."""
    center = np.array([stem, _SIZE * form.middle])
    radius = _SIZE * np.array([form.wide * rng.uniform(0.9, 1.1), form.high])
    clumps = 46
    # Even over the disc by area, with a ragged edge.
    turn = rng.uniform(0, 2 * np.pi, clumps)
    away = np.sqrt(rng.uniform(0, 1, clumps)) * 0.86
    offset = np.stack([np.cos(turn), np.sin(turn)], axis=1) * away[:, None]
    if form.pointed:  # wide at its foot, a point at its top
        offset[:, 0] *= 0.1 + 1.1 * (offset[:, 1] + 0.86) / 1.72
    at = center + radius * offset
    side = np.sign(light.to_sun[0]) * min(1.0, light.direct * 2)
    clump = (0.05 + 0.05 * form.wide / _ROUND.wide) * _SIZE
    leaves = 110
    for x, y in at[np.argsort(-at[:, 1] + rng.normal(0, 40, clumps))]:
        size = clump * rng.uniform(0.5, 1.0)
        height = (center[1] - y) / radius[1] + side * (x - center[0]) / radius[0] * 0.7
        spots = np.clip(rng.normal(0, 0.55, (leaves, 2)), -1.3, 1.3)
        dx, dy = spots[np.argsort(-spots[:, 1])].T
        local = -dy * 0.55 + dx * side * 0.4
        tones = 0.74 + 0.16 * height + 0.26 * local + rng.normal(0, 0.12, leaves)
        tones = np.maximum(light.on((0, 1, 0)) * tones, 0.28 * light.ambient)
        colors = np.minimum(tones[:, None] * color, 255).tolist()
        middles = np.stack([x + dx * size, y + dy * size * 0.8], axis=1)
        axes = rng.uniform((1.6, 1.2), (4.5, 2.6), (leaves, 2))
        turns = rng.uniform(0, 180, leaves).tolist()
        places = np.concatenate([middles, axes], axis=1) * 16
        for (*middle, wide, high), angle, leaf in zip(
            places.astype(int).tolist(), turns, colors, strict=True
        ):
            cv2.ellipse(
                picture, middle, (wide, high), angle, 0, 360, (*leaf, 255), -1, cv2.LINE_8, 4
            )
