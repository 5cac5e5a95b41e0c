"""Masks that flicker less: probabilities averaged over the last frames."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from segformer_gui.core.inference.prediction import Prediction, argmax_labels


class Smoother:
    """An exponential mean of the classes' probabilities. `amount` 0 (off) to below 1 is the share
    of the past: 0.5 remembers about two frames, 0.9 about ten.

    What moves fast drags its class behind it; that is the price.
    """

    def __init__(self, amount: float) -> None:
        self._amount = amount
        self._mean: Tensor | None = None

    def smoothed(self, prediction: Prediction) -> Prediction:
        """The next frame's prediction with labels and logits of the mean."""
        if self._amount == 0:
            return prediction
        with torch.inference_mode():
            now = prediction.logits.softmax(0)
            if self._mean is None or self._mean.shape != now.shape:
                self._mean = now
            else:
                self._mean = torch.lerp(now, self._mean.to(now.device), self._amount)
            logits = self._mean.clamp(min=1e-30).log()
            height, width = prediction.labels.shape
            return replace(prediction, logits=logits, labels=argmax_labels(logits, (height, width)))
