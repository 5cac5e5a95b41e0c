"""Dialogs about a class of the project: its name and colour, and what it is merged into."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segformer_gui.core.classes import ClassSet, Color
from segformer_gui.gui import theme

_SWATCH = QSize(18, 18)


class ClassDialog(QDialog):
    """Asks for the name and the colour of a class."""

    def __init__(self, title: str, name: str, color: Color, palette: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.color = color
        self.name = QLineEdit(name, self)
        self.name.setMinimumWidth(260)
        self.name.textChanged.connect(self._update)
        self._button = QPushButton(self.tr("Choose…"), self)
        self._button.setIconSize(_SWATCH)
        self._button.clicked.connect(self._ask_for_color)
        form = QFormLayout()
        form.setHorizontalSpacing(12)
        form.addRow(self.tr("&Name"), self.name)
        form.addRow(self.tr("&Colour"), self._button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.addLayout(form)
        if palette != "own":
            note = self.tr("It shows with View > Colours > The class set's own.")
            layout.addWidget(_muted(note, self))
        self.buttons = _buttons(self)
        layout.addSpacing(8)
        layout.addWidget(self.buttons)
        self.set_color(color)
        self._update()

    def set_color(self, color: Color) -> None:
        """Show a colour as the chosen one."""
        self.color = color
        self._button.setIcon(theme.swatch(QColor(*color), _SWATCH.width()))

    def _ask_for_color(self) -> None:
        dialog = QColorDialog(QColor(*self.color), self)
        dialog.colorSelected.connect(
            lambda color: self.set_color((color.red(), color.green(), color.blue()))
        )
        dialog.open()

    def _update(self) -> None:
        button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        button.setEnabled(bool(self.name.text().strip()))


class MergeDialog(QDialog):
    """Asks which class gets the pixels of another one."""

    def __init__(self, classes: ClassSet, source: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Merge class"))
        self.target = QComboBox(self)
        self.target.setMaxVisibleItems(20)
        for class_id in classes.ids:
            if class_id != source:
                icon = theme.swatch(QColor(*classes.colors[class_id]), _SWATCH.width())
                self.target.addItem(icon, classes.names[class_id], class_id)
        text = self.tr("All pixels of {name}, in all masks of the project, become")
        label = QLabel(text.format(name=classes.names[source]), self)
        label.setBuddy(self.target)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(8)
        for widget in (label, self.target, _muted(self.tr("This can be undone."), self)):
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(_buttons(self))


def _muted(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("muted", True)
    return label


def _buttons(dialog: QDialog) -> QDialogButtonBox:
    kinds = QDialogButtonBox.StandardButton
    buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, dialog)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    return buttons
