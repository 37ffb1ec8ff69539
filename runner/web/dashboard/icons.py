"""Icons: sixteen by sixteen, drawn with lines in the colour of the text.

Each is drawn where it stands: a `<use>` of a drawing elsewhere costs a browser three times as many elements, and a
list of a hundred stacks has four icons in each row.
"""

from collections.abc import Mapping

from markupsafe import Markup

_RING = "M14.2 8a6.2 6.2 0 1 1-12.4 0 6.2 6.2 0 0 1 12.4 0z"
_PATHS: Mapping[str, str] = {
    "home": "M2.5 7.2 8 2.7l5.5 4.5v6.3h-4v-3.6h-3v3.6h-4z",
    "stacks": "M8 2l6 3-6 3-6-3zM2 8.2l6 3 6-3M2 11.2l6 3 6-3",
    "run": "M4.5 3v10l8-5z",
    "drift": "M1.5 5.8c2-2.4 4.3-2.4 6.5 0s4.5 2.4 6.5 0M1.5 10.8c2-2.4 4.3-2.4 6.5 0s4.5 2.4 6.5 0",
    "inbox": "M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5l1 1.7h3l1-1.7H14",
    "graph": "M5.8 8a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0zM13.8 3.8a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0zM13.8 12.2a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0zM5.6 7.1l4.8-2.5M5.6 8.9l4.8 2.5",
    "source": "M6.6 3.8a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0zM6.6 12.2a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0zM12.6 6a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0zM5 5.4v5.2M11 7.6c0 2-3 2.2-5.6 3.2",
    "pools": "M2.5 2.5h11v4h-11zM2.5 9.5h11v4h-11zM5 4.5h.3M5 11.5h.3M8 4.5h3M8 11.5h3",
    "merge": "M6.1 3.8a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0zM6.1 12.2a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0zM13.1 8a1.6 1.6 0 1 1-3.2 0 1.6 1.6 0 0 1 3.2 0zM4.5 5.4v5.2M4.5 5.4C4.5 8 7.1 8 9.9 8",
    "bell": "M3 11.5c1-1 1.3-2 1.3-4.5a3.7 3.7 0 0 1 7.4 0c0 2.5.3 3.5 1.3 4.5zM6.6 13.7h2.8",
    "audit": "M3.5 2h9v12h-9zM6 5h4M6 8h4M6 11h2",
    "trend": "M2 13.5h12M2.5 10.5l3.5-4 3 2.5 4.5-6",
    "key": "M7.8 10.5a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0zM7 8.5l6-6M10.5 5l2 2",
    "lock": "M3.5 7.2h9v6.3h-9zM5.3 7V5a2.7 2.7 0 0 1 5.4 0v2",
    "check": f"{_RING}M5.2 8.2l2 2 3.6-4.2",
    "cross": f"{_RING}M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
    "ahead": f"{_RING}M8 11V5.2M5.5 7.5 8 5l2.5 2.5",
    "hand": f"{_RING}M8 4.5V8l2.3 1.6",
    "thumb": f"{_RING}M5.2 8.2l2 2 3.6-4.2",
    "pause": f"{_RING}M6.4 5.8v4.4M9.6 5.8v4.4",
    "slash": f"{_RING}M3.8 12.2l8.4-8.4",
    "skip": f"{_RING}M5.5 5.8l2.2 2.2-2.2 2.2M8.7 5.8 10.9 8l-2.2 2.2",
    "equal": f"{_RING}M5.5 6.7h5M5.5 9.3h5",
    "bolt": "M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z",
    "warn": "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.5v.3",
    "info": f"{_RING}M8 7.3v3.9M8 4.8v.3",
    "search": "M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM10.3 10.3l3.5 3.5",
    "menu": "M2 4.5h12M2 8h12M2 11.5h12",
    "sun": "M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
    "moon": "M13.5 9.7A6 6 0 0 1 6.3 2.5a6 6 0 1 0 7.2 7.2z",
    "right": "M6 3.5l4.5 4.5L6 12.5",
    "down": "M3.5 6l4.5 4.5L12.5 6",
    "file": "M3.5 1.8h6l3 3v9.4h-9zM9.5 1.8v3h3",
    "out": "M6 2.5H2.5v11H6M10 5l3 3-3 3M13 8H6",
    "save": "M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11",
}
# Of several elements, for what one path cannot be.
_DRAWINGS: Mapping[str, str] = {
    "dashed": '<circle cx="8" cy="8" r="6.2" stroke-dasharray="2.6 2.270"/>',
    "spin": '<circle cx="8" cy="8" r="6.2" opacity=".25"/><path class="spin" d="M8 1.8A6.2 6.2 0 0 1 14.2 8"/>',
    "auto": '<circle cx="8" cy="8" r="5.8"/><path d="M8 2.2a5.8 5.8 0 0 1 0 11.6z" fill="currentColor"/>',
}


def _icon(drawing: str) -> Markup:
    return Markup(f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">{drawing}</svg>')  # noqa: S704 - of the tables


ICONS: Mapping[str, Markup] = {
    **{name: _icon(f'<path d="{path}"/>') for name, path in _PATHS.items()},
    **{name: _icon(drawing) for name, drawing in _DRAWINGS.items()},
}
