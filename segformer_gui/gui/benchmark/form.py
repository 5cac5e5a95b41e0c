"""What to measure: data, models, protocol, input and folder, as fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.datasets import ALL_SPLITS, LAYOUTS
from segformer_gui.core.inference.options import (
    SCALES,
    DeviceChoice,
    PrecisionChoice,
    SegmentOptions,
    parsed_scales,
    scales_text,
)
from segformer_gui.core.paths import user_data_dir
from segformer_gui.core.robustness.benchmark import Request
from segformer_gui.gui.benchmark.fields import FolderField, ModelsField, ProtocolField, choose
from segformer_gui.gui.messages import scales_title
from segformer_gui.gui.session.session import Session

_SIZES = ("512", "768", "1024", "1536", "2048")


class BenchmarkForm(QWidget):
    """Makes a `Request` of what the fields say; `changed` whenever that may be another one."""

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._kept = Request(Path())  # Whose values have no field of their own.
        self._proposed = ""  # The result folder, as long as nobody has typed another.
        self._build_data()
        self.models = ModelsField(self)
        self.protocol = ProtocolField(self)
        self._build_noise()
        self._build_input()
        self.out = FolderField(self.tr("Folder of cells and report"), self)
        self.out.line.setToolTip(
            self.tr("What an earlier run has measured there is not measured again")
        )
        self._form = QFormLayout()
        self._form.setVerticalSpacing(6)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, rows in self._groups().items():
            heading = QLabel(title, self)
            heading.setStyleSheet("font-weight: 600;")
            heading.setContentsMargins(0, 8, 0, 0)
            self._form.addRow(heading)
            for text, field in rows:
                if text:
                    self._form.addRow(text, field)
                else:
                    self._form.addRow(field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 10)
        layout.addLayout(self._form)
        layout.addStretch(1)
        self._connect()
        self._list_models()
        self._list_splits([])

    # Fields -------------------------------------------------------------------------------------

    def _build_data(self) -> None:
        self.kind = QComboBox(self)
        for kind, text in {
            "auto": self.tr("Data set: find the layout"),
            "cityscapes": self.tr("Data set: Cityscapes layout"),
            "camvid": self.tr("Data set: CamVid layout"),
            "index": self.tr("Images and index masks"),
            "project": self.tr("The open project"),
            "consistency": self.tr("Images without ground truth: consistency"),
        }.items():
            self.kind.addItem(text, kind)
        self.kind.setToolTip(self.tr("Where the images and their ground truth come from"))
        self.data = FolderField(self.tr("Folder of the images"), self)
        self.consistency = QLabel(
            self.tr(
                "Each model is compared with its own prediction of the clean image. That is no"
                " accuracy: a model that is always wrong alike scores 100 %."
            ),
            self,
        )
        self.consistency.setWordWrap(True)
        self.consistency.setProperty("role", "warning")
        self.split = QComboBox(self)
        self.split.setToolTip(self.tr("Which part of the data"))
        self.every = QSpinBox(self)
        self.every.setRange(1, 10_000)
        self.every.setToolTip(self.tr("Take each n-th image only: quicker, less sure"))

    def _build_noise(self) -> None:
        self.seeds = QSpinBox(self)
        self.seeds.setRange(1, 1000)
        self.seeds.setToolTip(self.tr("How often noise is drawn anew"))
        self.engine = QComboBox(self)
        self.engine.addItem(self.tr("ours, quick"), "fast")
        self.engine.addItem(self.tr("imagecorruptions, the original"), "reference")
        self.engine.setToolTip(self.tr("Whose code corrupts the images"))

    def _build_input(self) -> None:
        self.side = QComboBox(self)
        self.side.addItem(self.tr("The model's own"), "model")
        self.side.addItem(self.tr("The image's own"), "native")
        for side in _SIZES:
            self.side.addItem(f"{side} px", side)
        self.side.setToolTip(self.tr("Length of the image's shorter side inside the network"))
        self.scales = QComboBox(self)
        for text in SCALES:
            self.scales.addItem(scales_title(text), text)
        self.scales.setToolTip(
            self.tr("Multi-scale testing: the mean over several input sizes, slower and better")
        )
        self.sliding = QCheckBox(self.tr("Sliding windows of 1024 pixels"), self)
        self.sliding.setToolTip(self.tr("As the paper does on Cityscapes, with a size of 1024"))
        self.flip = QCheckBox(self.tr("Average with the mirrored image"), self)
        self.flip.setToolTip(self.tr("Takes twice as long, a little better"))
        auto = self.tr("Automatic")
        self.device, self.precision = QComboBox(self), QComboBox(self)
        for box, choices in ((self.device, DeviceChoice), (self.precision, PrecisionChoice)):
            for choice in get_args(choices):
                box.addItem(auto if choice == "auto" else choice, choice)
        self.device.setToolTip(self.tr("Where the networks run"))
        self.precision.setToolTip(self.tr("Arithmetic of the networks"))

    def _groups(self) -> dict[str, list[tuple[str, QWidget]]]:
        return {
            self.tr("Data"): [
                ("", self.kind),
                ("", self.data),
                ("", self.consistency),
                (self.tr("Part"), self.split),
                (self.tr("Each n-th image"), self.every),
            ],
            self.tr("Models"): [("", self.models)],
            self.tr("Protocol"): [
                ("", self.protocol),
                (self.tr("Seeds"), self.seeds),
                (self.tr("Engine"), self.engine),
            ],
            self.tr("Input"): [
                (self.tr("Size"), self.side),
                (self.tr("Scales"), self.scales),
                ("", self.sliding),
                ("", self.flip),
                (self.tr("Device"), self.device),
                (self.tr("Precision"), self.precision),
            ],
            self.tr("Result folder"): [("", self.out)],
        }

    def _connect(self) -> None:
        session = self._session
        self.kind.currentIndexChanged.connect(self._data_changed)
        self.data.changed.connect(self._data_changed)
        for changed in (
            self.split.currentIndexChanged,
            self.models.changed,
            self.protocol.changed,
            self.out.changed,
            session.projects.changed,
        ):
            changed.connect(self._update)
        session.models.entries_changed.connect(self._list_models)
        session.benchmark.splits_found.connect(self._list_splits)

    # State to widgets ---------------------------------------------------------------------------

    def show_request(self, request: Request, out: Path) -> None:
        """Fill the fields with what an earlier benchmark has measured."""
        self._kept = request
        choose(self.kind, "consistency" if request.consistency else request.layout or "auto")
        self.data.show_folder(request.data)
        self._list_splits([request.split] if request.split else [])
        choose(self.split, request.split)
        self.every.setValue(request.every)
        self.models.choose(request.models)
        self.protocol.choose(request.protocol)
        self.seeds.setValue(request.seeds)
        choose(self.engine, request.engine)
        options = request.options
        side = "native" if options.short_side is None else str(options.short_side)
        if self.side.findData(side) < 0:
            self.side.addItem(f"{side} px", side)
        choose(self.side, side)
        scales = scales_text(options.scales)
        if self.scales.findData(scales) < 0:
            self.scales.addItem(scales_title(scales), scales)
        choose(self.scales, scales)
        self.sliding.setChecked(options.sliding)
        self.flip.setChecked(options.flip)
        choose(self.device, request.device)
        choose(self.precision, request.precision)
        self.out.show_folder(out)
        self._update()

    def _list_models(self) -> None:
        models = self._session.models
        self.models.offer(models.entries, models.request.spec)

    def _list_splits(self, splits: list[str]) -> None:
        before = self.split.currentData()
        self.split.blockSignals(True)
        self.split.clear()
        self.split.addItem(self.tr("The usual: val, or all"), None)
        for name in splits:
            self.split.addItem(self.tr("all of it") if name == ALL_SPLITS else name, name)
        choose(self.split, before)
        self.split.blockSignals(False)
        self._update()

    def _data_changed(self) -> None:
        if folder := self._data_folder():
            self._session.benchmark.find_splits(folder)
        self._update()

    def _update(self) -> None:
        kind = self.kind.currentData()
        items = self.kind.model()
        assert isinstance(items, QStandardItemModel), "a combo box's own"
        has_project = self._session.projects.project is not None
        items.item(self.kind.findData("project")).setEnabled(has_project)
        self._form.setRowVisible(self.data, kind != "project")
        self._form.setRowVisible(self.consistency, kind == "consistency")
        self._form.setRowVisible(self.split, kind != "consistency")
        self._propose_folder()
        self.changed.emit()

    def _propose_folder(self) -> None:
        data = self._data_folder()
        if data is None or self.out.line.text() != self._proposed:
            return
        name = f"{data.name}-{self.protocol.name}"
        if self.kind.currentData() == "consistency":
            name += "-consistency"
        folder = user_data_dir() / "benchmarks" / name
        if str(folder) != self._proposed:
            self._proposed = str(folder)
            self.out.show_folder(folder)

    # Widgets to request -------------------------------------------------------------------------

    def request(self) -> Request | None:
        """What is to be measured; None as long as something is missing."""
        data, protocol = self._data_folder(), self.protocol.protocol()
        specs = self.models.specs(self._kept.models)
        if data is None or protocol is None or not specs or self.out.folder is None:
            return None
        kept = self._kept.protocol
        if (protocol.name, set(protocol.conditions)) == (kept.name, set(kept.conditions)):
            protocol = kept  # In its order, which is the report's.
        kind = self.kind.currentData()
        return replace(
            self._kept,
            data=data,
            models=specs,
            protocol=protocol,
            consistency=kind == "consistency",
            layout=kind if kind in LAYOUTS else None,
            split=None if kind == "consistency" else self.split.currentData(),
            sequences=self._kept.sequences if data == self._kept.data else (),
            every=self.every.value(),
            seeds=self.seeds.value(),
            engine=self.engine.currentData(),
            options=SegmentOptions(
                self._short_side(),
                sliding=self.sliding.isChecked(),
                flip=self.flip.isChecked(),
                scales=parsed_scales(self.scales.currentData()) or (1.0,),
            ),
            device=self.device.currentData(),
            precision=self.precision.currentData(),
            reference=self._kept.reference if specs == self._kept.models else None,
        )

    def _short_side(self) -> int | Literal["model"] | None:
        side: str = self.side.currentData()
        if side == "model":
            return "model"
        return None if side == "native" else int(side)

    def _data_folder(self) -> Path | None:
        if self.kind.currentData() == "project":
            project = self._session.projects.project
            return project.folder if project is not None else None
        return self.data.folder
