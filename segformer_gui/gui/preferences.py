"""The preferences: everything the window remembers that a person may choose, in one dialog."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.inference.options import SCALES
from segformer_gui.core.settings import Settings
from segformer_gui.gui.messages import scales_title
from segformer_gui.gui.session.session import Session

_SIZES = ("512", "768", "1024", "1536", "2048")


class PreferencesDialog(QDialog):
    """Shows the preferences in force; OK applies all that was changed, Cancel nothing."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Preferences"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self._build_fields()
        clear = QPushButton(self.tr("&Clear recent places"), self)
        clear.setToolTip(self.tr("Forget which images and folders were opened, at once"))
        clear.setEnabled(bool(session.settings.recent))
        clear.clicked.connect(session.forget_recent)
        clear.clicked.connect(lambda: clear.setEnabled(False))
        self.clear_recent = clear

        ok, cancel, defaults = (
            QDialogButtonBox.StandardButton.Ok,
            QDialogButtonBox.StandardButton.Cancel,
            QDialogButtonBox.StandardButton.RestoreDefaults,
        )
        self.buttons = QDialogButtonBox(ok | cancel | defaults, self)
        self.buttons.button(defaults).setText(self.tr("&Restore defaults"))
        self.buttons.button(defaults).setToolTip(
            self.tr("Set all of these as in a new installation; OK applies it")
        )
        self.buttons.button(defaults).clicked.connect(lambda: self._show(Settings()))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(8)
        form = QFormLayout()  # One for all groups, so that the fields stand in one column.
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, rows in self._groups().items():
            heading = QLabel(title, self)
            heading.setStyleSheet("font-weight: 600;")
            heading.setContentsMargins(0, 10 if form.rowCount() else 0, 0, 0)
            form.addRow(heading)
            for text, field in rows:
                form.addRow(text, field)
        layout.addLayout(form)
        layout.addSpacing(8)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(440)
        models = session.models.request
        self._show(session.settings)
        _choose(self.device, models.device)
        _choose(self.precision, models.precision)
        _choose(self.list_order, session.images.order)
        self.opacity.setValue(round(session.view.opacity * 100))
        self._before = self._chosen()

    def accept(self) -> None:
        """Apply what differs from before, and close."""
        chosen, before = self._chosen(), self._before
        changed = {name: value for name, value in chosen.items() if value != before[name]}
        super().accept()
        session = self._session
        # These are known best to the stores, which hand them to the settings when those are saved.
        if "opacity" in changed:
            session.view.set_opacity(changed.pop("opacity"))
        if "list_order" in changed:
            session.images.set_order(changed.pop("list_order"))
        device = changed.pop("device", None)
        precision = changed.pop("precision", None)
        if device is not None:
            session.models.set_device(device)
        # A new device takes the precision along.
        if precision is not None or (device is not None and chosen["precision"] != "auto"):
            session.models.set_precision(chosen["precision"])
        if changed:
            session.change_settings(**changed)

    def _build_fields(self) -> None:
        auto = self.tr("Automatic")
        ready = self._session.models.ready
        request, size = self._session.models.request, self._session.settings.short_side
        devices = dict.fromkeys([*(ready.devices if ready else ()), request.device])
        precisions = dict.fromkeys([*(ready.precisions if ready else ()), request.precision])
        sizes = dict.fromkeys([*_SIZES, size])
        self.theme = _box(
            {
                "system": self.tr("Follow the system"),
                "light": self.tr("Light"),
                "dark": self.tr("Dark"),
            },
            self,
        )
        self.palette_box = _box(
            {
                "own": self.tr("The class set's own"),
                "colorblind": self.tr("Colour-blind safe"),
                "contrast": self.tr("High contrast"),
            },
            self,
        )
        self.list_order = _box(
            {
                "opened": self.tr("As opened"),
                "name": self.tr("By name"),
                "date": self.tr("By date, latest first"),
                "status": self.tr("By status"),
                "confidence": self.tr("By confidence, least sure first"),
            },
            self,
        )
        self.device = _box({"auto": auto} | {d: d.upper() for d in devices if d != "auto"}, self)
        self.precision = _box({"auto": auto} | {p: p for p in precisions if p != "auto"}, self)
        named = {"model": self.tr("The model's own"), "native": self.tr("The image's own")}
        self.input_size = _box(named | {s: f"{s} px" for s in sizes if s not in named}, self)
        scales = dict.fromkeys([*SCALES, self._session.settings.scales])
        self.scales = _box({text: scales_title(text) for text in scales}, self)
        self.auto_segment = QCheckBox(self.tr("Segment an image as soon as it is &selected"), self)
        self.sliding = QCheckBox(self.tr("Sliding &windows of 1024 pixels"), self)
        self.flip = QCheckBox(self.tr("A&verage with the mirrored image"), self)
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self._percent = QLabel(self)
        self._percent.setMinimumWidth(48)
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.opacity.valueChanged.connect(lambda value: self._percent.setText(f"{value} %"))
        for widget, tip in {
            self.theme: self.tr("Colours of the window"),
            self.palette_box: self.tr("Colours of the classes"),
            self.opacity: self.tr("How much the mask covers the image"),
            self.list_order: self.tr("Order of the list of images"),
            self.device: self.tr("Where the network runs"),
            self.precision: self.tr(
                "Half precision is faster on most graphics cards; OpenVINO on many processors"
            ),
            self.input_size: self.tr("Length of the image's shorter side inside the network"),
            self.scales: self.tr("The mean over several input sizes, slower and better"),
            self.sliding: self.tr("Slower, better on large images"),
            self.flip: self.tr("Takes twice as long, a little better"),
        }.items():
            widget.setToolTip(tip)

    def _groups(self) -> dict[str, list[tuple[str, QWidget]]]:
        opacity = QWidget(self)
        row = QHBoxLayout(opacity)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.opacity, 1)
        row.addWidget(self._percent)
        opacity.setFocusProxy(self.opacity)
        return {
            self.tr("Appearance"): [
                (self.tr("&Theme"), self.theme),
                (self.tr("Class &colours"), self.palette_box),
                (self.tr("Overlay &opacity"), opacity),
            ],
            self.tr("Segmentation"): [
                (self.tr("&Device"), self.device),
                (self.tr("&Precision"), self.precision),
                (self.tr("&Input size"), self.input_size),
                (self.tr("Scal&es"), self.scales),
                ("", self.auto_segment),
                ("", self.sliding),
                ("", self.flip),
            ],
            self.tr("Images"): [
                (self.tr("&List order"), self.list_order),
                ("", self.clear_recent),
            ],
        }

    def _boxes(self) -> dict[str, QComboBox]:
        return {
            "theme": self.theme,
            "palette": self.palette_box,
            "list_order": self.list_order,
            "device": self.device,
            "precision": self.precision,
            "short_side": self.input_size,
            "scales": self.scales,
        }

    def _checks(self) -> dict[str, QCheckBox]:
        return {"auto_segment": self.auto_segment, "sliding": self.sliding, "flip": self.flip}

    def _show(self, settings: Settings) -> None:
        for name, box in self._boxes().items():
            _choose(box, getattr(settings, name))
        for name, check in self._checks().items():
            check.setChecked(getattr(settings, name))
        self.opacity.setValue(round(settings.opacity * 100))
        self._percent.setText(f"{self.opacity.value()} %")

    def _chosen(self) -> dict[str, Any]:
        """The preferences as the fields show them, by the names of `Settings`."""
        boxes = {name: str(box.currentData()) for name, box in self._boxes().items()}
        checks = {name: check.isChecked() for name, check in self._checks().items()}
        return {**boxes, **checks, "opacity": self.opacity.value() / 100}


def _box(choices: dict[str, str], parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    for data, text in choices.items():
        box.addItem(text, data)
    return box


def _choose(box: QComboBox, data: str) -> None:
    box.setCurrentIndex(max(0, box.findData(data)))
