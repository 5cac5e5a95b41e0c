"""Pedestrians: figures of round limbs, and what they wear and carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segformer_gui.core.scenes.canvas import Canvas, Color, Label, Point, scaled

CLOTHES: tuple[Color, ...] = (
    (30, 32, 40), (44, 44, 50), (62, 58, 54), (36, 48, 74), (92, 34, 36), (58, 72, 56),
    (124, 116, 102), (26, 26, 28), (86, 70, 56), (70, 74, 84), (212, 212, 208), (176, 170, 160),
    (150, 160, 176), (196, 184, 150), (22, 22, 26), (104, 100, 104),
)  # fmt: skip
_TROUSERS: tuple[Color, ...] = (
    (34, 40, 58), (28, 28, 32), (60, 56, 52), (44, 50, 66), (84, 100, 130), (150, 140, 118),
    (104, 104, 104), (24, 24, 26),
)  # fmt: skip
_SKINS: tuple[Color, ...] = ((196, 152, 128), (168, 120, 96), (120, 84, 66), (86, 60, 48))
_HAIRS: tuple[Color, ...] = (
    (36, 28, 24), (66, 46, 32), (120, 98, 66), (22, 20, 20), (130, 128, 124),
)  # fmt: skip
BRIGHT: tuple[Color, ...] = (
    (206, 216, 40), (226, 100, 30), (170, 34, 40), (40, 92, 160), (200, 90, 130), (60, 140, 90),
    (216, 190, 60), (110, 60, 130), (110, 170, 200),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Someone at (`s`, `z`); `heading` 0 walks away from the camera, pi towards it."""

    s: float
    z: float
    heading: float
    height: float
    stride: float  # how far the legs are apart, radians
    coat: Color
    trousers: Color
    skin: Color
    hair: Color
    long_coat: bool = False
    bag: Color | None = None
    extra: str = ""  # skirt, hat, rucksack, umbrella or pram
    accent: Color = (60, 60, 62)  # the colour of the extra
    label: int = Label.PEDESTRIAN

    def corners(self) -> list[Point]:
        """Corners of a box around them, for the shadow."""
        return [
            (self.s + a, y * self.height, self.z + b)
            for y, r in ((0.02, 0.1), (0.6, 0.2), (1.0, 0.08))
            for a in (-r, r)
            for b in (-r, r)
        ]

    def place(self, ahead: float, right: float, up: float) -> Point:
        """Body coordinates (for a height of 1.75 m) -> world."""
        k = self.height / 1.75
        up -= 0.84 * (1 - np.cos(self.stride)) * (self.label == Label.PEDESTRIAN)  # legs apart
        cos, sin = np.cos(self.heading), np.sin(self.heading)
        return (
            self.s + k * (ahead * sin + right * cos),
            k * up,
            self.z + k * (ahead * cos - right * sin),
        )

    def limb(
        self, canvas: Canvas, ends: tuple[Point, Point], radii: tuple[float, float], color: Color
    ) -> None:
        """A capsule between two points in body coordinates."""
        a, b = (self.place(*end) for end in ends)
        canvas.capsule((a, b), radii, scaled(color, canvas.light.on((0, 0.2, -0.5))), self.label)

    def draw(self, canvas: Canvas) -> None:
        """A walking figure, far limbs first."""
        swing, ahead = self.stride, np.cos(self.heading) > 0
        if self.extra == "pram" and ahead:
            self._pram(canvas)
        if self.extra == "rucksack" and not ahead:
            self._rucksack(canvas)
        # The side of the body that is farther away is drawn before the trunk.
        far = 1 if np.sin(self.heading) < 0 else -1
        self._leg(canvas, far, swing)
        self._arm(canvas, far, -swing)
        self._leg(canvas, -far, -swing)
        self._trunk(canvas)
        self._arm(canvas, -far, swing)
        if self.bag is not None:
            self.limb(
                canvas,
                ((-0.05, -far * 0.27, 0.95), (-0.02, -far * 0.27, 0.75)),
                (0.07, 0.1),
                self.bag,
            )
        if self.extra == "rucksack" and ahead:
            self._rucksack(canvas)
        elif self.extra == "pram" and not ahead:
            self._pram(canvas)
        elif self.extra == "umbrella":
            self._umbrella(canvas)

    def _rucksack(self, canvas: Canvas) -> None:
        for right in (-0.07, 0.07):
            ends = ((-0.17, right, 1.06), (-0.16, right, 1.36))
            self.limb(canvas, ends, (0.1, 0.085), self.accent)

    def _pram(self, canvas: Canvas) -> None:
        """Wheels, a tub and the handle."""
        for right in (-0.22, 0.22):
            for along in (0.55, 1.0):
                wheel = ((along, right, 0.1), (along, right, 0.11))
                self.limb(canvas, wheel, (0.08, 0.08), (28, 28, 30))
            handle = ((0.35, right, 1.0), (0.7, right, 0.6))
            self.limb(canvas, handle, (0.02, 0.02), (70, 72, 74))
        self.limb(canvas, ((0.6, 0, 0.5), (1.0, 0, 0.52)), (0.17, 0.15), self.accent)
        self.limb(
            canvas, ((0.62, 0, 0.55), (0.56, 0, 0.85)), (0.17, 0.19), scaled(self.accent, 0.8)
        )

    def _umbrella(self, canvas: Canvas) -> None:
        stick = ((0.15, 0.1, 1.2), (0.15, 0.1, 2.05))
        self.limb(canvas, stick, (0.012, 0.012), (40, 40, 42))
        turns = np.linspace(0, np.pi, 12)
        k, (s, y, z) = self.height / 1.75, self.place(0.15, 0.1, 0.0)
        across = [(s + 0.55 * k * np.cos(t), y + k * (1.82 + 0.32 * np.sin(t)), z) for t in turns]
        bright = scaled(self.accent, canvas.light.on((0, 0.7, -0.4)))
        canvas.polygon(across, bright, self.label)

    def _leg(self, canvas: Canvas, side: int, swing: float) -> None:
        hip = (0.0, side * 0.09, 0.9)
        knee = (0.42 * np.sin(swing), side * 0.09, 0.9 - 0.42 * np.cos(swing))
        lower = swing - (0.25 if swing < 0 else 0.0)
        ankle = (knee[0] + 0.42 * np.sin(lower), side * 0.09, knee[2] - 0.4 * np.cos(lower))
        self.limb(canvas, (hip, knee), (0.095, 0.07), self.trousers)
        self.limb(canvas, (knee, ankle), (0.07, 0.05), self.trousers)
        toe = (ankle[0] + 0.16, ankle[1], ankle[2] - 0.03)
        self.limb(canvas, (ankle, toe), (0.05, 0.04), (26, 24, 24))

    def _arm(self, canvas: Canvas, side: int, swing: float) -> None:
        shoulder = (0.0, side * 0.2, 1.42)
        elbow = (0.28 * np.sin(swing * 0.9), side * 0.25, 1.42 - 0.28 * np.cos(swing))
        hand = (elbow[0] + 0.24 * np.sin(swing + 0.35), side * 0.24, elbow[2] - 0.23)
        self.limb(canvas, (shoulder, elbow), (0.065, 0.052), scaled(self.coat, 0.92))
        self.limb(canvas, (elbow, hand), (0.052, 0.04), scaled(self.coat, 0.92))
        self.limb(canvas, (hand, (hand[0], hand[1], hand[2] - 0.06)), (0.038, 0.035), self.skin)

    def _trunk(self, canvas: Canvas) -> None:
        hem = 0.62 if self.long_coat else 0.86
        for right in (-0.07, 0.07):
            self.limb(canvas, ((0, right, hem), (0, right, 1.12)), (0.13, 0.105), self.coat)
            self.limb(canvas, ((0, right, 1.12), (0, right * 1.25, 1.4)), (0.105, 0.11), self.coat)
        if self.extra == "skirt":
            for right in (-0.09, 0.09):
                hem = ((0, right, 0.52), (0, right * 0.6, 0.98))
                self.limb(canvas, hem, (0.13, 0.11), self.accent)
        self.limb(canvas, ((0, 0, 1.48), (0.01, 0, 1.55)), (0.055, 0.05), self.skin)
        self.draw_head(canvas, (0.015, 0, 1.645))

    def draw_head(self, canvas: Canvas, at: Point) -> None:
        """Face and hair around `at` (body coordinates)."""
        ahead, right, up = at
        self.limb(
            canvas,
            ((ahead + 0.015, right, up - 0.04), (ahead, right, up + 0.02)),
            (0.078, 0.095),
            self.skin,
        )
        facing = np.cos(self.heading) < -0.3
        low = 0.055 if facing else -0.03
        self.limb(
            canvas,
            ((ahead - 0.03, right, up + low), (ahead - 0.015, right, up + 0.055)),
            (0.085, 0.085),
            self.hair,
        )
        if self.extra == "hat":
            crown = ((ahead - 0.02, right, up + 0.08), (ahead, right, up + 0.1))
            self.limb(canvas, crown, (0.105, 0.1), self.accent)


def random_person(
    rng: np.random.Generator, s: float, z: float, heading: float | None = None
) -> Person:
    """A pedestrian who walks (along the street unless told otherwise) or stands; or a child."""
    if heading is None:
        heading = float(rng.choice([0.0, np.pi]) + rng.normal(0, 0.5))
    child, bright = rng.random() < 0.12, rng.random() < 0.22
    standing = rng.random() < 0.3
    extras = ["", "skirt", "hat", "rucksack", "umbrella", "pram"]
    extra = str(rng.choice(extras, p=[0.4, 0.14, 0.18, 0.2, 0.04, 0.04]))
    return Person(
        s,
        z,
        heading,
        rng.uniform(0.9, 1.4) if child else rng.uniform(1.52, 1.92),
        rng.uniform(-0.06, 0.06) if standing else rng.uniform(-0.42, 0.42),
        pick(rng, BRIGHT if bright else CLOTHES),
        pick(rng, _TROUSERS),
        pick(rng, _SKINS),
        pick(rng, _HAIRS),
        bool(rng.random() < 0.35),
        pick(rng, CLOTHES + BRIGHT) if rng.random() < 0.35 else None,
        "" if child and extra == "pram" else extra,
        pick(rng, CLOTHES if rng.random() < 0.7 else BRIGHT),
    )


def pick(rng: np.random.Generator, colors: tuple[Color, ...]) -> Color:
    """One of the colours, a little darker or lighter."""
    return scaled(colors[rng.integers(len(colors))], rng.uniform(0.85, 1.15))
