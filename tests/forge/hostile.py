"""Names and values that a stranger chose."""

from collections.abc import Callable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

TEXTS = (
    "@team",
    "@acme/owners please",
    "fixes #123",
    "acme/infra#7",
    "GH-12",
    "!45",
    "%1.0",
    "~bug",
    "&9",
    ":tada:",
    "https://evil.example/x",
    "www.evil.example",
    "ana@evil.example",
    "[click](https://evil.example)",
    "![x](https://evil.example/pixel.png)",
    "<img src=x onerror=alert(1)>",
    "<a href='//evil.example'>x</a>",
    "</summary></details><h1>owned</h1>",
    "<!-- driftline:request -->",
    "-->",
    "# heading",
    "===",
    "- [x] done",
    "1. list",
    "> quote",
    "```\n</details>\n# out",
    "``````",
    "`",
    "``a`",
    "a | b | c",
    "\\| x |",
    "\\",
    "a\\",
    "*bold* _it_ ~~no~~",
    "line\n\n# second",
    "\r\n\r\n/close",
    "/approve",
    "driftline approve 0123456789abcdef",
    "&lt;script&gt; &#64;team",
    "\u202egnp.exe",
    "deadbeef",
    "$(id) ${x}",
    "$$x$$",
    "[^1]: note",
    "[x]: https://evil.example",
    "",
    " ",
    "\t",
)
texts = st.one_of(
    st.sampled_from(TEXTS),
    st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4).map(" ".join),
    st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4).map("".join),
    st.text(alphabet="`|@#<>[]()!*_~\\-=+:/.& \nab1", max_size=40),
    st.text(max_size=40),
)


def hostile(test: Callable[..., Any]) -> Callable[..., Any]:
    """Each of the texts, and others like them, as the only argument."""
    for text in TEXTS:
        test = example(text)(test)
    return given(texts)(test)
