"""Every action of the window in one table: its text, key, icon, tool tip and menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from segformer_gui.gui import theme
from segformer_gui.gui.edit_entries import (
    MASK_ENTRIES,
    MASK_GROUPS,
    MASK_MENU,
    MASK_SUBMENUS,
    PROJECT_ENTRIES,
    UNDO_ENTRIES,
)
from segformer_gui.gui.entry import Entry
from segformer_gui.gui.lab_entries import LAB_ENTRIES, LAB_MENU, LAB_SUBMENUS
from segformer_gui.gui.tuning_entries import TUNING_ENTRIES
from segformer_gui.gui.video_entries import VIDEO_ENTRIES, VIDEO_MENU, VIDEO_SUBMENUS
from segformer_gui.gui.view_entries import VIEW_ENTRIES, VIEW_SUBMENUS
from segformer_gui.messages import QT_TRANSLATE_NOOP

MENUS = (
    ("file", QT_TRANSLATE_NOOP("actions", "&File")),
    ("edit", QT_TRANSLATE_NOOP("actions", "&Edit")),
    ("view", QT_TRANSLATE_NOOP("actions", "&View")),
    ("model", QT_TRANSLATE_NOOP("actions", "&Model")),
    MASK_MENU,
    LAB_MENU,
    VIDEO_MENU,
    ("help", QT_TRANSLATE_NOOP("actions", "&Help")),
)

SUBMENUS = {
    **VIEW_SUBMENUS,
    **MASK_SUBMENUS,
    **LAB_SUBMENUS,
    **VIDEO_SUBMENUS,
}
GROUPS = MASK_GROUPS  # Sub-menus whose entries are no choice of one.

ENTRIES = (
    Entry(
        "open_images",
        "file",
        QT_TRANSLATE_NOOP("actions", "&Open images…"),
        QT_TRANSLATE_NOOP("actions", "Open one or more images"),
        ("Ctrl+O",),
        "open-images",
    ),
    Entry(
        "open_folder",
        "file",
        QT_TRANSLATE_NOOP("actions", "Open &folder…"),
        QT_TRANSLATE_NOOP("actions", "Open all images of a folder and its sub-folders"),
        ("Ctrl+Shift+O",),
        "open-folder",
    ),
    Entry(
        "open_sequence",
        "file",
        QT_TRANSLATE_NOOP("actions", "Open &image sequence…"),
        QT_TRANSLATE_NOOP("actions", "Open the images of a folder as one video"),
        ("Ctrl+Shift+I",),
        "open-sequence",
    ),
    *PROJECT_ENTRIES,
    Entry(
        "export",
        "file",
        QT_TRANSLATE_NOOP("actions", "&Export…"),
        QT_TRANSLATE_NOOP(
            "actions", "Write masks, overlays and statistics of the segmented images"
        ),
        ("Ctrl+E",),
        "export",
        separated=True,
    ),
    Entry(
        "quit",
        "file",
        QT_TRANSLATE_NOOP("actions", "&Quit"),
        QT_TRANSLATE_NOOP("actions", "Close the window"),
        ("Ctrl+Q",),
        separated=True,
    ),
    *UNDO_ENTRIES,
    Entry(
        "copy",
        "edit",
        QT_TRANSLATE_NOOP("actions", "&Copy image with overlay"),
        QT_TRANSLATE_NOOP("actions", "Copy the whole image in full size with its mask over it"),
        ("Ctrl+C",),
        "copy",
        separated=True,
    ),
    Entry(
        "copy_view",
        "edit",
        QT_TRANSLATE_NOOP("actions", "Copy &view"),
        QT_TRANSLATE_NOOP("actions", "Copy what the canvas shows, as it shows it"),
        ("Ctrl+Shift+C",),
    ),
    Entry(
        "paste",
        "edit",
        QT_TRANSLATE_NOOP("actions", "Pas&te"),
        QT_TRANSLATE_NOOP("actions", "Open the image or the image files on the clipboard"),
        ("Ctrl+V",),
        "paste",
    ),
    Entry(
        "previous",
        "edit",
        QT_TRANSLATE_NOOP("actions", "&Previous image"),
        QT_TRANSLATE_NOOP("actions", "Go to the image above in the list"),
        ("A",),
        "previous",
        separated=True,
    ),
    Entry(
        "next",
        "edit",
        QT_TRANSLATE_NOOP("actions", "&Next image"),
        QT_TRANSLATE_NOOP("actions", "Go to the image below in the list"),
        ("D",),
        "next",
    ),
    Entry(
        "remove",
        "edit",
        QT_TRANSLATE_NOOP("actions", "&Remove from list"),
        QT_TRANSLATE_NOOP("actions", "Take the selected images off the list; the files stay"),
        ("Del",),
        "remove",
        separated=True,
    ),
    Entry(
        "clear",
        "edit",
        QT_TRANSLATE_NOOP("actions", "C&lear list"),
        QT_TRANSLATE_NOOP("actions", "Take all images off the list; the files stay"),
    ),
    Entry(
        "preferences",
        "edit",
        QT_TRANSLATE_NOOP("actions", "Pre&ferences…"),
        QT_TRANSLATE_NOOP("actions", "Choose how the window looks and how it segments"),
        ("Ctrl+,",),
        separated=True,
    ),
    *VIEW_ENTRIES,
    Entry(
        "segment",
        "model",
        QT_TRANSLATE_NOOP("actions", "&Segment"),
        QT_TRANSLATE_NOOP("actions", "Segment the current image"),
        ("R", "F5"),
        "segment",
    ),
    Entry(
        "segment_all",
        "model",
        QT_TRANSLATE_NOOP("actions", "Segment &all"),
        QT_TRANSLATE_NOOP("actions", "Segment every open image that has no mask yet"),
        ("Ctrl+R",),
        "segment-all",
    ),
    Entry(
        "cancel",
        "model",
        QT_TRANSLATE_NOOP("actions", "&Cancel"),
        QT_TRANSLATE_NOOP("actions", "Stop what is running"),
        ("Esc",),
        "cancel",
    ),
    Entry(
        "auto_segment",
        "model",
        QT_TRANSLATE_NOOP("actions", "Segment a&utomatically"),
        QT_TRANSLATE_NOOP("actions", "Segment an image as soon as it is selected"),
        checkable=True,
        separated=True,
    ),
    Entry(
        "open_checkpoint",
        "model",
        QT_TRANSLATE_NOOP("actions", "Open checkpoint &file…"),
        QT_TRANSLATE_NOOP("actions", "Load a .safetensors, .bin, .pth, .pt or .ckpt file"),
        ("Ctrl+M",),
        "model",
        separated=True,
    ),
    Entry(
        "open_model_folder",
        "model",
        QT_TRANSLATE_NOOP("actions", "Open model f&older…"),
        QT_TRANSLATE_NOOP("actions", "Load a Hugging Face folder with config.json"),
        ("Ctrl+Shift+M",),
        "open-folder",
    ),
    *TUNING_ENTRIES,
    *MASK_ENTRIES,
    *LAB_ENTRIES,
    *VIDEO_ENTRIES,
    Entry(
        "shortcuts",
        "help",
        QT_TRANSLATE_NOOP("actions", "&Keyboard shortcuts"),
        QT_TRANSLATE_NOOP("actions", "Show all keys and gestures"),
        ("F1",),
    ),
    Entry(
        "log",
        "help",
        QT_TRANSLATE_NOOP("actions", "Lo&g…"),
        QT_TRANSLATE_NOOP("actions", "Show the log as it is written, and copy diagnostics"),
    ),
    Entry(
        "open_log",
        "help",
        QT_TRANSLATE_NOOP("actions", "Open &log file"),
        QT_TRANSLATE_NOOP("actions", "Show what the application wrote down about its work"),
    ),
    Entry(
        "about",
        "help",
        QT_TRANSLATE_NOOP("actions", "&About SegFormer GUI"),
        QT_TRANSLATE_NOOP("actions", "Show versions and licences"),
        separated=True,
    ),
)


_REPEATING = {
    *("undo", "redo", "brush_larger", "brush_smaller", "previous", "next"),
    *("zoom_in", "zoom_out", "severity_up", "severity_down"),
    *("video_on", "video_back", "video_on_10", "video_back_10"),
}


def translated(text: str) -> str:
    """A text of this table in the language of the window."""
    return QCoreApplication.translate("actions", text)


class Actions:
    """The actions of one window, by id: `actions["open_images"]`."""

    def __init__(self, parent: QObject) -> None:
        self._actions = {entry.id: _action(entry, parent) for entry in ENTRIES}
        choices = {sub: QActionGroup(parent) for sub in SUBMENUS}
        for entry in ENTRIES:
            if entry.sub in choices:
                choices[entry.sub].addAction(self._actions[entry.id])
        self.retint()

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def handle(self, handlers: Mapping[str, Callable[[], object]]) -> None:
        """Have actions do something when they are triggered, by their id."""
        for action_id, handler in handlers.items():
            self._actions[action_id].triggered.connect(lambda _=False, do=handler: do())

    def all(self) -> list[QAction]:
        """All actions, in the table's order."""
        return list(self._actions.values())

    def retint(self) -> None:
        """Draw the icons in the colours of the theme."""
        for entry in ENTRIES:
            if entry.icon:
                self._actions[entry.id].setIcon(theme.icon(entry.icon))


def _action(entry: Entry, parent: QObject) -> QAction:
    action = QAction(translated(entry.text), parent)
    action.setObjectName(entry.id)
    action.setShortcuts([QKeySequence(key) for key in entry.keys])
    # Holding A or D flips through the images; holding any other key does its work once.
    action.setAutoRepeat(entry.id in _REPEATING)
    action.setCheckable(entry.checkable)
    key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    tip = translated(entry.tip)
    action.setToolTip(f"{tip} ({key})" if key else tip)
    return action
