"""The few dialogs: export, keyboard shortcuts, about."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

import segformer_gui
from segformer_gui.core.classes import IGNORE
from segformer_gui.core.outputs import OutputKind, cityscapes_train_ids
from segformer_gui.gui import theme
from segformer_gui.gui.actions import ENTRIES, MENUS, Actions, translated
from segformer_gui.gui.entry import plain
from segformer_gui.gui.session.session import Session


class ExportDialog(QDialog):
    """Asks which masks go where, in which form."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self._session = session
        self._done: list[Path] = []
        self.current = QRadioButton(self.tr("The current image"), self)
        self.all = QRadioButton(self)
        self._left_out = QLabel(self)
        self._left_out.setProperty("muted", True)
        self._build_corrected()
        can_current = session.images.current in self._done
        self.current.setChecked(can_current)
        self.all.setChecked(not can_current)

        self.kinds: dict[OutputKind, QCheckBox] = {}
        kinds = QGridLayout()
        kinds.setHorizontalSpacing(14)
        for row, (kind, (text, explained)) in enumerate(self._kinds().items()):
            box = self.kinds[kind] = QCheckBox(text, self)
            box.setChecked(kind in session.settings.export_kinds)
            box.toggled.connect(self._update)
            label = QLabel(explained, self)
            label.setProperty("muted", True)
            if kind in ("labelIds", "trainIds") and not self._cityscapes_classes():
                box.setChecked(False)
                box.setEnabled(False)
                label.setText(self.tr("The model has no class that Cityscapes has"))
            kinds.addWidget(box, row, 0)
            kinds.addWidget(label, row, 1)
        kinds.setColumnStretch(1, 1)

        self.folder = QLineEdit(session.settings.export_folder, self)
        self.folder.setMinimumWidth(340)
        self.folder.setPlaceholderText(self.tr("Choose a folder"))
        self.folder.textChanged.connect(self._update)
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
        layout.addWidget(_heading(self.tr("What"), self))
        for widget in (self.current, self.all, self._left_out, self.corrected, self._ids):
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(_heading(self.tr("As"), self))
        layout.addLayout(kinds)
        layout.addSpacing(8)
        layout.addWidget(_heading(self.tr("Where"), self))
        layout.addLayout(folder)
        layout.addSpacing(12)
        layout.addWidget(self.buttons)
        self._update()

    def _build_corrected(self) -> None:
        """Masks that a person worked on go before predictions, unless that is switched off."""
        export, paths = self._session.export, self._session.images.paths
        count = sum(map(export.takes_mask, paths))
        text = self.tr("Corrected masks where there are some ({count}), else predictions")
        self.corrected = QCheckBox(text.format(count=count), self)
        self.corrected.setToolTip(self.tr("Off: what the model sees, without any correction"))
        self.corrected.setChecked(True)
        self.corrected.setVisible(count > 0)
        self.corrected.toggled.connect(self._count)
        self._ids = QLabel(self.tr("Class numbers are those of the project"), self)
        self._ids.setProperty("muted", True)
        self._count()

    def _count(self) -> None:
        """Show how many images there is something of."""
        session, corrected = self._session, self.corrected.isChecked()
        self._done = session.export.exportable(session.images.paths, corrected)
        self.all.setText(self.tr("All images with a mask ({count})").format(count=len(self._done)))
        can_current = session.images.current in self._done
        self.current.setEnabled(can_current)
        if not can_current:
            self.all.setChecked(True)
        missing = len(session.images.paths) - len(self._done)
        self._left_out.setText(
            self.tr("Images without a mask are left out: {count}").format(count=missing)
        )
        self._left_out.setVisible(missing > 0)
        masks = not self.corrected.isHidden() and corrected
        self._ids.setVisible(masks and session.export.maps_classes)

    def images(self) -> list[Path]:
        """The images whose masks are wanted."""
        current = self._session.images.current
        return [current] if self.current.isChecked() and current else self._done

    def chosen_kinds(self) -> list[OutputKind]:
        """The forms that are wanted."""
        return [kind for kind, box in self.kinds.items() if box.isChecked()]

    def _kinds(self) -> dict[OutputKind, tuple[str, str]]:
        named = self._cityscapes_classes()
        return {
            "index": (self.tr("Class maps"), self.tr("<name>.png, one class number a pixel")),
            "color": (self.tr("Colour maps"), self.tr("<name>_color.png")),
            "overlay": (self.tr("Overlays"), self.tr("<name>_overlay.png, image and mask blended")),
            "labelIds": (
                self.tr("Cityscapes labelIds"),
                self.tr("<name>_labelIds.png, {count} classes by name, others 0").format(
                    count=named
                ),
            ),
            "trainIds": (
                self.tr("Cityscapes trainIds"),
                self.tr("<name>_trainIds.png, {count} classes by name, others 255").format(
                    count=named
                ),
            ),
            "statistics": (
                self.tr("Statistics"),
                self.tr("<name>_statistics.json: shares, confidence, model, versions"),
            ),
        }

    def _cityscapes_classes(self) -> int:
        """How many of the classes Cityscapes has, too."""
        classes = self._session.contents.classes
        ids = cityscapes_train_ids(classes) if classes else []
        return sum(train_id != IGNORE for train_id in ids)

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, self.tr("Export to"), self.folder.text(), QFileDialog.Option.ShowDirsOnly
        )
        if folder:
            self.folder.setText(folder)

    def _update(self) -> None:
        some = bool(self.chosen_kinds() and self.folder.text().strip())
        self.go.setEnabled(some and bool(self.images()))


class ShortcutsDialog(QDialog):
    """All keys and gestures, made from the table of actions."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        gestures = [
            (self.tr("Zoom at the cursor"), self.tr("Wheel")),
            (self.tr("Move the image"), self.tr("Drag, Space+drag, middle button")),
            (self.tr("Fit to window"), self.tr("Double click")),
            (self.tr("Hide the selected class"), "H"),
            (self.tr("Show the selected class alone"), self.tr("S, Alt+click")),
            (self.tr("Move the line of a wipe"), self.tr("Drag, Shift+wheel")),
        ]
        columns = QHBoxLayout()
        columns.setSpacing(36)
        groups = [
            (
                plain(translated(title)),
                [
                    (plain(translated(entry.text)), _keys(actions, entry.id))
                    for entry in ENTRIES
                    if entry.menu == menu and entry.keys
                ],
            )
            for menu, title in MENUS
        ]
        groups.append((self.tr("Canvas and classes"), gestures))
        for part in _in_columns(groups, 4):
            grid = QGridLayout()
            grid.setHorizontalSpacing(28)
            grid.setVerticalSpacing(6)
            for title, rows in part:
                grid.setRowMinimumHeight(grid.rowCount(), 4)
                grid.addWidget(_heading(title, self), grid.rowCount() + 1, 0, 1, 2)
                for text, keys in rows:
                    row = grid.rowCount()
                    grid.addWidget(QLabel(text, self), row, 0)
                    label = QLabel(keys, self)
                    label.setProperty("muted", True)
                    grid.addWidget(label, row, 1, Qt.AlignmentFlag.AlignRight)
            grid.setRowStretch(grid.rowCount(), 1)
            columns.addLayout(grid)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 24, 16)
        layout.addLayout(columns)
        layout.addSpacing(8)
        layout.addWidget(_close_button(self))


class AboutDialog(QDialog):
    """What this is, in which versions, under which licences."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About SegFormer GUI"))
        icon = QLabel(self)
        icon.setPixmap(theme.pixmap("app", "", 64))
        name = QLabel("SegFormer GUI", self)
        name.setProperty("role", "heading")
        purpose = QLabel(
            self.tr("Version {version}. Runs SegFormer on your images, on your computer.").format(
                version=segformer_gui.__version__
            ),
            self,
        )
        licence = QLabel(
            self.tr(
                "The code is licensed under Apache 2.0. Every model has its own licence, shown "
                "beside it; the weights that saw CamVid are for non-commercial research only."
            ),
            self,
        )
        licence.setWordWrap(True)
        licence.setMinimumWidth(420)
        parts = QLabel(_versions(), self)
        parts.setProperty("muted", True)
        parts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(10)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(icon)
        titles = QVBoxLayout()
        titles.addWidget(name)
        titles.addWidget(purpose)
        top.addLayout(titles, 1)
        layout.addLayout(top)
        for widget in (licence, parts, _close_button(self)):
            layout.addWidget(widget)


def _versions() -> str:
    licences = {
        "PySide6-Essentials": "LGPL-3.0",
        "av": "BSD-3-Clause; its wheels carry FFmpeg with x264 and x265, GPL",
        "torch": "BSD-3-Clause",
        "opencv-python": "Apache-2.0",
        "numpy": "BSD-3-Clause",
        "pillow": "MIT-CMU",
        "scikit-image": "BSD-3-Clause",
        "pyqtgraph": "MIT",
        "huggingface_hub": "Apache-2.0",
        "safetensors": "Apache-2.0",
        "imagecorruptions": "Apache-2.0",
        "filelock": "Unlicense",
        "platformdirs": "MIT",
        "pydantic": "MIT",
        "rich": "MIT",
        "tomli-w": "MIT",
        "typer": "MIT",
        "openvino": "Apache-2.0",
        "onnx": "Apache-2.0",
        "onnxruntime": "MIT",
    }
    lines: list[str] = []
    for name, licence in licences.items():
        # Another build of a library, such as the headless OpenCV, goes by another name.
        with suppress(PackageNotFoundError):
            lines.append(f"{name} {version(name)}  ·  {licence}")
    lines.insert(0, f"Python {platform.python_version()}  ·  PSF-2.0")
    return "\n".join([*lines, platform.platform()])


def _keys(actions: Actions, action_id: str) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(key.toString(native) for key in actions[action_id].shortcuts()[:2])


def _in_columns(
    groups: list[tuple[str, list[tuple[str, str]]]], most: int
) -> list[list[tuple[str, list[tuple[str, str]]]]]:
    """The groups in their order, in columns of about the same height."""
    lines = sum(len(rows) + 2 for _, rows in groups)
    columns: list[list[tuple[str, list[tuple[str, str]]]]] = [[]]
    height = 0
    for group in groups:
        own = len(group[1]) + 2
        if columns[-1] and len(columns) < most and height + own / 2 > lines / most:
            columns.append([])
            height = 0
        columns[-1].append(group)
        height += own
    return columns


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setStyleSheet("font-weight: 600;")
    return label


def _close_button(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, dialog)
    buttons.rejected.connect(dialog.reject)
    return buttons
