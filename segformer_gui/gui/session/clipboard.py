"""Images in from the clipboard, and out to it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage

from segformer_gui.core.classes import IGNORE
from segformer_gui.core.errors import UserError
from segformer_gui.core.images import write_png
from segformer_gui.core.paths import user_data_dir
from segformer_gui.core.render import overlay
from segformer_gui.gui.session.images import Images
from segformer_gui.gui.session.masks import Masks
from segformer_gui.gui.session.ports import Lanes
from segformer_gui.gui.session.segmentation import Segmentation
from segformer_gui.gui.session.view import View


class Clipboard(QObject):
    """Pastes what was copied elsewhere; copies the current image with its mask over it."""

    copied = Signal(int, int)  # Width and height of what is on the clipboard now.
    failed = Signal(Exception)

    def __init__(
        self,
        lanes: Lanes,
        images: Images,
        segmentation: Segmentation,
        masks: Masks,
        view: View,
    ) -> None:
        super().__init__()
        self._lanes = lanes
        self._images = images
        self._segmentation = segmentation
        self._masks = masks
        self._view = view

    def paste(self) -> None:
        """Open the files on the clipboard, or save the pixels on it as PNG and open that."""
        content = QGuiApplication.clipboard().mimeData()
        urls = content.urls() if content else []  # None where nothing was ever copied.
        files = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
        if files:
            self._images.open(files)
            return
        image = QGuiApplication.clipboard().image()
        if image.isNull():
            self.failed.emit(UserError("clipboard_no_image"))
            return
        self._lanes.files.submit(
            lambda _job: _save(image), lambda path: self._images.open([path]), self.failed.emit
        )

    def copy(self) -> None:
        """Put the current image in full size, with its mask as it is shown, on the clipboard."""
        picture, result, mask = self._images.picture, self._segmentation.result, self._masks.mask
        if picture is None:
            return
        view = self._view
        classes = self._masks.classes if mask else result.classes if result else None
        shows, opacity = view.shows, view.opacity
        hidden = [i for i in range(len(classes) if classes else 0) if not shows(i)]
        colored = view.painted(classes) if classes else None

        def work(_job: object) -> QImage:
            pixels = picture.pixels
            labels = mask.settled()[0] if mask else result.labels if result else None
            if labels is not None and colored is not None:
                unlabelled = [IGNORE] if mask else []
                pixels = overlay(pixels, labels, colored, opacity, [*hidden, *unlabelled])
            return _image(pixels)

        self._lanes.files.submit(work, self.put, self.failed.emit, "copy")

    def put(self, image: QImage) -> None:
        """Put an image on the clipboard."""
        QGuiApplication.clipboard().setImage(image)
        self.copied.emit(image.width(), image.height())


def _save(image: QImage) -> Path:
    """Write pasted pixels to a new file in the user's folder. Raises as `write_png`."""
    folder = user_data_dir() / "pasted"
    stem = datetime.now().astimezone().strftime("pasted-%Y-%m-%d-%H%M%S")
    path, number = folder / f"{stem}.png", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}.png", number + 1
    write_png(path, _pixels(image))
    return path


def _image(pixels: NDArray[np.uint8]) -> QImage:
    """(H, W, 3) uint8 RGB as an image that owns its pixels."""
    height, width = pixels.shape[:2]
    image = QImage(width, height, QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.bits(), np.uint8).reshape(height, image.bytesPerLine())
    # By numpy, which lets other Python threads run meanwhile; Qt's own copy does not.
    rows[:, : 3 * width] = pixels.reshape(height, 3 * width)
    return image


def _pixels(image: QImage) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB; alpha is ignored, as in files."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return np.ascontiguousarray(rows[:, : 3 * rgb.width()]).reshape(rgb.height(), rgb.width(), 3)
