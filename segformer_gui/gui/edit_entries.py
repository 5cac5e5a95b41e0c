"""The actions of the mask editor: part of the table in `actions`."""

from __future__ import annotations

from segformer_gui.gui.entry import Entry
from segformer_gui.gui.tool_entries import TOOL_ENTRIES
from segformer_gui.messages import QT_TRANSLATE_NOOP

MASK_MENU = ("mask", QT_TRANSLATE_NOOP("actions", "Mas&k"))

MASK_SUBMENUS = {
    "tool": QT_TRANSLATE_NOOP("actions", "&Tool"),
    "doubt": QT_TRANSLATE_NOOP("actions", "Dou&bt by"),
}

# Sub-menus whose entries are no choice of one.
MASK_GROUPS = {
    "tidy": QT_TRANSLATE_NOOP("actions", "Tid&y up"),
    "class": QT_TRANSLATE_NOOP("actions", "Cla&sses"),
}

UNDO_ENTRIES = (
    Entry(
        "undo",
        "edit",
        QT_TRANSLATE_NOOP("actions", "&Undo"),
        QT_TRANSLATE_NOOP("actions", "Take the latest change of the mask back"),
        ("Ctrl+Z",),
        "undo",
    ),
    Entry(
        "redo",
        "edit",
        QT_TRANSLATE_NOOP("actions", "&Redo"),
        QT_TRANSLATE_NOOP("actions", "Make the change that was undone again"),
        (
            "Ctrl+Shift+Z",
            "Ctrl+Y",
        ),
        "redo",
    ),
)

PROJECT_ENTRIES = (
    Entry(
        "new_project",
        "file",
        QT_TRANSLATE_NOOP("actions", "&New project…"),
        QT_TRANSLATE_NOOP("actions", "Keep corrections, those of the open images too, in a folder"),
        separated=True,
    ),
    Entry(
        "open_project",
        "file",
        QT_TRANSLATE_NOOP("actions", "Open &project…"),
        QT_TRANSLATE_NOOP("actions", "Open a folder of images and corrections"),
        ("Ctrl+Shift+P",),
    ),
    Entry(
        "save_masks",
        "file",
        QT_TRANSLATE_NOOP("actions", "&Save masks"),
        QT_TRANSLATE_NOOP("actions", "Write all corrections now; else it happens by itself"),
        ("Ctrl+S",),
        "save",
    ),
)

CLASS_ENTRIES = (
    Entry(
        "class_add",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Add class…"),
        QT_TRANSLATE_NOOP("actions", "Add a class to the project"),
        icon="add",
        sub="class",
    ),
    Entry(
        "class_edit",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Name and colour…"),
        QT_TRANSLATE_NOOP("actions", "Give the class in hand another name or colour"),
        sub="class",
    ),
    Entry(
        "class_merge",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Merge into…"),
        QT_TRANSLATE_NOOP("actions", "Give all pixels of the class in hand to another class"),
        sub="class",
    ),
    Entry(
        "class_delete",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Delete class"),
        QT_TRANSLATE_NOOP("actions", "Take the class in hand from all masks; Undo brings it back"),
        sub="class",
    ),
)

MASK_ENTRIES = (
    Entry(
        "edit_masks",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Edit masks"),
        QT_TRANSLATE_NOOP("actions", "Show the mask and change it; off shows the prediction"),
        ("M",),
        "tool-brush",
        checkable=True,
    ),
    *TOOL_ENTRIES,
    Entry(
        "class_next",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Ne&xt class"),
        QT_TRANSLATE_NOOP("actions", "Paint with the next class"),
        ("W",),
    ),
    Entry(
        "class_previous",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Pre&vious class"),
        QT_TRANSLATE_NOOP("actions", "Paint with the class before"),
        ("Q",),
    ),
    Entry(
        "lock_class",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Lock class"),
        QT_TRANSLATE_NOOP(
            "actions", "Let no edit change pixels of the class in hand, or let it again"
        ),
        ("L",),
        "lock",
    ),
    *CLASS_ENTRIES,
    Entry(
        "accept",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Accept prediction"),
        QT_TRANSLATE_NOOP("actions", "Take the prediction over wherever nobody has corrected"),
        ("Ctrl+Return",),
        "accept",
        separated=True,
    ),
    Entry(
        "accept_class",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Accept &class"),
        QT_TRANSLATE_NOOP("actions", "Take the prediction of the class in hand over"),
    ),
    Entry(
        "copy_mask",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Take mask of &previous image"),
        QT_TRANSLATE_NOOP("actions", "Copy the labels of the image above in the list"),
    ),
    Entry(
        "gaps_nearest",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Fill gaps by nearest"),
        QT_TRANSLATE_NOOP("actions", "Give every unlabelled pixel the class next to it"),
        sub="tidy",
    ),
    Entry(
        "gaps_predicted",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Fill &gaps by prediction"),
        QT_TRANSLATE_NOOP("actions", "Give every unlabelled pixel its predicted class"),
        sub="tidy",
    ),
    Entry(
        "holes",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Fill &holes"),
        QT_TRANSLATE_NOOP("actions", "Give the class in hand what it surrounds"),
        sub="tidy",
    ),
    Entry(
        "islands",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Remove &islands"),
        QT_TRANSLATE_NOOP("actions", "Give small separate parts to what is around them"),
        sub="tidy",
    ),
    Entry(
        "opened",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Opening"),
        QT_TRANSLATE_NOOP("actions", "Take thin parts of the class in hand away"),
        sub="tidy",
    ),
    Entry(
        "closed",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Closing"),
        QT_TRANSLATE_NOOP("actions", "Close thin gaps in the class in hand"),
        sub="tidy",
    ),
    Entry(
        "next_suspect",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Next &doubtful region"),
        QT_TRANSLATE_NOOP("actions", "Go to the region where the model is least sure"),
        ("Ctrl+Right",),
        "suspect",
        separated=True,
    ),
    Entry(
        "previous_suspect",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Previous d&oubtful region"),
        QT_TRANSLATE_NOOP("actions", "Go back to the doubtful region before"),
        ("Ctrl+Left",),
    ),
    Entry(
        "doubt_all",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&All together"),
        QT_TRANSLATE_NOOP("actions", "Order doubtful regions by the mean of all doubts there are"),
        checkable=True,
        sub="doubt",
    ),
    Entry(
        "doubt_entropy",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Entropy of the model"),
        QT_TRANSLATE_NOOP("actions", "Order doubtful regions by how unsure the model is"),
        checkable=True,
        sub="doubt",
    ),
    Entry(
        "doubt_corruption",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Change under &corruption"),
        QT_TRANSLATE_NOOP("actions", "Order doubtful regions by what the corruption changes"),
        checkable=True,
        sub="doubt",
    ),
    Entry(
        "doubt_models",
        "mask",
        QT_TRANSLATE_NOOP("actions", "The second &model"),
        QT_TRANSLATE_NOOP(
            "actions", "Order doubtful regions by what a second model sees otherwise"
        ),
        checkable=True,
        sub="doubt",
    ),
    Entry(
        "checked",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Chec&ked"),
        QT_TRANSLATE_NOOP("actions", "Say that this mask is right"),
        ("C",),
        "checked",
        checkable=True,
    ),
    Entry(
        "hold_out",
        "mask",
        QT_TRANSLATE_NOOP("actions", "&Hold out"),
        QT_TRANSLATE_NOOP("actions", "Keep this image for scores; nothing is trained on it"),
        checkable=True,
    ),
    Entry(
        "next_unchecked",
        "mask",
        QT_TRANSLATE_NOOP("actions", "Next &unchecked image"),
        QT_TRANSLATE_NOOP("actions", "Go to the next image whose mask nobody has checked"),
        ("Ctrl+Shift+D",),
    ),
)
