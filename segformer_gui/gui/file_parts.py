"""The window's part of opening and exporting files: its dialogs, and what has become of many."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMainWindow, QMessageBox

from segformer_gui.core.catalogue import CHECKPOINT_SUFFIXES
from segformer_gui.core.images import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from segformer_gui.core.video.video import RATE, RATES
from segformer_gui.gui.actions import Actions
from segformer_gui.gui.dialogs import ExportDialog
from segformer_gui.gui.message_bar import MessageBar
from segformer_gui.gui.messages import sentence_and_hint
from segformer_gui.gui.session.batch import Progress
from segformer_gui.gui.session.export import ExportPlan
from segformer_gui.gui.session.session import Session

_log = logging.getLogger(__name__)


class FileParts(QObject):
    """The actions that open and export work from when it is made."""

    def __init__(
        self, session: Session, actions: Actions, messages: MessageBar, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._session = session
        self._messages = messages
        self._window = window
        actions.handle(
            {
                "open_images": self._open_images,
                "open_folder": self._open_folder,
                "open_sequence": self._open_sequence,
                "open_checkpoint": self._open_checkpoint,
                "open_model_folder": self._open_model_folder,
                "export": self._export,
            }
        )
        session.segment_all.finished.connect(self._all_segmented)
        session.export.planned.connect(self._confirm_export)
        session.export.finished.connect(self._exported)

    # Opening ------------------------------------------------------------------------------------

    def _open_images(self) -> None:
        suffixes = sorted(IMAGE_SUFFIXES | VIDEO_SUFFIXES)
        patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in suffixes)
        names, _ = QFileDialog.getOpenFileNames(
            self._window,
            self.tr("Open images"),
            self._session.settings.open_folder,
            self.tr("Images and videos ({patterns});;All files (*)").format(patterns=patterns),
        )
        if names:
            self._session.change_settings(open_folder=str(Path(names[0]).parent))
            self._session.images.open([Path(name) for name in names])

    def _open_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open folder"), self._session.settings.open_folder
        )
        if folder:
            self._session.change_settings(open_folder=folder)
            self._session.images.open([Path(folder)])

    def _open_sequence(self) -> None:
        images = self._session.images
        title = self.tr("Open image sequence")
        folder = QFileDialog.getExistingDirectory(
            self._window, title, self._session.settings.open_folder
        )
        if not folder:
            return
        path = Path(folder)
        self._session.change_settings(open_folder=str(path.parent))
        label = self.tr("Frames a second of {name}:").format(name=path.name)
        known = images.rates.get(path, RATE)
        rate, accepted = QInputDialog.getDouble(self._window, title, label, known, *RATES, 3)
        if accepted:
            images.open_sequence(path, rate)

    def _open_checkpoint(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(CHECKPOINT_SUFFIXES))
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Open checkpoint"),
            "",
            self.tr("Checkpoints ({patterns});;All files (*)").format(patterns=patterns),
        )
        if name:
            self._session.models.open_checkpoint(Path(name))

    def _open_model_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, self.tr("Open model folder"))
        if folder:
            self._session.models.open_checkpoint(Path(folder))

    # Export, and what has become of many images -------------------------------------------------

    def _export(self, everything: bool = False) -> None:
        dialog = ExportDialog(self._session, self._window)
        dialog.all.setChecked(everything or dialog.all.isChecked())
        dialog.accepted.connect(lambda: self._prepare_export(dialog))
        dialog.open()

    def _prepare_export(self, dialog: ExportDialog) -> None:
        folder = Path(dialog.folder.text().strip()).expanduser().absolute()
        kinds = dialog.chosen_kinds()
        self._session.change_settings(export_folder=str(folder), export_kinds=tuple(kinds))
        opacity = self._session.view.opacity
        corrected = dialog.corrected.isChecked()
        self._session.export.prepare(dialog.images(), folder, kinds, opacity, corrected)

    def _confirm_export(self, plan: ExportPlan) -> None:
        """Ask before anything is overwritten."""
        if not plan.existing:
            self._session.export.start(plan)
            return
        question = QMessageBox(self._window)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle(self.tr("Export"))
        question.setText(
            self.tr("Files that exist already: {count}").format(count=len(plan.existing))
        )
        question.setInformativeText(str(plan.existing[0].parent))
        overwrite = question.addButton(self.tr("Overwrite"), QMessageBox.ButtonRole.AcceptRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        overwrite.clicked.connect(lambda: self._session.export.start(plan))
        question.open()

    def _all_segmented(self, progress: Progress) -> None:
        segmented = progress.done - len(progress.errors)
        stopped = progress.done < progress.total
        sentence = (
            self.tr("Stopped: {done} of {total} images were segmented.")
            if stopped
            else self.tr("{done} of {total} images were segmented.")
        ).format(done=segmented, total=progress.total)
        if self._list_failures(sentence, progress):
            return
        self._messages.show_message("warning" if stopped else "success", sentence)
        if segmented:
            self._messages.offer(self.tr("Export…"), lambda: self._export(everything=True))

    def _exported(self, progress: Progress) -> None:
        sentence = self.tr("The results of {done} of {total} images were written.").format(
            done=progress.done - len(progress.errors), total=progress.total
        )
        if self._list_failures(sentence, progress):
            return
        folder = self._session.settings.export_folder
        stopped = progress.done < progress.total
        self._messages.show_message("warning" if stopped else "success", sentence, folder)
        self._messages.offer(
            self.tr("Open folder"),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)),
        )

    def _list_failures(self, sentence: str, progress: Progress) -> bool:
        """One list of everything that failed in a run over many images, if anything did."""
        lines: list[str] = []
        for path, error in progress.errors:
            _log.error("%s: %s", path, error, exc_info=error)
            lines.append(sentence_and_hint(error)[0])
        if lines:
            hint = self.tr("These failed; everything else was done.")
            self._messages.show_message("warning", sentence, hint, "\n".join(lines), True)
        return bool(lines)
