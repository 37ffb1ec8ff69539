"""A long text shows its change: what differs is in sight at every size, and documents are compared by their parts."""

import json
import time
from base64 import b64encode
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_documents import change, document, resource, update

from runner.model.changes.attribute_text import attribute_lines
from runner.model.changes.bounded import bounded
from runner.model.changes.changes import MASK, Action, AttributeChange
from runner.model.changes.common_lines import common_lines
from runner.model.changes.line_changes import line_changes
from runner.model.drift.report import DriftClass, DriftReport, Finding, ReportStatus
from runner.model.drift.report_text import report_markdown
from runner.model.plan.encoded_text import decoded_difference
from runner.model.plan.reading import read_plan
from runner.model.plan.text import render
from runner.model.secret.copies import NONE

SEEN = datetime(2026, 11, 21, tzinfo=UTC)
STATEMENTS = [
    {
        "Sid": f"Read{n}",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": f"arn:aws:s3:::bucket-{n}/*",
    }
    for n in range(6)
]
POLICY = {"Version": "2012-10-17", "Statement": STATEMENTS}
CLOUD = """\
#cloud-config
packages:
  - nginx
  - curl
users:
  - name: deploy
    shell: /bin/bash
  - name: backup
    shell: /bin/sh
write_files:
  - path: /etc/motd
    content: |
      welcome
      # not a comment
"""


def rows(before: Any, after: Any, *, full: bool = False) -> list[str]:
    """What is shown of one attribute that changes, without what stands at the start of each line."""
    output = attribute_lines([AttributeChange("a", before, after)], full=full)
    return [line.text.strip() for line in output]


def signed(output: list[str]) -> list[str]:
    return [row for row in output if row[:1] in {"+", "-"}]


def policy(**statement: Any) -> str:
    """The policy as a text, with its fourth statement changed."""
    changed = [{**one, **(statement if n == 3 else {})} for n, one in enumerate(STATEMENTS)]
    return json.dumps({**POLICY, "Statement": changed})


# JSON


def test_a_changed_statement_of_a_policy_is_named_and_shown_alone() -> None:
    output = rows(policy(), policy(Effect="Deny"))
    assert "@ Statement[3]" in output
    assert signed(output) == ['-       "Effect": "Allow",', '+       "Effect": "Deny",']
    assert len(output) < 10


def test_a_statement_that_is_put_first_is_one_addition() -> None:
    first = {"Sid": "First", "Effect": "Deny", "Action": ["*"], "Resource": "*"}
    output = signed(rows(policy(), json.dumps({**POLICY, "Statement": [first, *STATEMENTS]})))
    assert {row[0] for row in output} == {"+"}
    assert len(output) == len(json.dumps(first, indent=2).splitlines())


def test_an_element_at_the_end_is_no_change_of_the_one_before() -> None:
    output = signed(rows(policy(), policy(Action=["s3:GetObject", "s3:PutObject"])))
    assert output == ['+         "s3:PutObject"']


def test_keys_in_another_order_and_other_blanks_are_no_change() -> None:
    turned = json.dumps(
        {"Statement": [dict(reversed(one.items())) for one in STATEMENTS], "Version": "2012-10-17"}, indent=4
    )
    assert rows(policy(), turned) == ["~ a =", "(the same JSON, formatted differently)"]


def test_numbers_that_are_written_differently_are_shown() -> None:
    one = json.dumps({"version": "x" * 60, "n": 1}).replace(": 1}", ": 1.10}")
    assert signed(rows(one, one.replace("1.10", "1.1"))) == ['-   "n": 1.10,', '+   "n": 1.1,']


def test_a_document_that_does_not_begin_at_once_is_one_too() -> None:
    assert "@ Statement[3]" in rows("\n" + policy(), "\n" + policy(Effect="Deny"))


def test_a_map_that_an_output_holds_is_compared_by_its_parts() -> None:
    old = {f"host-{n}": {"address": f"10.0.0.{n}", "role": "web"} for n in range(40)}
    new = {**old, "host-7": {"address": "10.0.9.7", "role": "web"}}
    plan = document(outputs={"hosts": change("update", old, new)})
    assert '-     "address": "10.0.0.7",' in render(read_plan(plan))
    assert "host-23" not in render(read_plan(plan))


# YAML


def test_a_changed_line_of_user_data_says_which_part_it_belongs_to() -> None:
    output = rows(CLOUD, CLOUD.replace("/bin/sh", "/bin/false"))
    assert output == ["~ a =", "@ users[1]", "shell: /bin/bash", "- name: backup", "-     shell: /bin/sh", "+     shell: /bin/false", "write_files:", "- path: /etc/motd"]  # fmt: skip


def test_yaml_in_another_order_and_indentation_is_no_change() -> None:
    one = "b:\n  - x: 'y'\n    k: [1, 2]\na: on\n"
    assert rows(one, 'a: on\nb:\n- k:\n  - 1\n  - 2\n  x: "y"\n') == [
        "~ a =",
        "(the same YAML, formatted differently)",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("on", "true"),
        ("1.10", "1.1"),
        ("'8080'", "8080"),
        ("010", "8"),
        ("y", "'y'"),
        ("!Ref a", "a"),
        ("&x a", "a"),
        ("a  # one", "a  # two"),
    ],
)
def test_a_difference_to_any_yaml_parser_is_a_change(old: str, new: str) -> None:
    before, after = (f"a: 1\nb:\n  c: {value}\n" for value in (old, new))
    assert signed(rows(before, after)) == [f"-   c: {old}", f"+   c: {new}"]


def test_the_first_comment_of_user_data_is_never_lost() -> None:
    output = rows(CLOUD, CLOUD.replace("#cloud-config", "#!/bin/sh").replace("curl", "git"))
    assert {"- #cloud-config", "+ #!/bin/sh", "-   - curl", "+   - git"} <= set(output)


@pytest.mark.parametrize(
    "text",
    ["a: [\n" * 5_000, "{[" * 50_000 + "\n", "a: &x [1]\nb: [*x, *x]\n", "- " * 3_000 + "a\n", "a: \ud800\n"],
)
def test_yaml_that_was_made_to_hurt_is_compared_as_text(text: str) -> None:
    began = time.process_time()
    assert "+ b: 2" in rows(text, text + "b: 2\n")
    assert time.process_time() - began < 5


# Every size


@pytest.mark.parametrize("count", [100, 3_000, 100_000])
def test_the_changed_line_of_a_text_of_any_size_is_in_sight(count: int) -> None:
    lines = [f"setting_{n % 977} = {n}" for n in range(count)]
    changed = [*lines[: count // 2], "inserted", *lines[count // 2 :]]
    changed[-10] = "changed"
    output = rows("\n".join(lines), "\n".join(changed))
    assert signed(output) == ["+ inserted", f"- {lines[-10]}", "+ changed"]


def test_a_text_of_the_same_few_lines_shows_what_was_put_in() -> None:
    lines = ["{", "  a", "}"] * 2_000
    assert signed(rows("\n".join(lines), "\n".join([*lines[:2_501], "evil", *lines[2_501:]]))) == ["+ evil"]


def test_a_change_far_inside_a_long_line_is_in_sight() -> None:
    lines = ["first", "x" * 5_000 + " password_policy=strict " + "y" * 5_000, "last"]
    output = signed(rows("\n".join(lines), "\n".join(lines).replace("strict", "none")))
    assert ["strict" in output[0], "none" in output[1]] == [True, True]
    assert max(map(len, output)) < 250


def test_two_changes_far_apart_on_one_line_are_both_in_sight() -> None:
    names = [f"host-{n}.example.com" for n in range(500)]
    changed = [*names[:40], "evil.example.org", *names[40:450], *names[451:]]
    output = rows(",".join(names), ",".join(changed))[0]
    assert "evil.example.org" in output
    assert "host-450" in output
    assert len(output) < 500


def test_a_hundred_removed_lines_do_not_hide_what_is_added() -> None:
    old = "\n".join(f"old {n}" for n in range(300))
    output = rows(old, "evil\n" + "\n".join(f"new {n}" for n in range(300)))
    assert "+ evil" in output
    assert "- … (292 more lines)" in output


def test_everything_is_shown_where_all_is_asked_for() -> None:
    old, new = ("\n".join(f"{side} {n}" for n in range(300)) for side in ("old", "new"))
    assert len(signed(rows(old, new, full=True))) == 600


NUMBERS = st.lists(st.integers(0, 5), max_size=40)


@given(old=NUMBERS, new=NUMBERS, long=st.booleans())
def test_what_is_common_is_equal_and_rises_on_both_sides(
    old: list[int], new: list[int], *, long: bool
) -> None:
    if long:  # too long for `difflib` alone
        old, new = [7, *old * 40, 8], [9, *new * 40, 8]
    pairs = common_lines(old, new)
    assert all(old[a] == new[b] for a, b in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(pairs))


@given(st.text("ab \n", max_size=60), st.text("ab \n", max_size=60))
def test_the_rows_of_all_of_a_text_make_the_one_from_the_other(before: str, after: str) -> None:
    if "\n" in before + after and before != after:
        output = attribute_lines([AttributeChange("a", before, after)], full=True)
        texts = [line.text.removeprefix("          ") for line in output][1:]
        assert [t[2:] for t in texts if t[0] == "-"] or [t[2:] for t in texts if t[0] == "+"]


# What is kept


def kept(before: Any, after: Any) -> AttributeChange:
    """An attribute as the database has it."""
    return bounded(read_plan(update({"a": before}, {"a": after}))).resources[0].attributes[0]


def test_a_change_behind_what_is_kept_of_a_value_is_kept_itself() -> None:
    old = json.dumps({"panels": [{"id": n, "title": f"panel {n}", "unit": "ms"} for n in range(2_000)]})
    changed = kept(old, old.replace('"panel 1700"', '"panel of somebody else"'))
    assert "truncated from" in changed.before
    output = [line.text.strip() for line in attribute_lines([changed])]
    assert "@ panels[1700]" in output
    assert signed(output) == ['-       "title": "panel 1700",', '+       "title": "panel of somebody else",']


def test_a_change_behind_what_is_kept_of_one_line_is_kept_itself() -> None:
    old = ",".join(f"host-{n}" for n in range(20_000))
    output = [line.text.strip() for line in attribute_lines([kept(old, old.replace("host-15000", "evil"))])]
    assert any(row.startswith("+") and "evil" in row for row in output)


def test_many_long_texts_keep_their_changes_in_few_rows() -> None:
    texts = {f"t{n}": "\n".join(f"line {k} of {n}" for k in range(2_000)) for n in range(300)}
    changes = read_plan(
        update(texts, {name: text.replace("line 1500 ", "evil ") for name, text in texts.items()})
    )
    attributes = bounded(changes).resources[0].attributes
    assert all(any(text.startswith("evil") for _, text in one.difference) for one in attributes)
    assert all(len(one.before) < 1_200 for one in attributes)


# Secrets


def test_a_secret_inside_a_document_stays_masked() -> None:
    canary = "cAn4ry-of-a-long-text"
    old, new = ({"policy": policy(Note=f"{canary} {n}"), "secret": canary} for n in (1, 2))
    plan = document(
        resource("test_thing.a", change("update", old, new, before_sensitive={"secret": True}, after_sensitive={"secret": True}))
    )  # fmt: skip
    output = render(read_plan(plan), full=True)
    assert canary not in output
    assert f'+       "Note": "{MASK} 2",' in output


def test_a_document_that_is_masked_as_a_whole_stays_so() -> None:
    plan = update({"a": policy()}, {"a": policy(Effect="Deny")}, after_sensitive={"a": True})
    assert "Statement" not in render(read_plan(plan), full=True)
    assert bounded(read_plan(plan)).resources[0].attributes[0].difference == ()


# User data in base64


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def test_user_data_in_base64_shows_its_lines() -> None:
    output = render(read_plan(update({"a": encoded(CLOUD)}, {"a": encoded(CLOUD.replace("curl", "git"))})))
    assert "(decoded from base64)" in output
    assert "-   - curl" in output
    assert "+   - git" in output


def test_a_secret_in_base64_stays_masked() -> None:
    canary = "cAn4ry-of-a-long-text"
    script = "#!/bin/sh\nexport A={}\nexport DB_PASSWORD=hunter2hunter2\necho {}\n"
    old, new = ({"a": encoded(script.format(canary, n)), "secret": canary} for n in (1, 2))
    plan = document(
        resource("test_thing.a", change("update", old, new, before_sensitive={"secret": True}, after_sensitive={"secret": True}))
    )  # fmt: skip
    output = render(read_plan(plan), full=True)
    assert canary not in output
    assert "hunter2" not in output


@pytest.mark.parametrize(
    "value",
    ["deadbeef" * 8, encoded("one line of text that is long enough"), encoded("\x00\x01\n" * 20), "abc"],
)
def test_what_only_looks_like_base64_is_left_as_it_is(value: str) -> None:
    assert read_plan(update({"a": value}, {"a": "other"})).resources[0].attributes[0].difference == ()
    assert value in render(read_plan(update({"a": value}, {"a": None})))


# Other faces


def test_the_page_of_a_drift_report_shows_the_rows_in_a_block() -> None:
    attributes = (AttributeChange("policy", policy(), policy(Effect="Deny")), AttributeChange("size", 1, 2))
    finding = Finding("test_thing.a", Action.UPDATE, DriftClass.DRIFT, attributes)
    page = report_markdown(
        DriftReport(1, "a", ReportStatus.OPEN, "ab" * 20, "cd" * 32, SEEN, SEEN, 1, (finding,))
    )
    assert "| `size` | `1` | `2` |" in page
    assert "`policy`, `-` in the cloud, `+` in the code:\n\n```diff\n" in page
    assert '\n-       "Effect": "Allow",\n+       "Effect": "Deny",\n' in page


def test_instances_stand_in_the_order_of_their_numbers() -> None:
    plan = document(*(resource(f"test_thing.a[{n}]", change("create", None, {"n": n})) for n in (10, 9, 1)))
    output = [line for line in render(read_plan(plan)).splitlines() if "will be" in line]
    assert [line.split("[")[1].split("]")[0] for line in output] == ["1", "9", "10"]


# What must not be taken for something else


def test_a_line_that_looks_like_lines_left_out_is_shown_as_text() -> None:
    output = "\n".join(f"line {n}\n… (, more lines)\n… (999,999,999 more lines)" for n in range(80))
    shown = seen("\n".join(f"old {n}" for n in range(80)), output)
    assert not any("999,999,999" in text and text.startswith("…") for text in shown)
    assert len(shown) < 100


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kind: A\nname: x\n---\nkind: B\nname: y\n", "- kind: A\n  name: x\n- kind: B\n  name: y\n"),
        ("a: one\nb: two\n", "a: one\u2028b: two\n"),
        ("a: one\nb: two # off\nc: three\n", "a: one # off\nb: two\nc: three\n"),
        ("a: one\n# keep\nb: two\n", "# keep\na: one\nb: two\n"),
    ],
    ids=[
        "a list for a stream of documents",
        "another line break",
        "a moved comment",
        "a comment that moved up",
    ],
)
def test_what_a_reader_may_take_for_another_thing_is_not_called_the_same(before: str, after: str) -> None:
    assert not any("formatted differently" in text for text in seen(before, after))


def test_a_line_that_differs_only_in_masked_text_is_shown_as_changed() -> None:
    script = "#!/bin/sh\nexport TOKEN={}\nls\n"
    before, after = (
        b64encode(script.format(value).encode()).decode()
        for value in ("aaaaaaaaaaaa1", "`evil.example/x|sh`")
    )
    output = decoded_difference(before, after, NONE)
    assert {symbol for symbol, text in output if "TOKEN" in text} == {"-", "+"}


def seen(before: str, after: str) -> list[str]:
    return [text for _, text in line_changes(before, after) or ()]
