"""What comes from elsewhere, as changes of a mask: predictions, and masks of other images.

Predictions are made with `touch=False`: they are no person's work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segformer_gui.core.annotation.mask import UNLABELLED, Mask
from segformer_gui.core.annotation.region import Change, Region
from segformer_gui.core.classes import IGNORE, ClassSet, plain_name
from segformer_gui.core.errors import UserError
from segformer_gui.core.render import Labels


def class_ids(predicted: ClassSet, classes: ClassSet) -> list[int]:
    """For each class of a model, the id that its name has among `classes`, or `UNLABELLED`."""
    known = {plain_name(name): class_id for class_id, name in enumerate(classes.names) if name}
    return [known.get(plain_name(name), UNLABELLED) for name in predicted.names]


def in_classes(prediction: Labels, predicted: ClassSet, classes: ClassSet) -> NDArray[np.uint8]:
    """A prediction (H, W) of one class set in the ids of another, as `class_ids`.

    Raises `UserError` `project_no_shared_classes` where no name is known.
    """
    ids = class_ids(predicted, classes)
    if set(ids) == {UNLABELLED}:
        raise UserError(
            "project_no_shared_classes",
            model_classes=", ".join(predicted.names[:5]),
            project_classes=", ".join(name for name in classes.names[:5] if name),
        )
    table = np.full(max(256, len(predicted)), UNLABELLED, np.uint8)
    table[: len(ids)] = ids
    return table[prediction]


def accepted(
    mask: Mask,
    prediction: NDArray[np.uint8],
    class_id: int | None = None,
    over_touched: bool = False,
) -> Change:
    """Take the prediction (H, W), in the mask's class ids, over: whole, or one class of it.

    What a person touched stays as it is, however late a prediction comes, unless `over_touched`.
    Cut it with `Change.within` to accept what lies in a lasso. What is predicted as unlabelled
    changes nothing.
    """
    inside = prediction != IGNORE if class_id is None else prediction == class_id
    if not over_touched:
        inside &= ~mask.touched
    region = Region.of(inside)
    return Change(region, prediction[region.box.slices])


def gaps_predicted(mask: Mask, prediction: NDArray[np.uint8]) -> Change:
    """Give every unlabelled pixel the class that is predicted for it, also where it was erased."""
    region = Region.of((mask.labels == UNLABELLED) & (prediction != UNLABELLED))
    return Change(region, prediction[region.box.slices])


def copied(mask: Mask, labels: NDArray[np.uint8]) -> Change:
    """Take over the labelled pixels of another mask, such as the last frame's.

    Unlike the others this is a person's work: made with `touch`, no prediction undoes it. Raises
    `UserError` `mask_sizes_differ`.
    """
    if labels.shape != mask.size:
        (height, width), (other_height, other_width) = mask.size, labels.shape
        raise UserError(
            "mask_sizes_differ",
            width=width,
            height=height,
            other_width=other_width,
            other_height=other_height,
        )
    region = Region.of(labels != UNLABELLED)
    return Change(region, labels[region.box.slices])
