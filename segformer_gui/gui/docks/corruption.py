"""Which corruption, how severe, with which noise; and stacks of several."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.corruption.catalogue import GROUPS, MAX_SEVERITY
from segformer_gui.gui import theme
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.messages import (
    corruption_group_title,
    corruption_short_title,
    corruption_title,
    note_sentence,
)
from segformer_gui.gui.session.session import Session

_FINE = 10  # Slider positions a severity.
_COLUMNS = 4
_THUMBNAIL = QSize(54, 36)
_HANDLE_PX = 16
_LARGEST_SEED = (1 << 31) - 1
_STACK_ROW_PX = 26


class CorruptionDock(QDockWidget):
    """Slider, seed and engine above, the 19 corruptions in their groups below."""

    def __init__(self, session: Session, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("corruption_dock")
        self.setWindowTitle(self.tr("Corruption"))
        self._session = session
        self._lab = session.lab
        content = QWidget(self)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(self._build_severity())
        layout.addLayout(self._build_options(actions))
        layout.addWidget(self._build_corruptions(), 1)
        layout.addLayout(self._build_stack(actions))
        self.setWidget(content)
        self.looked_at = False  # A dock behind another one counts as visible to Qt.
        self.visibilityChanged.connect(self._seen)
        self._lab.condition_changed.connect(self._show_condition)
        self._lab.thumbnails.made.connect(self._show_thumbnail)
        session.current.picture_changed.connect(self._show_thumbnails)
        self._show_condition()

    # Building -----------------------------------------------------------------------------------

    def _build_severity(self) -> QVBoxLayout:
        self.slider = SeveritySlider(self)
        self.slider.setToolTip(self.tr("Severity: 0 is the clean image ( , and . change it)"))
        self.slider.setAccessibleName(self.tr("Severity"))
        # The value itself, since the one that comes with the signal may have been snapped by now.
        self.slider.valueChanged.connect(
            lambda _: self._lab.set_severity(self.slider.value() / _FINE)
        )
        self.value = QDoubleSpinBox(self)
        self.value.setRange(0, MAX_SEVERITY)
        self.value.setDecimals(1)
        self.value.setAccessibleName(self.tr("Severity"))
        self.value.valueChanged.connect(self._lab.set_severity)
        self.fine = QCheckBox(self.tr("In between"), self)
        self.fine.setToolTip(
            self.tr("Interpolate the parameters of the benchmark's severities: off protocol")
        )
        self.fine.toggled.connect(self._show_condition)
        self.off_protocol = QLabel(self.tr("off protocol"), self)
        self.off_protocol.setProperty("role", "warning")
        title = QLabel(self.tr("Severity"), self)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(title)
        first.addStretch(1)
        first.addWidget(self.value)
        second.addWidget(self.fine)
        second.addStretch(1)
        second.addWidget(self.off_protocol)
        layout = QVBoxLayout()
        layout.setSpacing(2)
        layout.addLayout(first)
        layout.addWidget(self.slider)
        layout.addWidget(SeverityScale(self))
        layout.addLayout(second)
        return layout

    def _build_options(self, actions: Actions) -> QGridLayout:
        self.seed = QSpinBox(self)
        self.seed.setRange(0, _LARGEST_SEED)
        self.seed.setToolTip(self.tr("The same seed gives the same noise at every severity"))
        self.seed.valueChanged.connect(self._lab.set_seed)
        self.dice = QToolButton(self)
        self.dice.setDefaultAction(actions["roll_seed"])
        self.engine = QComboBox(self)
        self.engine.addItem(self.tr("Fast: our own kernels"), "fast")
        self.engine.addItem(self.tr("Reference: imagecorruptions"), "reference")
        self.engine.setToolTip(
            self.tr(
                "The reference package takes up to a minute for one image, and knows whole"
                " severities only"
            )
        )
        self.engine.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.engine.activated.connect(lambda: self._lab.set_engine(self.engine.currentData()))
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (text, widget) in enumerate(
            ((self.tr("&Seed"), self.seed), (self.tr("&Engine"), self.engine))
        ):
            label = QLabel(text, self)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1, 1, 1 if row == 0 else 2)
        grid.addWidget(self.dice, 0, 2)
        return grid

    def _build_corruptions(self) -> QScrollArea:
        self.buttons: dict[str, QToolButton] = {}
        self._choices = QButtonGroup(self)
        content = QWidget(self)
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, 4, 0)
        grid.setSpacing(2)
        row = 0
        for group, names in GROUPS.items():
            heading = QLabel(corruption_group_title(group), content)
            heading.setProperty("muted", True)
            grid.addWidget(heading, row, 0, 1, _COLUMNS)
            for place, name in enumerate(names):
                button = self._build_button(name, content)
                grid.addWidget(button, row + 1 + place // _COLUMNS, place % _COLUMNS)
            row += 1 + -(-len(names) // _COLUMNS)
        grid.setRowStretch(row, 1)
        area = QScrollArea(self)
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content.setMinimumWidth(_COLUMNS * (_THUMBNAIL.width() + 4))
        area.setMinimumWidth(content.minimumWidth() + 12)
        return area

    def _build_button(self, name: str, parent: QWidget) -> QToolButton:
        button = self.buttons[name] = QToolButton(parent)
        button.setCheckable(True)
        button.setText(corruption_short_title(name))
        button.setToolTip(corruption_title(name))
        button.setAccessibleName(corruption_title(name))
        font = button.font()
        font.setPointSizeF(font.pointSizeF() - 1)
        button.setFont(font)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(_THUMBNAIL)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setStyleSheet("padding: 3px 0;")
        button.clicked.connect(lambda: self._lab.choose(name))
        self._choices.addButton(button)
        return button

    def _build_stack(self, actions: Actions) -> QVBoxLayout:
        self.stack = QListWidget(self)
        self.stack.setAccessibleName(self.tr("Stack of corruptions"))
        self.stack.setToolTip(self.tr("Applied from top to bottom; click one to change it"))
        self.stack.currentRowChanged.connect(self._select_step)
        self.add = QPushButton(self.tr("Add another"), self)
        self.add.setToolTip(self.tr("Put another corruption on top of this one: off protocol"))
        self.add.clicked.connect(self._lab.add_step)
        self.remove = QPushButton(self.tr("Remove"), self)
        self.remove.setToolTip(self.tr("Take the selected corruption off the stack"))
        self.remove.clicked.connect(self._lab.remove_step)
        clean = actions["clean"]
        self.clear = QPushButton(self.tr("Clean"), self)
        self.clear.setToolTip(clean.toolTip())
        self.clear.clicked.connect(clean.trigger)
        clean.changed.connect(lambda: self.clear.setEnabled(clean.isEnabled()))
        row = QHBoxLayout()
        row.addWidget(self.add)
        row.addWidget(self.remove)
        row.addStretch(1)
        row.addWidget(self.clear)
        layout = QVBoxLayout()
        layout.addWidget(self.stack)
        layout.addLayout(row)
        return layout

    # State to widgets ---------------------------------------------------------------------------

    def _show_condition(self) -> None:
        lab = self._lab
        condition, step = lab.condition, lab.step
        fast = condition.engine == "fast"
        blocked = [
            QSignalBlocker(widget)
            for widget in (self.slider, self.value, self.seed, self.stack, self.fine)
        ]
        self.fine.setEnabled(fast)
        if not fast or step.severity % 1:
            self.fine.setChecked(fast)
        self.slider.set_fine(self.fine.isChecked())
        self.slider.setValue(round(step.severity * _FINE))
        self.value.setSingleStep(0.1 if self.fine.isChecked() else 1)
        self.value.setValue(step.severity)
        self.seed.setValue(min(condition.seed, _LARGEST_SEED))
        self.engine.setCurrentIndex(self.engine.findData(condition.engine))
        self.off_protocol.setVisible(not condition.on_protocol)
        self.off_protocol.setToolTip("\n".join(map(note_sentence, condition.notes)))
        self._show_choice(step.name if step.severity > 0 else "")
        self._show_stack()
        del blocked
        self._show_thumbnails()

    def _show_choice(self, chosen: str) -> None:
        self._choices.setExclusive(False)  # Or none could be unchecked.
        for name, button in self.buttons.items():
            button.setChecked(name == chosen)
        self._choices.setExclusive(bool(chosen))

    def _show_stack(self) -> None:
        steps = self._lab.condition.steps
        self.stack.clear()
        for step in steps:
            nothing = self.tr("{corruption}: not yet").format(corruption=self.tr("New"))
            title = f"{corruption_title(step.name)} {step.severity:g}"
            self.stack.addItem(title if step.severity else nothing)
        self.stack.setCurrentRow(self._lab.place)
        self.stack.setFixedHeight(_STACK_ROW_PX * min(len(steps), 4) + 6)
        self.stack.setVisible(len(steps) > 1)
        self.remove.setVisible(len(steps) > 1)
        self.add.setEnabled(self._lab.step.severity > 0)

    def _select_step(self, row: int) -> None:
        if row >= 0:
            self._lab.select_step(row)

    def _seen(self, visible: bool) -> None:
        self.looked_at = visible
        self._show_thumbnails()

    def _show_thumbnails(self) -> None:
        """Have them made for what is asked for, if anybody looks."""
        if self.looked_at and not self._session.player.playing:
            severity = self._lab.step.severity or 3
            self._lab.thumbnails.make(severity, self._lab.condition.seed)

    def _show_thumbnail(self, name: str) -> None:
        pixels = self._lab.thumbnails.get(name)
        if pixels is None:
            return
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)  # pyright: ignore
        self.buttons[name].setIcon(QIcon(_rounded(image, self.devicePixelRatioF())))


class SeveritySlider(QSlider):
    """0 to 5 in tenths; unless it is fine it stays on whole severities."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._fine = False
        self.setRange(0, MAX_SEVERITY * _FINE)
        self.setPageStep(_FINE)
        self.set_fine(False)
        self.valueChanged.connect(self._snap)

    def set_fine(self, fine: bool) -> None:
        """Whether it may stand between whole severities."""
        self._fine = fine
        self.setSingleStep(1 if fine else _FINE)

    def _snap(self, value: int) -> None:
        if not self._fine and value % _FINE:
            self.setValue(round(value / _FINE) * _FINE)


class SeverityScale(QWidget):
    """Ticks and numbers below the slider, which the style sheet leaves without any."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedHeight(self.fontMetrics().height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint them where the handle's middle stands."""
        painter = QPainter(self)
        painter.setPen(QColor(theme.colors().muted))
        room = self.width() - _HANDLE_PX
        for severity in range(MAX_SEVERITY + 1):
            x = round(_HANDLE_PX / 2 + room * severity / MAX_SEVERITY)
            painter.drawLine(x, 0, x, 3)
            box = QRectF(x - 12, 4, 24, self.height() - 4)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(severity))


def _rounded(image: QImage, ratio: float) -> QPixmap:
    """The thumbnail with rounded corners."""
    picture = QPixmap(_THUMBNAIL * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    target = QRectF(0, 0, _THUMBNAIL.width(), _THUMBNAIL.height())
    path = QPainterPath()
    path.addRoundedRect(target, 4, 4)
    painter = QPainter(picture)
    painter.setRenderHints(
        QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform
    )
    painter.setClipPath(path)
    painter.drawImage(target, image)
    painter.end()
    return picture
