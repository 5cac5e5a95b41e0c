"""The tools of the mask editor, their settings, and the class in hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDockWidget,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.annotation.brush import MAX_DIAMETER_PX
from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.docks.class_list import ClassList
from segformer_gui.gui.entry import plain
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.session.tools import OVERS, TOOLS, ToolName

_COLUMNS = 6
_SLIDER_STEPS = 100
_SWATCH = 14

# Which settings each tool has.
_SETTINGS: dict[str, set[ToolName]] = {
    "size": {"brush", "eraser"},
    "shape": {"brush", "eraser"},
    "tolerance": {"wand"},
    "contiguous": {"wand"},
    "superpixel": {"superpixel"},
    "fill_with": {"polygon", "lasso", "rectangle", "scissors"},
}


class MaskDock(QDockWidget):
    """Tools above, their settings below, then the classes, and what is done to whole masks."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mask_dock")
        self.setWindowTitle(self.tr("Mask"))
        self._session = session
        self._tools = session.tools
        self._actions = actions
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(self._build_tools())
        layout.addLayout(self._build_settings())
        self.classes = ClassList(session, actions, self)
        layout.addWidget(self.classes, 1)
        layout.addLayout(self._build_commands())
        self.setWidget(content)
        session.tools.changed.connect(self._show_settings)
        session.tools.settings_changed.connect(self._show_settings)
        for signal in (
            session.masks.document_changed,
            session.projects.changed,
            session.projects.classes_changed,
            session.view.overlay_changed,
        ):
            signal.connect(self._list_only_over)
        self._list_only_over()
        self._show_settings()

    def retint(self) -> None:
        """Take the theme's colours."""
        self.classes.refresh()
        self._list_only_over()

    # Building -----------------------------------------------------------------------------------

    def _build_tools(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(2)
        for place, name in enumerate(TOOLS):
            button = self._button(f"tool_{name}")
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        return grid

    def _button(self, action_id: str) -> QToolButton:
        action = self._actions[action_id]
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setIconSize(QSize(20, 20))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(plain(action.text()))
        return button

    def _build_settings(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(10)
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        self.size_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.size_slider.setRange(0, _SLIDER_STEPS)
        self.size_slider.setAccessibleName(self.tr("Size"))
        self.size_slider.valueChanged.connect(self._slide)
        self.size_spin = self._spin(1, MAX_DIAMETER_PX, " px", lambda value: {"brush_px": value})
        row = QHBoxLayout()
        row.addWidget(self.size_slider, 1)
        row.addWidget(self.size_spin)
        size = QWidget(self)
        row.setContentsMargins(0, 0, 0, 0)
        size.setLayout(row)
        size.setToolTip(self.tr("[ and ], Ctrl+Shift+wheel, or Alt and drag with the right button"))
        self._add(form, "size", self.tr("Size"), size)
        self.shape = QComboBox(self)
        self.shape.addItem(self.tr("Round"), "round")
        self.shape.addItem(self.tr("Square"), "square")
        self.shape.activated.connect(lambda: self._tools.set(brush_shape=self.shape.currentData()))
        self._add(form, "shape", self.tr("Shape"), self.shape)
        self.tolerance = QDoubleSpinBox(self)
        self.tolerance.setRange(0.5, 60)
        self.tolerance.setSingleStep(1)
        self.tolerance.setDecimals(1)
        self.tolerance.setToolTip(self.tr("Largest distance of colours in CIE Lab; 2 is just seen"))
        self.tolerance.valueChanged.connect(lambda value: self._tools.set(tolerance=value))
        self._add(form, "tolerance", self.tr("Tolerance"), self.tolerance)
        self.contiguous = QCheckBox(self.tr("Only what is connected"), self)
        self.contiguous.toggled.connect(lambda on: self._tools.set(contiguous=on))
        self._add(form, "contiguous", "", self.contiguous)
        self.superpixel = self._spin(6, 128, " px", lambda value: {"superpixel_px": value})
        self._add(form, "superpixel", self.tr("Superpixel"), self.superpixel)
        self.fill_with = QComboBox(self)
        self.fill_with.addItem(self.tr("The class in hand"), "class")
        self.fill_with.addItem(self.tr("The prediction"), "prediction")
        self.fill_with.setToolTip(
            self.tr("The prediction comes back inside, over corrections too; hold Shift for that")
        )
        self.fill_with.activated.connect(
            lambda: self._tools.set(fill_with=self.fill_with.currentData())
        )
        self._add(form, "fill_with", self.tr("Fill with"), self.fill_with)
        self.over = QComboBox(self)
        texts = (
            self.tr("Paint over everything"),
            self.tr("Paint over unlabelled pixels only"),
            self.tr("Paint over one class only"),
        )
        for name, text in zip(OVERS, texts, strict=True):
            self.over.addItem(text, name)
        self.over.setToolTip(self.tr("Which pixels an edit may change; locked classes stay anyway"))
        self.over.activated.connect(lambda: self._tools.set(over=self.over.currentData()))
        form.addRow(self.over)
        self.only_over = QComboBox(self)
        self.only_over.setAccessibleName(self.tr("The class to paint over"))
        self.only_over.activated.connect(
            lambda: self._tools.set(only_over=self.only_over.currentData())
        )
        form.addRow(self.only_over)
        return form

    def _add(self, form: QFormLayout, name: str, text: str, widget: QWidget) -> None:
        label = QLabel(text, self)
        label.setBuddy(widget)
        label.setMinimumHeight(widget.sizeHint().height())  # Beside the text, not above it.
        form.addRow(label, widget)
        self._rows[name] = (label, widget)

    def _spin(
        self, least: int, most: int, unit: str, changes: Callable[[int], dict[str, int]]
    ) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setRange(least, most)
        spin.setSuffix(unit)
        spin.setKeyboardTracking(False)
        spin.valueChanged.connect(lambda value: self._tools.set(**changes(value)))
        return spin

    def _build_commands(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(4)
        sizes = QFormLayout()
        self.radius = self._spin(1, 64, " px", lambda value: {"radius_px": value})
        self.radius.setToolTip(self.tr("Opening and closing: the radius of what fits or does not"))
        self.island = self._spin(2, 100_000, " px", lambda value: {"island_px": value})
        self.island.setToolTip(self.tr("Remove islands: parts of fewer pixels"))
        sizes.addRow(self.tr("Tidy: radius"), self.radius)
        sizes.addRow(self.tr("Tidy: islands under"), self.island)
        column.addLayout(sizes)
        row = QHBoxLayout()
        row.setSpacing(4)
        for action_id in ("accept", "next_suspect", "checked"):
            button = self._button(action_id)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            row.addWidget(button)
        row.addStretch(1)
        self.state = QLabel(self)
        self.state.setProperty("role", "muted")
        row.addWidget(self.state)
        column.addLayout(row)
        self._session.editing.history_changed.connect(self._show_state)
        self._session.editing.busy_changed.connect(self._show_state)
        self._session.masks.document_changed.connect(self._show_state)
        self._session.masks.saved.connect(self._show_state)
        self._show_state()
        return column

    # State to widgets ---------------------------------------------------------------------------

    def _show_state(self) -> None:
        masks, editing = self._session.masks, self._session.editing
        if masks.document is None:
            text = self.tr("Opening…") if masks.on else ""
        elif editing.busy:
            text = self.tr("Working…")
        else:
            text = self.tr("Saving soon…") if masks.unsaved else self.tr("Saved")
            if not masks.can_write:
                text = self.tr("Read only")
        self.state.setText(text)

    def _show_settings(self) -> None:
        settings, tool = self._tools.settings, self._tools.name
        for name, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(tool in _SETTINGS[name])
        self.only_over.setVisible(settings.over == "class")
        values: tuple[tuple[QSpinBox | QDoubleSpinBox, float], ...] = (
            (self.size_spin, settings.brush_px),
            (self.tolerance, settings.tolerance),
            (self.superpixel, settings.superpixel_px),
            (self.radius, settings.radius_px),
            (self.island, settings.island_px),
        )
        for spin, value in values:
            with QSignalBlocker(spin):
                spin.setValue(value)  # pyright: ignore[reportArgumentType]
        with QSignalBlocker(self.size_slider), QSignalBlocker(self.contiguous):
            self.size_slider.setValue(_position(settings.brush_px))
            self.contiguous.setChecked(settings.contiguous)
        self.shape.setCurrentIndex(self.shape.findData(settings.brush_shape))
        self.fill_with.setCurrentIndex(self.fill_with.findData(settings.fill_with))
        self.over.setCurrentIndex(self.over.findData(settings.over))
        self.only_over.setCurrentIndex(max(0, self.only_over.findData(settings.only_over)))
        self._actions[f"tool_{tool}"].setChecked(True)

    def _list_only_over(self) -> None:
        """The classes that may be the only ones to be painted over."""
        classes = self._session.masks.classes
        self.only_over.clear()
        if classes is not None:
            painted = self._session.view.painted(classes)
            for class_id in classes.ids:
                icon = theme.swatch(QColor(*painted.colors[class_id]), _SWATCH)
                self.only_over.addItem(icon, classes.names[class_id], class_id)
        self._show_settings()

    # Widgets to state ---------------------------------------------------------------------------

    def _slide(self, position: int) -> None:
        self._tools.set(brush_px=_diameter(position))


def _diameter(position: int) -> int:
    """The slider is finer for small brushes."""
    return max(1, round(MAX_DIAMETER_PX ** (position / _SLIDER_STEPS)))


def _position(diameter: int) -> int:
    return next((p for p in range(_SLIDER_STEPS + 1) if _diameter(p) >= diameter), _SLIDER_STEPS)
