"""A model of four blocks that runs in milliseconds, with the weights that a test gives it."""

from __future__ import annotations

from segformer_gui.core.classes import class_set_of_count
from segformer_gui.core.inference.options import SegmentOptions
from segformer_gui.core.models import LoadedModel
from segformer_gui.core.network.checkpoints import IMAGENET_MEAN, IMAGENET_STD
from segformer_gui.core.network.presets import SegFormerConfig
from segformer_gui.core.network.segformer import SegFormer

TINY = SegFormerConfig((8, 16, 40, 64), (1, 1, 1, 1), head_width=16, num_classes=6)
NATIVE = SegmentOptions(short_side=None)


def model_of(network: SegFormer, short_side: int | None = None) -> LoadedModel:
    return LoadedModel(
        id="tiny",
        network=network,
        classes=class_set_of_count(network.config.num_classes),
        short_side=short_side,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        layout="Hugging Face",
        notes=(),
    )
