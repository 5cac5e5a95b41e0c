"""Clean and corrupted images beside or over each other, all moved by one viewport."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segformer_gui.gui import theme
from segformer_gui.gui.canvas.view import Canvas
from segformer_gui.gui.messages import condition_title
from segformer_gui.gui.session.pair import Pair
from segformer_gui.gui.session.session import Session

_GAP_PX = 2
_HANDLE_PX = 11
_WHEEL_STEP = 0.02


class CompareView(QWidget):
    """Up to four canvases: clean and corrupted, through the model that runs and through another.

    Which of them are shown, and where, is the view's arrangement. In a single one it is the
    corrupted image, or the clean one where nothing is corrupted or "before" is asked for.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        lab, view = session.lab, session.view
        self.clean = Canvas(view, session.current, self)
        self.clean.edit_with(session)
        viewport = self.clean.viewport
        self.corrupted = Canvas(view, lab.corrupted, self, viewport, lab.pair)
        self.rival_clean = Canvas(view, lab.rival.clean, self, viewport)
        self.rival_corrupted = Canvas(view, lab.rival.corrupted, self, viewport, lab.rival_pair)
        self._canvases = (self.clean, self.corrupted, self.rival_clean, self.rival_corrupted)
        self.line = WipeLine(self)
        self._wipe = 0.5  # Where the line is, of the width.
        self._arrange()
        view.arrangement_changed.connect(self._arrange)
        lab.corrupted.picture_changed.connect(self._arrange)
        for signal in (
            lab.pair.changed,
            lab.rival_pair.changed,
            lab.rival.changed,
            session.models.ready_changed,
        ):
            signal.connect(self._caption)

    @property
    def active(self) -> Canvas:
        """A canvas that is shown: what zooms it zooms all."""
        return next(canvas for canvas in self._canvases if not canvas.isHidden())

    def move_line(self, x: int) -> None:
        """Put the line of a wipe somewhere else."""
        self._wipe = max(0.0, min(x / max(1, self.width()), 1.0))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room."""
        self._arrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Shift and the wheel move the line of a wipe."""
        delta = event.angleDelta()
        notches = (delta.y() or delta.x()) / 120
        self.move_line(round((self._wipe + notches * _WHEEL_STEP) * self.width()))
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """What is between the canvases."""
        QPainter(self).fillRect(event.rect(), QColor(theme.colors().border))

    def _arrange(self) -> None:
        view, lab = self._session.view, self._session.lab
        arrangement = "single" if view.before else view.arrangement
        width, height = self.width(), self.height()
        whole = QRect(0, 0, width, height)
        left = QRect(0, 0, (width - _GAP_PX) // 2, height)
        right = QRect(left.width() + _GAP_PX, 0, width - left.width() - _GAP_PX, height)
        top = (height - _GAP_PX) // 2
        places: dict[Canvas, QRect] = {}
        if arrangement == "single":
            single = self.clean if view.before or lab.shown.is_clean else self.corrupted
            places = {single: whole}
        elif arrangement == "side":
            places = {self.clean: left, self.corrupted: right}
        elif arrangement == "wipe":
            places = {self.clean: whole, self.corrupted: whole}
        else:
            rows = QRect(0, 0, width, top), QRect(0, top + _GAP_PX, width, height - top - _GAP_PX)
            models = (self.clean, self.corrupted), (self.rival_clean, self.rival_corrupted)
            for row, canvases in zip(rows, models, strict=True):
                places |= {c: row & half for c, half in zip(canvases, (left, right), strict=True)}
        lab.rival.set_wanted(arrangement == "grid")
        self._place(places)
        self._set_wipe(arrangement == "wipe")
        self._caption()

    def _place(self, places: dict[Canvas, QRect]) -> None:
        focused = any(canvas.hasFocus() for canvas in self._canvases)
        for canvas in self._canvases:
            canvas.setGeometry(places.get(canvas, self.rect()))
        for canvas in places:
            canvas.show()
        if focused and not any(canvas.hasFocus() for canvas in places):
            next(iter(places)).setFocus()  # Before the one that has it is hidden: Qt would choose.
        for canvas in self._canvases:
            canvas.setVisible(canvas in places)

    def _set_wipe(self, on: bool) -> None:
        self.line.setVisible(on)
        if not on:
            self.clean.clearMask()
            return
        x = round(self._wipe * self.width())
        # An empty mask would be none at all.
        self.clean.setMask(QRegion(QRect(0, 0, max(1, x), self.height())))
        self.clean.raise_()
        self.line.setGeometry(x - _HANDLE_PX // 2, 0, _HANDLE_PX, self.height())
        self.line.raise_()

    def _caption(self) -> None:
        view, lab, models = self._session.view, self._session.lab, self._session.models
        arrangement = "single" if view.before else view.arrangement
        plain = arrangement == "single" and lab.condition.is_clean and not view.before
        clean = [self.tr("Clean")]
        condition = [condition_title(lab.shown)]
        if not lab.shown.on_protocol:
            condition = [self.tr("{condition}  ·  off protocol").format(condition=condition[0])]
        titles = [""] * 4
        if arrangement == "grid":
            entry, rival = lab.rival.entry, lab.rival
            other = entry.title if entry else self.tr("choose a model above")
            if rival.loading:
                other = self.tr("loading the model…")
            titles = [f"A: {models.ready_title()}"] * 2 + [f"B: {other}"] * 2
        pairs: list[Pair | None] = [None, lab.pair, None, lab.rival_pair]
        for canvas, title, pair, what in zip(
            self._canvases, titles, pairs, (clean, condition) * 2, strict=True
        ):
            lines = [f"{what[0]}  ·  {title}" if title else what[0]]
            if pair is not None:
                lines += self._score_lines(pair)
            canvas.set_caption(() if plain else lines, arrangement == "wipe" and pair is not None)

    def _score_lines(self, pair: Pair) -> list[str]:
        scores = pair.scores
        if scores is None:
            return []
        lines = [
            self.tr("agreement {agreement:.1f} %  ·  consistency {consistency:.1f} %").format(
                agreement=100 * scores.agreement, consistency=100 * scores.consistency
            )
        ]
        if scores.other_truth is not None and scores.miou_change is not None:
            lines.append(
                self.tr("true mIoU {miou:.1f} %  ({change:+.1f})").format(
                    miou=100 * scores.other_truth.miou, change=100 * scores.miou_change
                )
            )
        return lines


class WipeLine(QWidget):
    """The line between the clean image, on its left, and the corrupted one; it can be dragged."""

    def __init__(self, compare: CompareView) -> None:
        super().__init__(compare)
        self._compare = compare
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setToolTip(self.tr("Drag, or turn the wheel with Shift: clean left, corrupted right"))
        self.setAccessibleName(self.tr("Line between the clean and the corrupted image"))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._compare.move_line(self.mapToParent(event.position().toPoint()).x())

    def paintEvent(self, event: QPaintEvent) -> None:
        """A light line with dark rims, and a handle in its middle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.rect().center()
        dark, light = QColor(16, 18, 22, 200), QColor("#ffffff")
        painter.fillRect(QRect(middle.x() - 2, 0, 5, self.height()), dark)
        painter.fillRect(QRect(middle.x() - 1, 0, 3, self.height()), light)
        painter.setPen(dark)
        painter.setBrush(light)
        painter.drawEllipse(QPoint(middle.x(), middle.y()), _HANDLE_PX // 2, _HANDLE_PX)
