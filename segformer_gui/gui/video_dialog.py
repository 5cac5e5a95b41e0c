"""Asks what is to be written of a video."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.images import output_stem
from segformer_gui.core.video.work import VideoFiles, VideoWork
from segformer_gui.gui.session.session import Session


class VideoExportDialog(QDialog):
    """The frames between the marks, under the corruption that is chosen."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export video"))
        self._session = session
        player = session.player
        corrupted = not session.lab.condition.is_clean
        count = player.last - player.first + 1
        what = self.tr("Frames {first} to {last}: {count}").format(
            first=player.first + 1, last=player.last + 1, count=count
        )
        beside = (
            self.tr("Clean and corrupted side by side")
            if corrupted
            else self.tr("Video and mask side by side")
        )
        self.overlay = QCheckBox(self.tr("Video with the mask over it (MP4)"), self)
        self.overlay.setChecked(True)
        self.side_by_side = QCheckBox(f"{beside} (MP4)", self)
        self.masks = QCheckBox(self.tr("Masks of every frame (folder of PNG)"), self)
        self.measured = QCheckBox(self.tr("Measure steadiness"), self)
        self.smoothing = QDoubleSpinBox(self)
        self.smoothing.setRange(0, 0.95)
        self.smoothing.setSingleStep(0.1)
        self.smoothing.setValue(player.smoothing.amount)
        self.smoothing.setToolTip(
            self.tr("Share of the past in each frame's probabilities: 0 is off, 0.5 calms flicker")
        )
        self.folder = QLineEdit(session.settings.export_folder, self)
        self.folder.setMinimumWidth(320)
        self.folder.setPlaceholderText(self.tr("Choose a folder"))
        browse = QPushButton(self.tr("Browse…"), self)
        browse.clicked.connect(self._browse)
        folder = QHBoxLayout()
        folder.addWidget(self.folder, 1)
        folder.addWidget(browse)
        self.buttons = QDialogButtonBox(self)
        self.go = self.buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setDefault(True)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(8)
        layout.addWidget(QLabel(what, self))
        for box in (self.overlay, self.side_by_side, self.masks, self.measured):
            layout.addWidget(box)
            box.toggled.connect(self._update)
        form = QFormLayout()
        form.addRow(self.tr("Smoothing"), self.smoothing)
        form.addRow(self.tr("Folder"), folder)
        layout.addLayout(form)
        layout.addWidget(self.buttons)
        self.folder.textChanged.connect(self._update)
        self._update()

    def work(self) -> VideoWork:
        """Which frames, and what is done to them."""
        player, condition = self._session.player, self._session.lab.condition
        return VideoWork(
            start=player.first,
            stop=player.last + 1,
            condition=condition,
            moving=player.moving,
            smoothing=self.smoothing.value(),
            measured=self.measured.isChecked(),
        )

    def files(self, video: Path) -> VideoFiles:
        """What is written, named as the command line names it."""
        folder, stem = self.chosen_folder(), output_stem(video)
        view = self._session.view

        def file(box: QCheckBox, ending: str) -> Path | None:
            return folder / f"{stem}{ending}" if box.isChecked() else None

        return VideoFiles(
            masks=file(self.masks, "_masks"),
            overlay=file(self.overlay, "_overlay.mp4"),
            side_by_side=file(self.side_by_side, "_side_by_side.mp4"),
            opacity=view.opacity,
            palette=view.palette,
        )

    def chosen_folder(self) -> Path:
        """Where it goes."""
        return Path(self.folder.text().strip()).expanduser().absolute()

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, self.tr("Folder"), self.folder.text())
        if folder:
            self.folder.setText(folder)

    def _update(self) -> None:
        files = (self.overlay, self.side_by_side, self.masks)
        self.go.setEnabled(
            any(box.isChecked() for box in files) and bool(self.folder.text().strip())
        )
