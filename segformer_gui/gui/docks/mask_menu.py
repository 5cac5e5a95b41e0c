"""The menu of the list of images: what a person says of their masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from segformer_gui.gui.session.session import Session


class MaskMenu(QMenu):
    """About the selected images; those that the project does not know are passed over."""

    def __init__(
        self, session: Session, paths: Sequence[Path], remove: QAction, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        masks = session.masks
        rows = [row for path in paths if (row := masks.row(path)) is not None]
        with_mask = any(map(masks.has_mask, paths))
        self._session = session
        self._paths = paths
        self.checked = self.addAction(self.tr("&Checked: the mask is right"))
        self.checked.setCheckable(True)
        self.checked.setChecked(with_mask and all(row.status == "checked" for row in rows))
        self.checked.setEnabled(with_mask)
        self.checked.triggered.connect(lambda on: masks.set_checked(paths, on))
        self.hold_out = self.addAction(self.tr("&Hold out: for scores, never for training"))
        self.hold_out.setCheckable(True)
        self.hold_out.setChecked(bool(rows) and all(row.hold_out for row in rows))
        self.hold_out.setEnabled(bool(rows))
        self.hold_out.triggered.connect(lambda on: masks.set_hold_out(paths, on))
        sequences = sorted({row.sequence for row in rows})
        self.sequence = self.addAction(self.tr("&Sequence…"))
        self.sequence.setEnabled(bool(rows))
        self.sequence.triggered.connect(lambda: self._ask_for_sequence(sequences))
        self.addSeparator()
        self.addAction(remove)

    def _ask_for_sequence(self, sequences: Sequence[str]) -> None:
        dialog = QInputDialog(self.parentWidget())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self.tr("Sequence"))
        text = self.tr("Images of one sequence may be neighbouring frames of a video:")
        dialog.setLabelText(text)
        dialog.setTextValue(sequences[0] if len(sequences) == 1 else "")
        paths, masks = self._paths, self._session.masks
        dialog.textValueSelected.connect(
            lambda text: masks.set_sequence(paths, text.strip()) if text.strip() else None
        )
        dialog.open()
