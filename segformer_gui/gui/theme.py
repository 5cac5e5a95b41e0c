"""Light and dark: palette, style sheet and icons, all switched while the window is open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from segformer_gui.core.paths import shipped
from segformer_gui.core.settings import Theme


@dataclass(frozen=True)
class Colors:
    """The colours of one theme, as #rrggbb."""

    window: str
    base: str  # Lists and fields.
    raised: str  # Buttons, tool tips.
    hover: str
    border: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    selection: str
    canvas: str
    good: str
    warning: str
    error: str


LIGHT = Colors(
    window="#f3f4f6",
    base="#ffffff",
    raised="#ffffff",
    hover="#e6e9ee",
    border="#d3d7de",
    text="#1b1f26",
    muted="#5b6470",
    disabled="#a3aab4",
    accent="#2762e0",
    on_accent="#ffffff",
    selection="#d9e5ff",
    canvas="#dfe2e7",
    good="#1c7a45",
    warning="#9a5b00",
    error="#c02f35",
)
DARK = Colors(
    window="#202329",
    base="#181a1f",
    raised="#2b2f37",
    hover="#333842",
    border="#3a3f4a",
    text="#e7e9ed",
    muted="#a0a8b4",
    disabled="#626a76",
    accent="#6c9bff",
    on_accent="#0d1526",
    selection="#2d4270",
    canvas="#121317",
    good="#5cc98a",
    warning="#e5b04f",
    error="#f2777a",
)

_STYLE = """
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {border}; padding: 4px 6px; }}
QMainWindow::separator {{ background: {window}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QMenuBar {{ background: {window}; padding: 2px 4px; border-bottom: 1px solid {border}; }}
QMenuBar::item {{ padding: 5px 9px; border-radius: 4px; background: transparent; }}
QMenuBar::item:selected {{ background: {hover}; }}
QMenu {{ background: {raised}; border: 1px solid {border}; padding: 5px; }}
QMenu::item {{ padding: 6px 26px 6px 10px; border-radius: 4px; }}
QMenu::item:selected {{ background: {selection}; color: {text}; }}
QMenu::item:disabled {{ color: {disabled}; }}
QMenu::icon {{ padding-left: 6px; }}
QMenu::separator {{ height: 1px; background: {border}; margin: 5px 4px; }}
QToolBar {{ background: {window}; border: none; border-bottom: 1px solid {border};
            padding: 5px 8px; spacing: 3px; }}
QToolBar::separator {{ background: {border}; width: 1px; margin: 5px 6px; }}
QToolButton {{ border: 1px solid transparent; border-radius: 5px; padding: 5px; color: {text}; }}
QToolButton:hover, QToolButton:focus {{ background: {hover}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton:pressed, QToolButton:checked {{ background: {selection}; }}
QToolButton:disabled {{ color: {disabled}; }}
QToolButton#qt_toolbar_ext_button {{ padding: 0; qproperty-icon: url("{icons}/arrow.svg"); }}
QToolButton[popupMode="2"] {{ padding-right: 20px; }}
QToolButton::menu-indicator {{ image: url("{icons}/arrow.svg"); width: 12px; height: 12px;
               subcontrol-origin: padding; subcontrol-position: right center; right: 5px; }}
QPushButton {{ background: {raised}; border: 1px solid {border}; border-radius: 5px;
               padding: 6px 14px; color: {text}; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton::menu-indicator {{ image: none; }}
QPushButton:checked {{ background: {selection}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {disabled}; }}
QPushButton:default, QPushButton[primary="true"] {{ background: {accent}; color: {on_accent};
               border-color: {accent}; }}
QPushButton[primary="true"]:disabled, QPushButton:default:disabled {{ background: {raised};
               color: {disabled}; border-color: {border}; }}
QLineEdit, QPlainTextEdit, QTextBrowser {{ background: {base}; border: 1px solid {border};
               border-radius: 5px; padding: 5px 7px; selection-background-color: {accent};
               selection-color: {on_accent}; }}
QLineEdit:focus, QComboBox:focus {{ border-color: {accent}; }}
QComboBox {{ background: {raised}; border: 1px solid {border}; border-radius: 5px;
             padding: 5px 8px; min-height: 18px; }}
QAbstractSpinBox {{ min-height: 22px; }}
QComboBox:hover {{ background: {hover}; }}
QComboBox:disabled {{ color: {disabled}; }}
QComboBox::drop-down {{ border: none; width: 22px; }}
QComboBox::down-arrow {{ image: url("{icons}/arrow.svg"); width: 14px; height: 14px; }}
QComboBox QAbstractItemView {{ background: {raised}; border: 1px solid {border}; padding: 4px;
             selection-background-color: {selection}; selection-color: {text}; outline: none; }}
QAbstractItemView {{ background: {base}; border: 1px solid {border}; border-radius: 5px;
             outline: none; }}
QListView::item {{ padding: 4px 6px; }}
QListView::item:hover {{ background: {hover}; }}
QListView::item:selected {{ background: {selection}; color: {text}; }}
QDialogButtonBox, QMessageBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
QDockWidget {{ font-weight: 600; titlebar-close-icon: url("{icons}/dock-close.svg");
               titlebar-normal-icon: url("{icons}/dock-float.svg"); }}
QDockWidget::close-button, QDockWidget::float-button {{ border: none; border-radius: 4px;
               padding: 0; icon-size: 15px; }}
QDockWidget::close-button:hover, QDockWidget::float-button:hover {{ background: {hover}; }}
QCheckBox {{ spacing: 8px; padding: 1px 0; }}
QCheckBox::indicator, QListView::indicator, QTreeView::indicator {{ width: 14px; height: 14px;
                border: 1px solid {muted}; border-radius: 4px; background: {base}; }}
QTreeView::indicator {{ width: 10px; height: 10px; border-radius: 3px; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {accent}; }}
QCheckBox::indicator:checked, QListView::indicator:checked,
QTreeView::indicator:checked {{ background: {accent};
                border-color: {accent}; image: url("{icons}/check.svg"); }}
QRadioButton {{ spacing: 8px; padding: 2px 0; }}
QRadioButton::indicator {{ width: 15px; height: 15px; border: 1px solid {muted};
                border-radius: 8px; background: {base}; }}
QRadioButton::indicator:hover, QRadioButton::indicator:focus {{ border-color: {accent}; }}
QRadioButton::indicator:checked {{ border: 5px solid {accent}; width: 7px; height: 7px;
                background: {on_accent}; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {disabled}; }}
QDockWidget::title {{ background: {window}; padding: 7px 4px; text-align: left; }}
QDockWidget > QWidget {{ font-weight: 400; }}
QTabBar::tab {{ background: transparent; color: {muted}; border: none; padding: 6px 8px;
               border-bottom: 2px solid transparent; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom-color: {accent}; }}
QTabBar::tab:focus {{ background: {hover}; }}
QStatusBar {{ background: {window}; border-top: 1px solid {border}; }}
QScrollArea {{ border: none; background: transparent; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ padding: 5px 8px; }}
QProgressBar {{ background: {hover}; border: none; border-radius: 4px; height: 8px;
                text-align: center; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 4px; }}
QSlider::groove:horizontal {{ height: 4px; background: {border}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ background: {raised}; border: 2px solid {accent}; width: 12px;
                height: 12px; margin: -6px 0; border-radius: 8px; }}
QSlider::handle:horizontal:focus {{ background: {accent}; }}
QScrollBar:vertical {{ background: transparent; width: 11px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 11px; margin: 0; }}
QScrollBar::handle {{ background: {border}; border-radius: 4px; margin: 2px; min-height: 28px;
                      min-width: 28px; }}
QScrollBar::handle:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QLabel[muted="true"] {{ color: {muted}; }}
QLabel[muted="true"]:disabled {{ color: {disabled}; }}
QLabel[role="heading"] {{ font-size: 17pt; font-weight: 600; }}
QLabel[role="warning"] {{ color: {warning}; }}
"""


def apply_theme(theme: Theme) -> None:
    """Give the whole application the chosen colours; "system" follows the system's choice."""
    scheme = {
        "system": Qt.ColorScheme.Unknown,
        "light": Qt.ColorScheme.Light,
        "dark": Qt.ColorScheme.Dark,
    }[theme]
    QGuiApplication.styleHints().setColorScheme(scheme)
    dark = theme == "dark" or (theme == "system" and _system_is_dark())
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    if application.property("dark") is dark:
        return  # Styling every widget anew takes a while.
    chosen = DARK if dark else LIGHT
    application.setProperty("dark", dark)
    application.setPalette(_palette(chosen))
    # A style sheet can only name files, so these few icons come ready in the theme's colours.
    icons = shipped("resources", "icons", "dark" if dark else "light").as_posix()
    application.setStyleSheet(_STYLE.format(icons=icons, **vars(chosen)))


def colors() -> Colors:
    """The colours in use."""
    application = QApplication.instance()
    return DARK if application and application.property("dark") else LIGHT


def icon(name: str) -> QIcon:
    """A shipped icon in the colours in use; ask again when the theme has changed."""
    tinted = QIcon()
    for size in (16, 20, 24, 32, 48):
        tinted.addPixmap(pixmap(name, colors().text, size), QIcon.Mode.Normal)
        tinted.addPixmap(pixmap(name, colors().disabled, size), QIcon.Mode.Disabled)
    return tinted


def pixmap(name: str, color: str, size: int) -> QPixmap:
    """A shipped icon drawn in `color`, `size` logical pixels wide, sharp on the sharpest screen."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return _drawn(name, color, size, application.devicePixelRatio())


def swatch(color: QColor, size: int) -> QIcon:
    """A square of one colour, which stays that colour in a row that is selected."""
    picture = QPixmap(size, size)
    picture.fill(color)
    square = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        square.addPixmap(picture, mode)
    return square


@cache
def _drawn(name: str, color: str, size: int, ratio: float) -> QPixmap:
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    svg = shipped("resources", "icons", f"{name}.svg").read_text("utf-8")
    source = svg.replace("currentColor", color).encode()
    QSvgRenderer(QByteArray(source)).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _palette(chosen: Colors) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: chosen.window,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.base,
        QPalette.ColorRole.AlternateBase: chosen.window,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.PlaceholderText: chosen.muted,
        QPalette.ColorRole.Button: chosen.raised,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.ToolTipBase: chosen.raised,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.Highlight: chosen.accent,
        QPalette.ColorRole.HighlightedText: chosen.on_accent,
        QPalette.ColorRole.Link: chosen.accent,
        QPalette.ColorRole.Mid: chosen.border,
        QPalette.ColorRole.BrightText: chosen.error,
    }
    for role, color in roles.items():
        palette.setColor(role, QColor(color))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.disabled))
    return palette
