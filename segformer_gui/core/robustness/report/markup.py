"""The page's look, and its pieces: lists, tables, figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from segformer_gui.core.robustness.report.drawing import DARK, LIGHT, Drawing

# Below this share of its size a picture's words are too small, and it is scrolled instead.
_SMALLEST = 0.65


def _colors(drawn: Mapping[str, str], **others: str) -> str:
    return " ".join(f"--{name}: {color};" for name, color in {**drawn, **others}.items())


_LIGHT = _colors(LIGHT, rule="#aab2bd", shade="#f4f6f8", caution="#fff6e0")
_DARK = _colors(DARK, rule="#5b6570", shade="#20262d", caution="#33290f")

# On paper it is light whatever the system prefers.
_STYLE = (
    f":root {{ color-scheme: light dark; {_LIGHT} }}\n"
    f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}"
    """
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 44px 0 8px; }
h3 { font-size: 13px; margin: 0 0 4px; overflow-wrap: anywhere; }
p { margin: 6px 0; max-width: 80ch; }
p.soft { color: var(--soft); max-width: none; }
.caption { font-size: 13px; }
.legend { font-size: 13px; max-width: none; } .legend span { margin-right: 18px; }
.legend span::before { content: ""; display: inline-block; width: 20px; height: 3px;
  margin: 0 6px 4px 0; background: var(--series); }
.legend .dashed::before { background:
  repeating-linear-gradient(90deg, var(--series) 0 4px, transparent 4px 7px); }
ul { padding-left: 20px; margin: 12px 0; overflow-wrap: anywhere; }
.caution { background: var(--caution); border-left: 4px solid #e0a100; padding: 8px 14px;
  margin: 16px 0; }
.caution ul { margin: 0; }
.wide { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 8px; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; white-space: normal;
  border-bottom: 1px solid var(--rule); line-height: 1.25; }
tbody th { font-weight: 500; }
th:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); }
tbody tr:hover > * { background: var(--shade); }
tr.published > * { color: var(--soft); font-weight: 400; }
tr.first-published > * { border-top: 1px solid var(--rule); }
.tag { font-size: 11px; border: 1px solid var(--rule); border-radius: 3px; padding: 0 4px;
  font-weight: 400; white-space: nowrap; }
.range { color: var(--soft); font-size: 12px; }
.dense { font-size: 12px; } .dense th, .dense td { padding: 3px 5px; }
.dense thead th:not(:first-child) { writing-mode: vertical-rl; transform: rotate(180deg);
  white-space: nowrap; text-align: left; }
.figures { display: flex; flex-wrap: wrap; gap: 24px 32px; align-items: flex-start;
  margin-top: 14px; }
.figures > * { max-width: 100%; }
.figures thead th { max-width: 9ch; }
.panels { gap: 0; }
svg { display: block; max-width: 100%; height: auto; }
.figures > .wide { margin: -8px; }
pre { background: var(--shade); padding: 10px 14px; white-space: pre-wrap; overflow-wrap: anywhere;
  font-size: 13px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; font-size: 13px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) {
  body { padding: 20px 14px 40px; }
  h1 { font-size: 21px; } h2 { margin-top: 34px; }
  th:first-child { white-space: normal; min-width: 8em; overflow-wrap: anywhere; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; }
}
@page { margin: 12mm; }
@media print {
  body { font-size: 12px; padding: 0; max-width: none; print-color-adjust: exact; }
  h2 { margin-top: 26px; } h2, h2 + p, h3 { break-after: avoid; }
  .wide { overflow: visible; }
  table { font-size: 10px; } .range, .caption, dl, pre { font-size: 10px; }
  .dense { font-size: 8.5px; } .dense th, .dense td { padding: 2px 3px; }
  .tag { font-size: 7.5px; }
  tr, svg, .caution, pre { break-inside: avoid; }
  svg { min-width: 0 !important; }
  .panels > .wide { flex: 0 0 25%; margin: 0; }
}
"""
)


def document(title: str, sections: Iterable[str]) -> str:
    """A page that needs nothing else; `sections` are HTML, the empty ones are left out."""
    body = "\n".join(section for section in sections if section)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def listed(sentences: Sequence[str], kind: str = "") -> str:
    """Sentences, in a box of a kind or in none; nothing of none."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    if not items:
        return ""
    return f'<div class="{kind}"><ul>{items}</ul></div>' if kind else f"<ul>{items}</ul>"


def remark(words: str) -> str:
    """Small print beside a table or a figure."""
    return f'<p class="soft caption">{escape(words)}</p>' if words else ""


def legend(names: Sequence[str], lines: Sequence[tuple[str, bool]]) -> str:
    """What the lines of the figures below stand for: their colours, and which are dashed."""
    spans = (
        f'<span{" class=dashed" if dashed else ""} style="--series: {color}">{escape(name)}</span>'
        for name, (color, dashed) in zip(names, lines, strict=True)
    )
    return f'<p class="legend">{"".join(spans)}</p>'


def drawn(drawings: Iterable[Drawing], kind: str = "") -> str:
    """Pictures, as many side by side as there is room for."""
    pieces = "".join(f'<div class="wide">{_with_floor(drawing)}</div>' for drawing in drawings)
    return f'<div class="figures {kind}">{pieces}</div>'


def _with_floor(drawing: Drawing) -> str:
    floor = round(_SMALLEST * drawing.width)
    return drawing.svg(in_page=True).replace("<svg ", f'<svg style="min-width: {floor}px" ', 1)


def titled(tables: Iterable[tuple[str, str]]) -> str:
    """Tables with their titles, as many side by side as there is room for."""
    pieces = "".join(f"<div><h3>{escape(title)}</h3>{inner}</div>" for title, inner in tables)
    return f'<div class="figures">{pieces}</div>'


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    classes: Sequence[str] | None = None,
    kind: str = "plain",
) -> str:
    """A table that scrolls where it does not fit; cells of `rows` are HTML."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body: list[str] = []
    for row, of_row in zip(rows, classes or [""] * len(rows), strict=True):
        first, *others = row
        cells = f"<th>{first}</th>" + "".join(f"<td>{cell}</td>" for cell in others)
        body.append(f'<tr class="{of_row}">{cells}</tr>' if of_row else f"<tr>{cells}</tr>")
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def facts(pairs: Mapping[str, str]) -> str:
    """Words and what they stand for."""
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in pairs.items())
    return f"<dl>{items}</dl>"
