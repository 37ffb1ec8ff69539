"""Every form in which a program may repeat a secret is found, in time that grows with the text."""

import json
import time
from base64 import b64encode, urlsafe_b64encode
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.model.changes.changes import MASK
from runner.model.secret.copies import Secrets

SECRET = "cAn4ry/7f3e+n€edle=Zq"
LINES = "first line of it 1\nsecond-line-77\nthird-line-88"

FORMS = {
    "JSON in JSON": json.dumps(json.dumps({"k": SECRET})),
    "Go's JSON": json.dumps(SECRET).replace("+", "\\u002b").replace("=", "\\u003d"),
    "base64 behind other text": b64encode(f"user:{SECRET}".encode()).decode(),
    "base64 of a URL's alphabet": urlsafe_b64encode(f"u:{SECRET}:x".encode()).decode(),
    "base64 in base64": b64encode(b64encode(f"ab{SECRET}".encode())).decode(),
    "a URL": quote(SECRET, safe=""),
    "a URL in small letters": quote_plus(SECRET).lower(),
    "a URL in a URL": quote(quote(SECRET, safe=""), safe=""),
    "HTML": escape(SECRET).replace("=", "&#61;").replace("+", "&#x2b;"),
    "hex": SECRET.encode().hex().upper(),
    "bytes": " ".join(map(str, SECRET.encode())),
    "cut into lines": "\n  | ".join(SECRET[i : i + 6] for i in range(0, len(SECRET), 6)),
    "capitals": SECRET.upper(),
    "colours": "\x1b[1m".join((SECRET[:9], SECRET[9:])),
    "the first half": f"token {SECRET[:12]}... is bad",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form(form: str) -> None:
    text = Secrets.of([SECRET]).scrub(f"before {FORMS[form]} after", halves=True)
    assert MASK in text
    assert not any(
        part in text.lower() for part in ("y/7f3e", "7f3e+n", "le=zq", SECRET.encode().hex()[8:24])
    )
    assert text.startswith("before ")
    assert text.endswith(" after")


@pytest.mark.parametrize("line", LINES.splitlines())
def test_each_line_of_a_secret_is_one(line: str) -> None:
    assert Secrets.of([LINES]).scrub(f"> {line} <") == f"> {MASK} <"


def test_a_key_of_a_map_is_found() -> None:
    assert Secrets.of([SECRET]).scrub({SECRET: 1}) == {MASK: 1}


@given(st.text(min_size=6, max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_no_secret_of_six_characters_is_left_as_it_is(secret: str, before: str, after: str) -> None:
    secret = secret.strip().encode(errors="replace").decode()
    if len(secret) >= 6 and secret not in MASK:
        assert secret not in Secrets.of([secret]).scrub(before + secret + after).replace(MASK, "")


def test_twice_the_text_takes_about_twice_the_time() -> None:
    known = Secrets.of([f"secret-number-{i:06}-of-many" for i in range(500)])
    spent = []
    for size in (20_000, 160_000):
        text = "".join(f"secret-number-{i:06}-of-others, " for i in range(600, 600 + size // 32))
        began = time.process_time()
        known.scrub(text, halves=True)
        spent.append(time.process_time() - began)
    assert spent[1] < 40 * spent[0] + 1
