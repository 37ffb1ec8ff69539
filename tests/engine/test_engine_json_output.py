"""Reading terraform's `-json` lines."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.json_output import STALE, STATE_LOCKED, JsonOutput
from runner.engine.redaction import Redaction, readable
from runner.model.changes.changes import MASK, Diagnostic
from runner.model.changes.snippet import Snippet
from runner.model.stack.lock import StateLock


def lines_of(output: JsonOutput, **message: Any) -> list[str]:
    return list(output.feed(json.dumps({"@message": "", **message})))


def output(*secrets: str) -> JsonOutput:
    return JsonOutput(Redaction(secrets), "terraform")


def hook(kind: str, address: str, action: str) -> dict[str, Any]:
    return {"type": kind, "hook": {"resource": {"addr": address}, "action": action}}


def test_the_version_is_taken_from_the_stream() -> None:
    read = output()
    assert lines_of(read, **{"type": "version", "terraform": "1.11.4", "@message": "Terraform 1.11.4"}) == [
        "Terraform 1.11.4"
    ]
    assert read.version == "1.11.4"


def test_a_diagnostic_keeps_its_place_and_is_shown_as_terraform_shows_it() -> None:
    read = output()
    lines = lines_of(
        read,
        type="diagnostic",
        diagnostic={
            "severity": "error",
            "summary": "Invalid reference",
            "detail": "A managed resource has not been declared.\n\nDeclare it.",
            "address": "aws_x.y",
            "range": {"filename": "main.tf", "start": {"line": 3, "column": 5, "byte": 1}},
            "snippet": {
                "context": 'resource "aws_x" "y"',
                "code": "\tinput = nope.x[var.x]\n",
                "start_line": 3,
                "highlight_start_offset": 9,
                "highlight_end_offset": 15,
                "values": [{"traversal": "var.x", "statement": 'is "small"'}],
            },
        },
    )
    assert read.diagnostics == [
        Diagnostic(
            "error",
            "Invalid reference",
            "A managed resource has not been declared.\n\nDeclare it.",
            "main.tf",
            3,
            "aws_x.y",
            Snippet(" input = nope.x[var.x]", 3, 9, 15, 'resource "aws_x" "y"', ('var.x is "small"',)),
        )
    ]
    assert lines == [
        "Error: Invalid reference",
        "  with aws_x.y,",
        '  on main.tf line 3, in resource "aws_x" "y":',
        "     3:  input = nope.x[var.x]",
        "                 ^^^^^^",
        '        var.x is "small"',
        "  A managed resource has not been declared.",
        "",
        "  Declare it.",
    ]


def test_drifted_addresses_are_collected_once_each() -> None:
    read = output()
    for address in ("a.b", "c.d", "a.b"):
        lines_of(read, type="resource_drift", change={"resource": {"addr": address}, "action": "update"})
    assert tuple(read.drifted) == ("a.b", "c.d")


def test_what_began_and_did_not_end_is_unfinished() -> None:
    read = output()
    lines_of(read, **hook("apply_start", "a.done", "create"))
    lines_of(read, **hook("apply_complete", "a.done", "create"))
    lines_of(read, **hook("apply_start", "a.failed", "update"))
    lines_of(read, **hook("apply_errored", "a.failed", "update"))
    lines_of(read, **hook("apply_start", "a.replaced", "delete"))
    lines_of(read, **hook("apply_complete", "a.replaced", "delete"))
    lines_of(read, **hook("apply_start", "a.replaced", "create"))
    assert read.unfinished == ("a.replaced",)
    assert read.begun


def test_the_end_of_a_resource_is_unknown_when_its_provider_died() -> None:
    read = output()
    lines_of(read, **hook("apply_start", "a.lost", "create"))
    lines_of(read, **hook("apply_errored", "a.lost", "create"))
    assert not read.unfinished
    lines_of(read, type="diagnostic", diagnostic={"severity": "error", "summary": "Plugin did not respond"})
    assert read.unfinished == ("a.lost",)


IN_USE = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "in use"}}


def replaced(address: str) -> JsonOutput:
    read = output()
    lines_of(read, **hook("apply_start", address, "create"))
    lines_of(read, **hook("apply_complete", address, "create"))
    lines_of(read, **hook("apply_start", address, "delete"))
    return read


def test_an_undestroyed_replaced_object_is_distinguished() -> None:
    read = replaced("a.new")
    assert read.undestroyed() == ()
    lines_of(read, **IN_USE)
    assert read.undestroyed() == ("a.new",)


@pytest.mark.parametrize("summary", ["Plugin did not respond", "operation canceled"])
def test_of_a_replaced_object_whose_provider_died_nobody_knows(summary: str) -> None:
    read = replaced("a.new")
    lines_of(read, **IN_USE)
    lines_of(read, type="diagnostic", diagnostic={"severity": "error", "summary": summary})
    assert read.undestroyed() == ()


def test_destroying_the_only_object_is_not_taken_for_a_replaced_one() -> None:
    read = output()
    lines_of(read, **hook("apply_start", "a.only", "delete"))
    lines_of(read, **IN_USE)
    assert read.undestroyed() == ()
    assert read.undestroyed(["a.only"]) == ("a.only",)
    lines_of(read, **hook("apply_start", "a.only", "delete"))
    assert read.undestroyed(["a.only"]) == ()


def test_outputs_of_an_apply_are_masked_by_their_mark() -> None:
    read = output("known-secret")
    lines_of(
        read,
        type="outputs",
        outputs={
            "plain": {"sensitive": False, "type": "string", "value": "x"},
            "secret": {"sensitive": True, "type": "string"},
            "odd": {"type": "string", "value": "no mark"},
            "leaking": {"sensitive": False, "type": ["list", "string"], "value": ["pre known-secret post"]},
        },
    )
    assert read.outputs == {"plain": "x", "secret": MASK, "odd": MASK, "leaking": [f"pre {MASK} post"]}


def test_the_outputs_of_a_plan_are_no_values() -> None:
    read = output()
    lines_of(read, type="outputs", outputs={"plain": {"sensitive": False, "action": "create"}})
    assert read.outputs == {}


def test_refusals_are_known_by_their_exact_summary() -> None:
    read = output()
    lines_of(read, type="diagnostic", diagnostic={"severity": "error", "summary": "Saved plan is stale"})
    assert read.says(STALE)
    assert not read.says(STATE_LOCKED)
    quoted = output()
    lines_of(
        quoted, type="diagnostic", diagnostic={"severity": "error", "summary": "he said: Saved plan is stale"}
    )
    lines_of(quoted, type="diagnostic", diagnostic={"severity": "warning", "summary": "Saved plan is stale"})
    assert not quoted.says(STALE)


def test_who_holds_a_state_lock_is_found() -> None:
    read = output()
    detail = (
        "Error message: x\nLock Info:\n  ID:        9db590f1-b6fe\n  Path:      b/k\n  Who:       me@there\n"
    )
    lines_of(
        read,
        type="diagnostic",
        diagnostic={"severity": "error", "summary": "Error acquiring the state lock", "detail": detail},
    )
    assert read.says(STATE_LOCKED)
    assert read.lock == StateLock("9db590f1-b6fe", who="me@there", path="b/k")


def test_the_warning_of_our_own_state_flag_is_not_shown() -> None:
    read = output()
    warning = {"severity": "warning", "summary": "Deprecated flag: -state", "detail": "Use `path`"}
    assert lines_of(read, type="diagnostic", diagnostic=warning) == []
    assert read.diagnostics == []


def test_lines_that_are_no_json_are_counted_and_not_shown() -> None:
    # An apply that can save its state nowhere prints it, secrets and all.
    read = output()
    assert list(read.feed('{ "version": 4, "password": "hush" ')) == []
    assert list(read.feed("  ")) == []
    assert list(read.feed("[1]")) == []
    assert read.other_lines == 2


def test_what_init_says_in_plain_text_is_shown() -> None:
    read = JsonOutput(Redaction(), "terraform", shows_text=True)
    assert list(read.feed('\x1b[0m\x1b[32mSuccessfully configured the backend "s3"!')) == [
        'Successfully configured the backend "s3"!'
    ]


def test_a_known_secret_is_masked_in_every_line_and_diagnostic() -> None:
    read = output("s3cr3t-token")
    assert lines_of(read, type="log", **{"@message": "using s3cr3t-token now"}) == [f"using {MASK} now"]
    lines_of(
        read,
        type="diagnostic",
        diagnostic={"severity": "error", "summary": "denied", "detail": "for s3cr3t-token"},
    )
    assert read.diagnostics[0].detail == f"for {MASK}"


def test_values_of_the_environment_are_secret_by_their_names() -> None:
    redaction = Redaction.over(
        {
            "AWS_SECRET_ACCESS_KEY": "abcdefgh",
            "AWS_ACCESS_KEY_ID": "AKIA1234",
            "HOME": "/var/lib/x",
            "DB_PASSWORD": "letmein",
        }
    )
    assert redaction.text("abcdefgh AKIA1234 /var/lib/x letmein") == f"{MASK} AKIA1234 /var/lib/x {MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "safe\x1b[2K\x1b[1Agone",
        "a\rb",
        "\u202eevil",
        "bell\x07",
        "\x9b31m",
        "zero\u200bwidth",
        "\u2066x\u2069",
    ],
)
def test_nothing_that_a_terminal_obeys_gets_through(text: str) -> None:
    read = output()
    for line in lines_of(read, type="log", **{"@message": text}):
        assert line.isprintable()
    assert all(line.isprintable() for line in readable(text).split("\n"))


@given(st.text())
def test_no_line_raises(line: str) -> None:
    list(output().feed(line))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "hook",
                    "change",
                    "resource",
                    "addr",
                    "diagnostic",
                    "range",
                    "start",
                    "line",
                    "outputs",
                    "snippet",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
)
KINDS = st.sampled_from(
    ["diagnostic", "version", "resource_drift", "apply_start", "apply_errored", "outputs", "log"]
)


@given(st.dictionaries(st.sampled_from(["hook", "change", "diagnostic", "outputs", "@message"]), JSON), KINDS)
def test_no_message_of_another_shape_raises(message: dict[str, Any], kind: str) -> None:
    read = output()
    list(read.feed(json.dumps({**message, "type": kind})))
    assert isinstance(read.unfinished, tuple)
