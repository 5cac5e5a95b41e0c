"""The status bar: what lies under the mouse, what runs, where, and how fast."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from segformer_gui.gui.messages import measure_title, note_sentence
from segformer_gui.gui.session.session import Session
from segformer_gui.gui.still_label import StillLabel

_NOTE_WIDTH_PX = 420  # The whole text is in the tool tip.


class StatusBar(QStatusBar):
    """Listens to the session and shows it in one line."""

    def __init__(self, session: Session, cancel: QAction, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setSizeGripEnabled(False)
        self.hover = StillLabel(self)
        self.hover.label.setTextFormat(Qt.TextFormat.RichText)
        # A long text is cut rather than the window made wider.
        self.hover.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(160)
        self.progress_text = QLabel(self)
        self.cancel = QToolButton(self)
        self.cancel.setDefaultAction(cancel)
        self.cancel.setAccessibleName(self.tr("Cancel"))
        self.notes = QLabel(self)
        self.notes.setProperty("role", "warning")
        self.time = StillLabel(self)
        self.device = QLabel(self)
        self.zoom = QLabel(self)
        self.zoom.setToolTip(self.tr("Screen pixels for each image pixel"))
        self.addWidget(self.hover, 1)
        for widget in (self.progress_text, self.progress, self.cancel, self.notes):
            self.addPermanentWidget(widget)
        for label in (self.time, self.device, self.zoom):
            self.addPermanentWidget(label)
        session.view.hover_changed.connect(self._show_hover)
        session.view.zoom_changed.connect(self._show_zoom)
        session.segmentation.changed.connect(self._show_result)
        session.models.ready_changed.connect(self._show_result)
        for work in session.long_work:
            work.progress_changed.connect(self._show_progress)
        session.images.pixels_changed.connect(self._show_zoom)
        self._show_result()
        self._show_progress()
        self._show_zoom()

    def _show_hover(self) -> None:
        hover = self._session.view.hover
        if hover is None:
            self.hover.clear()
            return
        parts = [f"{hover.x}, {hover.y}"]
        if hover.classes is not None and hover.class_id is not None:
            classes = self._session.view.painted(hover.classes)
            for class_id, probability in hover.likeliest or [(hover.class_id, None)]:
                color = QColor(*classes.colors[class_id]).name()
                name = escape(classes.names[class_id])
                percent = "" if probability is None else f" {probability * 100:.1f} %"
                parts.append(f'<span style="color: {color}">■</span> {name}{percent}')
        shown = self._session.view.shown
        if hover.value is not None and shown != "labels":
            parts.append(f"{measure_title(shown)} {hover.value:.3f}")
        self.hover.setText("&nbsp;&nbsp;&nbsp; ".join(parts))

    def _show_zoom(self) -> None:
        shown = self._session.images.picture is not None
        self.zoom.setText(f"{self._session.view.zoom * 100:.0f} %" if shown else "")

    def _show_result(self) -> None:
        models, result = self._session.models, self._session.segmentation.result
        if result is not None:
            timings = result.timings
            self.time.setText(self.tr("{ms:.0f} ms").format(ms=timings.total_ms))
            self.time.setToolTip(
                self.tr(
                    "Preparing {before:.0f} ms\nNetwork {network:.0f} ms\nLabels {after:.0f} ms"
                ).format(
                    before=timings.preprocess_ms,
                    network=timings.network_ms,
                    after=timings.postprocess_ms,
                )
            )
        else:
            self.time.clear()
        if models.loading:
            self.device.setText(self.tr("Loading the model…"))
        elif models.ready is not None:
            runs = result or models.ready
            self.device.setText(
                f"{models.ready_title()}  ·  {runs.device.upper()}  ·  {runs.precision}"
            )
        else:
            self.device.setText(self.tr("No model"))
        sentences = [note_sentence(note) for note in result.notes] if result else []
        note = self.tr("Note: {note}").format(note=sentences[0]) if sentences else ""
        elide = Qt.TextElideMode.ElideRight
        self.notes.setText(self.fontMetrics().elidedText(note, elide, _NOTE_WIDTH_PX))
        self.notes.setToolTip("\n".join(sentences))
        self.notes.setVisible(bool(sentences))

    def _show_progress(self) -> None:
        session, running = self._session, self._session.running
        progress = running.progress if running is not None else None
        for widget in (self.progress, self.progress_text, self.cancel):
            widget.setVisible(progress is not None)
        if progress is None:
            return
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        verb = self.tr("Exporting")
        if running is session.segment_all:
            verb = self.tr("Segmenting")
        elif running is session.class_editing:
            verb = self.tr("Editing masks")
        text = f"{verb} {progress.done} / {progress.total}"
        remaining = progress.remaining_s()
        if remaining is not None:
            minutes, seconds = divmod(round(remaining), 60)
            left = self.tr("{time} left").format(time=f"{minutes}:{seconds:02}")
            text = f"{text}  ·  {left}"
        self.progress_text.setText(text)
