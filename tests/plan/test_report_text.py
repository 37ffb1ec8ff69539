"""A drift report as a file: a stable JSON shape, and Markdown that no value can break out of."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from untrusted import CORPUS, deceives

from runner.model.changes.changes import (
    MASK,
    UNKNOWN,
    Action,
    ApplyOnly,
    AttributeChange,
    Evaluated,
    Invocation,
    Place,
    Provisioner,
    Reading,
    Setting,
)
from runner.model.drift.report import Acknowledgement, DriftClass, DriftReport, Finding, ReportStatus
from runner.model.drift.report_text import report_markdown
from runner.model.values.text import safe_text
from runner.view.document import document
from runner.view.report import report_json, report_page

SEEN = datetime(2026, 11, 21, 1, 2, 3, 456, tzinfo=UTC)
FINDINGS = (
    Finding(
        "test_thing.a",
        Action.UPDATE,
        DriftClass.DRIFT,
        (
            AttributeChange("tags.env", "prod", "dev"),
            AttributeChange("password", MASK, MASK, sensitive=True),
            AttributeChange("etag", "x|y", UNKNOWN, unknown=True, forces_replacement=True),
        ),
    ),
    Finding("test_thing.b", Action.CREATE, DriftClass.MISSING),
    Finding(
        "test_thing.c", Action.UPDATE, DriftClass.IGNORED, (AttributeChange("size", 1, 2),), "autoscaler"
    ),
    Finding("test_thing.d", Action.UPDATE, DriftClass.ABSORBED, (AttributeChange("note", None, "hand"),)),
)
REPORT = DriftReport(
    id=7,
    stack="prod/vpc",
    status=ReportStatus.OPEN,
    revision="ab" * 20,
    fingerprint="cd" * 32,
    first_seen=SEEN,
    last_seen=SEEN.astimezone(timezone(timedelta(hours=2))) + timedelta(hours=1),
    seen=3,
    findings=FINDINGS,
)
ACKNOWLEDGED = replace(
    REPORT,
    status=ReportStatus.ACKNOWLEDGED,
    acknowledgement=Acknowledgement("ana", "known", SEEN, SEEN + timedelta(days=14)),
)


def test_the_document_has_the_shape_of_drift_list() -> None:
    plain = document(report_page(REPORT))
    assert {key: plain[key] for key in ("id", "stack", "status", "seen", "confirmed")} == {
        "id": "dr-7",
        "stack": "prod/vpc",
        "status": "open",
        "seen": 3,
        "confirmed": True,
    }
    assert (plain["first_seen"], plain["last_seen"]) == ("2026-11-21T01:02:03Z", "2026-11-21T02:02:03Z")
    assert (plain["acknowledgement"], plain["resolved_at"]) == (None, None)
    assert [(r["address"], r["action"], r["class"], r["counts"]) for r in plain["resources"]] == [
        ("test_thing.a", "update", "drift", True),
        ("test_thing.b", "create", "missing", True),
        ("test_thing.c", "update", "ignored", False),
        ("test_thing.d", "update", "absorbed", False),
    ]
    assert plain["resources"][0]["attributes"][0] == {
        "path": "tags.env",
        "before": "prod",
        "after": "dev",
        "sensitive": False,
        "unknown": False,
        "forces_replacement": False,
        "mark_only": False,
        "difference": [],
    }


def test_an_acknowledgement_says_who_why_and_until_when() -> None:
    assert document(report_page(ACKNOWLEDGED))["acknowledgement"] == {
        "by": "ana",
        "reason": "known",
        "at": "2026-11-21T01:02:03Z",
        "until": "2026-12-05T01:02:03Z",
    }


def test_the_file_is_one_json_document() -> None:
    text = report_json(ACKNOWLEDGED)
    assert json.loads(text) == document(report_page(ACKNOWLEDGED))
    assert text.endswith("}\n")


EXPECTED = """\
# dr-7: drift in `prod/vpc`

- status: acknowledged
- applied revision: `abababababababababababababababababababab`
- seen 3 time(s), first 2026-11-21T01:02:03Z, last 2026-11-21T02:02:03Z
- fingerprint: `cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd`
- acknowledged by `ana` until 2026-12-05T01:02:03Z: `known`

## What drifted (2)

### `test_thing.a`

`~` update, terraform would change it back

| attribute | in the cloud | in the code |
| --- | --- | --- |
| `tags.env` | `"prod"` | `"dev"` |
| `password` | `(sensitive value)` | `(sensitive value)` |
| `etag` | `"x\\|y"` | `(known after apply)` |

### `test_thing.b`

`+` create, missing in the cloud; terraform would create it again

## Ignored (2)

### `test_thing.c`

`~` update, ignored by a rule: `autoscaler`

| attribute | in the cloud | in the code |
| --- | --- | --- |
| `size` | `1` | `2` |

### `test_thing.d`

`~` update, changed outside, but terraform would leave it as it is

| attribute | as recorded | in the cloud |
| --- | --- | --- |
| `note` | `null` | `"hand"` |
"""


def test_the_page_says_what_drifted_and_what_does_not_count() -> None:
    assert report_markdown(ACKNOWLEDGED) == EXPECTED


def test_a_report_that_is_not_confirmed_or_is_resolved_says_so() -> None:
    page = report_markdown(replace(REPORT, confirmed=False, resolved_at=SEEN, status=ReportStatus.RESOLVED))
    assert "- status: resolved, not confirmed yet" in page
    assert "- resolved: 2026-11-21T01:02:03Z" in page


def besides(text: str, *, secret: bool = False) -> ApplyOnly:
    """Everything that only an apply does, with this text wherever there is one."""
    return ApplyOnly(
        provisioners=(text,),
        actions=(Invocation(text, text, text, text, (AttributeChange(text, None, text),), deferred=text),),
        places=(Place(text, (Setting(text, text, text), Setting(text, code=text))),),
        commands=(Provisioner(text, text, ((text, text),)),),
        evaluated=(Evaluated("provisioner", text, text, reads=(text,)),),
        readings=(Reading(text, text, sensitive=secret),),
    )


WHERE = ApplyOnly(
    provisioners=("test_thing.b",),
    actions=(
        Invocation(
            "action.say.hi",
            "say",
            "acme/say",
            "after test_thing.b is created",
            (AttributeChange("text", None, "hello"),),
        ),
    ),
    places=(Place("aws.west", (Setting("region", "eu-west-1", "var.region"),)),),
    commands=(Provisioner("test_thing.b", "local-exec", (("command", '"echo ${var.word}"'),)),),
    evaluated=(Evaluated("provisioner", "test_thing.b", "command", "local-exec", reads=("var.word",)),),
    readings=(Reading("var.word", "one"),),
)
SHOWN = """
## Healing also does this

```
Where (1):
    aws.west: eu-west-1 (var.region)
Runs provisioners (1):
  ! test_thing.b
      local-exec
        command = "echo ${var.word}"
        var.word: "one"
Invokes (1):
  ! action.say.hi after test_thing.b is created
      + text = "hello"
```
"""


def test_the_page_says_where_and_what_healing_would_run() -> None:
    assert report_markdown(replace(ACKNOWLEDGED, apply_only=WHERE)) == EXPECTED + SHOWN


def test_the_document_says_where_and_what_healing_would_run() -> None:
    shown = document(report_page(replace(REPORT, apply_only=WHERE)))["apply"]
    assert shown["provisioners"] == ["test_thing.b"]
    assert shown["where"][0]["settings"][0]["value"] == "eu-west-1"
    assert [one["trigger"] for one in shown["actions"]] == ["after test_thing.b is created"]
    assert shown["evaluated"][0]["reads"][0]["value"] == "one"


# What a reader's viewer makes of it


def hostile(text: str) -> DriftReport:
    """A report where every text that comes from outside is this one."""
    attributes = (
        AttributeChange(text, text, {text: [text]}),
        AttributeChange(text, None, text, sensitive=True),
    )
    findings = tuple(Finding(text, Action.UPDATE, kind, attributes, text) for kind in DriftClass)
    known = Acknowledgement(text, text, SEEN, SEEN)
    return replace(
        REPORT,
        stack=text,
        revision=text,
        fingerprint=text,
        findings=findings,
        acknowledgement=known,
        apply_only=besides(text),
    )


def kinds(page: str) -> list[str]:
    """The kinds of everything that a viewer finds in a page, links written out included."""
    found: list[str] = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(page):
        found.append(token.type)
        found += [child.type for child in token.children or ()]
    return found


PLAIN = kinds(report_markdown(hostile("plain")))


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_in_the_corpus_becomes_markup(name: str) -> None:
    page = report_markdown(hostile(CORPUS[name]))
    assert not deceives(page, newlines=True)
    assert kinds(page) == PLAIN


nasty = st.text(st.sampled_from("`|\\<>[]()!*_~#-=&;:/@\n a1\"'$^+.{}"), min_size=1, max_size=12)


@given(nasty)
def test_no_text_becomes_markup(text: str) -> None:
    assert kinds(report_markdown(hostile(text))) == PLAIN


@given(nasty.filter(str.strip))
def test_a_viewer_shows_the_text_itself(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(report_markdown(hostile(text)))
    codes = [
        child.content for token in tokens for child in token.children or () if child.type == "code_inline"
    ]
    assert codes[0] == safe_text(text)
    assert codes.count(safe_text(text)) >= 2 * len(DriftClass)
