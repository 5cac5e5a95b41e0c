"""The actions of videos: part of the table in `actions`."""

from __future__ import annotations

from segformer_gui.gui.entry import Entry
from segformer_gui.messages import QT_TRANSLATE_NOOP

VIDEO_MENU = ("video", QT_TRANSLATE_NOOP("actions", "V&ideo"))

VIDEO_SUBMENUS = {
    "smoothing": QT_TRANSLATE_NOOP("actions", "S&trength of smoothing"),
}

VIDEO_ENTRIES = (
    Entry(
        "video_live",
        "video",
        QT_TRANSLATE_NOOP("actions", "Open camera or &stream…"),
        QT_TRANSLATE_NOOP("actions", "Watch a camera, or an RTSP or HTTP address"),
    ),
    Entry(
        "video_play",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Play or pause"),
        QT_TRANSLATE_NOOP("actions", "Play the video, or stay at this frame"),
        ("K",),
        "play",
        separated=True,
    ),
    Entry(
        "video_on",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Next frame"),
        QT_TRANSLATE_NOOP("actions", "Go one frame on"),
        ("Right",),
        "frame-on",
    ),
    Entry(
        "video_back",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Previous frame"),
        QT_TRANSLATE_NOOP("actions", "Go one frame back"),
        ("Left",),
        "frame-back",
    ),
    Entry(
        "video_on_10",
        "video",
        QT_TRANSLATE_NOOP("actions", "10 frames &on"),
        QT_TRANSLATE_NOOP("actions", "Go 10 frames on"),
        ("Shift+Right",),
    ),
    Entry(
        "video_back_10",
        "video",
        QT_TRANSLATE_NOOP("actions", "10 frames &back"),
        QT_TRANSLATE_NOOP("actions", "Go 10 frames back"),
        ("Shift+Left",),
    ),
    Entry(
        "video_loop",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Loop"),
        QT_TRANSLATE_NOOP("actions", "Begin again at the end"),
        icon="loop",
        checkable=True,
        separated=True,
    ),
    Entry(
        "video_first",
        "video",
        QT_TRANSLATE_NOOP("actions", "Begin &here"),
        QT_TRANSLATE_NOOP("actions", "What is played and exported begins at this frame"),
        ("Shift+I",),
        "mark-first",
    ),
    Entry(
        "video_last",
        "video",
        QT_TRANSLATE_NOOP("actions", "&End here"),
        QT_TRANSLATE_NOOP("actions", "What is played and exported ends at this frame"),
        ("Shift+O",),
        "mark-last",
    ),
    Entry(
        "video_unmark",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Whole video"),
        QT_TRANSLATE_NOOP("actions", "Take both marks away"),
    ),
    Entry(
        "video_moving",
        "video",
        QT_TRANSLATE_NOOP("actions", "Corruption &moves"),
        QT_TRANSLATE_NOOP(
            "actions", "Let snow fall and noise change from frame to frame; else the pattern stays"
        ),
        checkable=True,
        separated=True,
    ),
    Entry(
        "video_smooth",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Smooth masks"),
        QT_TRANSLATE_NOOP(
            "actions",
            "Average each mask with those of the frames before: it flickers less, and lags behind "
            "what moves",
        ),
        ("Shift+S",),
        "smooth",
        checkable=True,
    ),
    Entry(
        "video_smooth_0.3",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Light (0.3)"),
        QT_TRANSLATE_NOOP("actions", "Frames before make 30 % of a mask"),
        checkable=True,
        sub="smoothing",
    ),
    Entry(
        "video_smooth_0.5",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Medium (0.5)"),
        QT_TRANSLATE_NOOP("actions", "Frames before make 50 % of a mask: about two are remembered"),
        checkable=True,
        sub="smoothing",
    ),
    Entry(
        "video_smooth_0.7",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Strong (0.7)"),
        QT_TRANSLATE_NOOP("actions", "Frames before make 70 % of a mask"),
        checkable=True,
        sub="smoothing",
    ),
    Entry(
        "video_smooth_0.9",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Very strong (0.9)"),
        QT_TRANSLATE_NOOP("actions", "Frames before make 90 % of a mask: about ten are remembered"),
        checkable=True,
        sub="smoothing",
    ),
    Entry(
        "video_correct",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Correct this frame"),
        QT_TRANSLATE_NOOP(
            "actions", "Save the frame into the project and open it in the mask editor"
        ),
        ("Shift+C",),
        "tool-brush",
        separated=True,
    ),
    Entry(
        "video_propose",
        "video",
        QT_TRANSLATE_NOOP("actions", "Propose masks for the next &frames"),
        QT_TRANSLATE_NOOP(
            "actions", "Carry the corrected mask on to the next 10 frames, as proposals"
        ),
        ("Ctrl+Shift+Right",),
    ),
    Entry(
        "video_measure",
        "video",
        QT_TRANSLATE_NOOP("actions", "&Measure steadiness"),
        QT_TRANSLATE_NOOP("actions", "Segment every frame and show where the mask flickers"),
        separated=True,
    ),
    Entry(
        "video_export",
        "video",
        QT_TRANSLATE_NOOP("actions", "E&xport video…"),
        QT_TRANSLATE_NOOP(
            "actions", "Write masks of every frame, or videos with the mask over them"
        ),
        ("Ctrl+Shift+E",),
        "export",
    ),
)
