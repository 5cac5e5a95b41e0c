"""What to do otherwise than the preset: the settings that are folded away at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QMenu,
    QPushButton,
    QSpinBox,
    QWidget,
)

from segformer_gui.core.corruption.catalogue import KR16
from segformer_gui.core.training.options import Adjustments
from segformer_gui.gui.messages import corruption_title
from segformer_gui.gui.session.tuning import Tuning

if TYPE_CHECKING:
    from segformer_gui.core.training.recipe import Recipe

_MANY = 1_000_000


class TuningOptions(QWidget):
    """A form that shows the recipe, and changes it."""

    def __init__(self, tuning: Tuning, parent: QWidget) -> None:
        super().__init__(parent)
        self._tuning = tuning
        self._form = QFormLayout(self)
        self._form.setContentsMargins(4, 0, 0, 0)
        self._form.setHorizontalSpacing(10)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._readers: list[tuple[QSpinBox | QDoubleSpinBox, Callable[[Recipe], Any]]] = []
        self._add(self.tr("Steps"), "steps", _spin(1, _MANY), lambda r: r.optimizer.steps)
        self._add(self.tr("Crops a step"), "batch", _spin(1, 256), lambda r: r.optimizer.batch)
        self._add(
            self.tr("Learning rate"),
            "learning_rate",
            _real(1e-7, 1, 7, 1e-5),
            lambda r: r.optimizer.learning_rate,
        )
        self.freeze = QComboBox(self)
        self.freeze.addItem(self.tr("nothing"), "none")
        self.freeze.addItem(self.tr("encoder"), "encoder")
        self.freeze.addItem(self.tr("all but classifier"), "all_but_classifier")
        self.freeze.activated.connect(lambda: tuning.adjust(freeze=self.freeze.currentData()))
        self.freeze.setToolTip(self.tr("What stays exactly as it is"))
        self._form.addRow(self.tr("Frozen"), self.freeze)
        keep = _real(0, 0.95, 2, 0.05)
        keep.setToolTip(
            self.tr("Share of the model from before in the new weights: safer on other images")
        )
        self._add(self.tr("Kept"), "keep", keep, lambda r: r.network.keep)
        weights = {
            "distill": (
                self.tr("Not forgetting"),
                self.tr("Weight of what the model knew, where nothing is labelled"),
            ),
            "consistency": (
                self.tr("Consistency"),
                self.tr("Weight of predicting a corrupted twin like the crop itself"),
            ),
            "dice": (self.tr("Dice"), self.tr("Weight of a loss that counts each class alike")),
            "lovasz": (self.tr("Lovász"), self.tr("Weight of a loss that is close to the IoU")),
        }
        for name, (text, tip) in weights.items():
            spin = _real(0, 10, 2, 0.1)
            spin.setToolTip(tip)
            self._add(text, name, spin, lambda r, name=name: getattr(r.loss, name))
        hardest = _real(0.05, 1, 2, 0.05)
        hardest.setToolTip(
            self.tr("Share of the pixels that count, the hardest ones (OHEM); 1 is all")
        )
        self._add(self.tr("Hard pixels"), "ohem", hardest, lambda r: r.loss.ohem)
        self.corruptions = QPushButton(self)
        self.corruptions.setToolTip(
            self.tr("Keep some out, so that what is measured under them is honest")
        )
        self.menu = QMenu(self.corruptions)
        for name in KR16.severities:
            action = self.menu.addAction(corruption_title(name))
            action.setCheckable(True)
            action.setData(name)
            action.triggered.connect(self._choose_corruptions)
        self.corruptions.setMenu(self.menu)
        self._form.addRow(self.tr("Corruptions"), self.corruptions)
        self._add(
            self.tr("Up to severity"),
            "max_severity",
            _spin(1, 5),
            lambda r: r.augmentation.max_severity,
        )
        self._add(self.tr("Seed"), "seed", _spin(0, _MANY), lambda r: r.seed)
        self.reset = QPushButton(self.tr("As the preset"), self)
        self.reset.clicked.connect(lambda: tuning.choose(adjustments=Adjustments()))
        self._form.addRow(self.reset)

    def refresh(self) -> None:
        """Show the recipe's values."""
        recipe = self._tuning.recipe
        self.setEnabled(recipe is not None or self._tuning.problem is not None)
        if recipe is None:
            return
        for spin, value_of in self._readers:
            blocked = spin.blockSignals(True)
            spin.setValue(value_of(recipe))
            spin.blockSignals(blocked)
        self.freeze.setCurrentIndex(self.freeze.findData(recipe.network.freeze))
        trained = recipe.augmentation.corruptions
        for action in self.menu.actions():
            action.setChecked(action.data() in trained)
        self.corruptions.setText(
            self.tr("{count} of {total}").format(count=len(trained), total=len(KR16.severities))
        )

    def _add(
        self,
        text: str,
        name: str,
        spin: QSpinBox | QDoubleSpinBox,
        value_of: Callable[[Recipe], Any],
    ) -> None:
        spin.setKeyboardTracking(False)
        spin.setAccessibleName(text)
        spin.valueChanged.connect(lambda value: self._tuning.adjust(**{name: value}))
        self._readers.append((spin, value_of))
        self._form.addRow(text, spin)

    def _choose_corruptions(self) -> None:
        chosen = tuple(action.data() for action in self.menu.actions() if action.isChecked())
        self._tuning.adjust(corruptions=chosen)


def _spin(low: int, high: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    return spin


def _real(low: float, high: float, decimals: int, step: float) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setDecimals(decimals)
    spin.setRange(low, high)
    spin.setSingleStep(step)
    return spin
