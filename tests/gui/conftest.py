"""A window with an engine that needs no network, and helpers to wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from video_clips import write_clip

from segformer_gui.app import make_window
from segformer_gui.core.classes import ClassSet
from segformer_gui.core.errors import Note, UserError
from segformer_gui.core.images import write_png
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.inference.prediction import Prediction, Timings
from segformer_gui.core.settings import Settings
from segformer_gui.gui.main_window import MainWindow
from segformer_gui.gui.session import video
from segformer_gui.gui.session.lab import Lab
from segformer_gui.gui.session.pictures import label_levels
from segformer_gui.gui.session.ports import ModelRequest, ReadyModel, Result
from segformer_gui.gui.session.video import Player
from tests.gui.playing import FRAMES, Clock

CLASSES = ClassSet("test", ("dark", "middle", "bright"), ((200, 0, 0), (0, 200, 0), (0, 0, 200)))


def labels_of(pixels: np.ndarray) -> np.ndarray:
    """What `FakeEngine` sees in an image."""
    return (pixels[..., 0] // 86).astype(np.uint8)


class FakeEngine:
    """Segments by brightness. `gate` closed: waits; `broken`: grey values that it fails on."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.requests: list[ModelRequest] = []
        self.options: list[SegmentOptions] = []
        self.images: list[np.ndarray] = []
        self.broken: dict[int, Exception] = {}
        self.confidence: dict[int, float] = {}  # Of grey values, where it is not 0.75.
        self.notes: tuple[Note, ...] = ()
        self.network_ms = 20.0
        self.classes = CLASSES

    def another(self) -> FakeEngine:
        self.other = FakeEngine()
        return self.other

    def prepare(self, request: ModelRequest) -> ReadyModel:
        self.requests.append(request)
        if request.spec.endswith(".pth"):
            raise UserError("image_broken", path=request.spec)
        return ReadyModel(
            request, self.classes, 360, "test", "cpu", "float32", ("cpu",), ("float32", "bfloat16")
        )

    def predict(
        self, image: np.ndarray, options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Prediction:
        result = self.segment(image, options, cancelled)
        logits = torch.from_numpy(result.logits)
        return Prediction(result.labels, logits, result.classes, result.timings, "cpu", "float32")

    def images_at_once(self, pixels: int) -> int | None:
        return 2

    def segment(
        self, image: np.ndarray, options: SegmentOptions, cancelled: Callable[[], bool]
    ) -> Result:
        self.options.append(options)
        self.images.append(image)
        self.entered.set()
        while not self.gate.wait(0.01):
            if cancelled():
                raise RuntimeError("cancelled")
        value = int(image[0, 0, 0])
        if value in self.broken:
            raise self.broken[value]
        labels = labels_of(image)
        counts = np.bincount(labels.ravel(), minlength=len(self.classes))
        timings = Timings(1.0, self.network_ms, 3.0)
        return Result(
            label_levels(labels),
            counts,
            self.classes,
            timings,
            "cpu",
            "float32",
            self.notes,
            _logits(image, len(self.classes)),
            mean_confidence=self.confidence.get(value, 0.75),
        )


def _logits(image: np.ndarray, classes: int) -> np.ndarray:
    """Logits at a quarter of the resolution: surer of a class the nearer the grey is to its own."""
    height, width = image.shape[:2]
    grey = cv2.resize(image[..., 0], (-(-width // 4), -(-height // 4))).astype(np.float32)
    centres = np.arange(classes, dtype=np.float32)[:, None, None] * 86 + 43
    return -np.abs(grey - centres) / 20


def make_image(path: Path, value: int = 10, size: tuple[int, int] = (60, 80)) -> Path:
    """An image whose left half has `value`, and whose right half is bright."""
    pixels = np.full((*size, 3), value, np.uint8)
    pixels[:, size[1] // 2 :] = 250
    write_png(path, pixels)
    return path


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def settings() -> Settings:
    return Settings(theme="light")


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Three images: a_0, a_1, a_2, of which the left half is dark, dark, middle."""
    return [make_image(tmp_path / "in" / f"a_{i}.png", v) for i, v in enumerate((10, 20, 100))]


def _shown(qtbot: QtBot, window: MainWindow) -> MainWindow:
    window.resize(1320, 840)  # Qt's offscreen screen is smaller than any that people have.
    window.show()
    qtbot.waitExposed(window)
    window.session.start()
    return window


def delete(window: MainWindow) -> None:
    """Close a window for good."""
    window.close()
    window.deleteLater()
    # Or all the windows of earlier tests would stay, and be styled again with every change.
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


@pytest.fixture
def window(qtbot: QtBot, engine: FakeEngine, settings: Settings) -> Iterator[MainWindow]:
    """A window whose jobs run at once, in the test's own thread."""
    window = _shown(qtbot, make_window(settings, engine, synchronous=True))
    yield window
    delete(window)


@pytest.fixture
def threaded(qtbot: QtBot, engine: FakeEngine, settings: Settings) -> Iterator[MainWindow]:
    """A window with real threads, whose model is ready."""
    window = _shown(qtbot, make_window(settings, engine))
    qtbot.waitUntil(lambda: window.session.models.ready is not None)
    yield window
    engine.gate.set()
    delete(window)


@pytest.fixture
def editor(window: MainWindow, images: list[Path]) -> MainWindow:
    """The first image in the window, its mask taken from the prediction, the brush in hand.

    Images are 60 x 80: dark (class 0) on the left, bright (class 2) on the right.
    """
    window.session.images.open(images)
    window.actions_by_id["tool_brush"].trigger()
    window.session.tools.set(class_id=1, brush_px=9)
    return window


@pytest.fixture
def lab(window: MainWindow, images: list[Path]) -> Lab:
    """Of a window that shows the first image."""
    window.session.images.open(images)
    return window.session.lab


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "drive.mp4", frames=FRAMES, b_frames=2)


@pytest.fixture
def player(window: MainWindow, clip_path: Path) -> Player:
    """Of a window that shows a clip."""
    window.session.images.open([clip_path])
    return window.session.player


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What the player plays by."""
    clock = Clock()
    monkeypatch.setattr(video, "time", clock)
    return clock
