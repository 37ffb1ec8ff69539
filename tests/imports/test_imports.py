"""Import blocks, and generated configuration made into one that its provider accepts."""

from datetime import UTC, datetime

import pytest

from runner.model.changes.changes import Diagnostic
from runner.model.imports.block import Import, imports_of
from runner.model.imports.generated import addresses_in, refused, repaired, without
from runner.model.imports.proof import besides, not_imported
from runner.model.inventory.listing import KeptResource

GENERATED = """\
# __generated__ by Terraform
# Please review these resources and move them into your main configuration files.

# __generated__ by Terraform from "https://sqs/jobs"
resource "aws_sqs_queue" "jobs" {
  fifo_queue  = false
  name        = "jobs"
  name_prefix = null
  policy = jsonencode({
    Statement = [{
      Sid = null
    }]
  })
  tags = {
    team = "data"
  }
  tags_all = {
    team = "data"
  }
  timeouts {
    create = null
  }
}
"""


def resource(name: str, kind: str = "aws_sqs_queue", import_id: str = "id") -> KeptResource:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return KeptResource("1", "r", kind, import_id, f"arn:{name}", name, at, at)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("jobs", "jobs"),
        ("/app/web", "web"),
        ("jobs.fifo", "jobs_fifo"),
        ("sg-0a1b", "sg-0a1b"),
        ("2fast", "r_2fast"),
        ("...", "r"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_resource_is_called_in_code_what_it_is_called_in_the_cloud(name: str, word: str) -> None:
    (made,) = imports_of([resource(name)], ())
    assert made.name == word


def test_no_two_resources_get_one_address() -> None:
    made = imports_of([resource("a/jobs"), resource("b/jobs")], {"aws_sqs_queue.jobs"})
    assert [one.address for one in made] == ["aws_sqs_queue.jobs_2", "aws_sqs_queue.jobs_3"]


def test_an_id_is_never_a_template() -> None:
    assert 'id = "$${a}%%{b}\\"c"' in str(Import("t", "n", '${a}%{b}"c'))


def test_attributes_without_a_value_and_those_of_the_provider_are_taken_out() -> None:
    text, dropped = repaired(GENERATED)
    assert "name_prefix" not in text
    assert "tags_all" not in text
    assert text.count('team = "data"') == 1
    assert "__generated__" not in text
    assert addresses_in(text) == ("aws_sqs_queue.jobs",)
    assert [one.attribute for one in dropped] == ["tags_all"]


def test_everything_else_stays_as_terraform_wrote_it() -> None:
    text, _ = repaired(GENERATED)
    assert text.startswith('resource "aws_sqs_queue" "jobs" {\n  fifo_queue = false\n  name       = "jobs"\n')
    assert "policy = jsonencode({\n    Statement = [{" in text
    assert text.endswith("  timeouts {\n  }\n}\n")


def test_a_secret_that_terraform_does_not_write_is_left_to_a_person() -> None:
    text, dropped = repaired('resource "aws_x" "y" {\n  value = null # sensitive\n}\n')
    assert "value" not in text
    assert "set it by hand" in str(dropped[0])


def test_a_line_in_a_heredoc_is_no_attribute() -> None:
    kept = 'resource "aws_x" "y" {\n  script = <<-EOT\n    tags_all = null\n  EOT\n}\n'
    assert repaired(kept) == (kept, ())


def test_an_attribute_that_a_provider_refused_goes_if_it_says_nothing() -> None:
    text = 'resource "aws_x" "y" {\n  a = 0\n  b = 3\n}\n'
    repaired_text, dropped = without(text, "aws_x.y", {"a", "b"})
    assert repaired_text == 'resource "aws_x" "y" {\n  b = 3\n}\n'
    assert [one.attribute for one in dropped] == ["a"]


def test_what_an_error_names_and_has_no_value_is_what_it_refuses() -> None:
    text = 'resource "aws_x" "y" {\n  lni_index = 0\n  zone      = "a"\n  zone_id   = ""\n}\n'
    errors = [
        Diagnostic("error", "lni_index must not be zero, got 0", address="aws_x.y"),
        Diagnostic("error", "Conflicting arguments", '"zone_id": conflicts with zone', address="aws_x.y"),
        Diagnostic("warning", "lni_index is deprecated", address="aws_x.z"),
    ]
    assert set(refused(errors)) == {"aws_x.y"}
    left, _ = without(text, "aws_x.y", refused(errors)["aws_x.y"])
    assert left == 'resource "aws_x" "y" {\n  zone = "a"\n}\n'


def entry(address: str, actions: list[str], *, importing: bool = True) -> dict[str, object]:
    change = {"actions": actions, "before": {"a": 1}, "after": {"a": 2}, "after_unknown": {}}
    return {"address": address, "change": {**change, **({"importing": {"id": "x"}} if importing else {})}}


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([entry("a.b", ["no-op"])], ""),
        ([entry("a.b", ["update"])], "changed by the apply that imports it (a)"),
        ([entry("a.b", ["create"], importing=False)], "would not be imported"),
        ([], "would not be imported"),
    ],
)
def test_what_is_imported_must_stay_as_it_is(entries: list[dict[str, object]], problem: str) -> None:
    assert problem in "; ".join(not_imported({"resource_changes": entries}, ["a.b"]))
    assert bool(not_imported({"resource_changes": entries}, ["a.b"])) == bool(problem)


def test_what_is_left_is_aligned_as_terraform_fmt_has_it() -> None:
    text, _ = repaired(
        'resource "aws_x" "y" {\n  a                = 1\n  a_very_long_name = null\n  bc               = 2\n}\n'
    )
    assert text == 'resource "aws_x" "y" {\n  a  = 1\n  bc = 2\n}\n'


def test_what_else_a_plan_does_is_judged_without_the_imports() -> None:
    document = {"resource_changes": [entry("a.b", ["no-op"]), entry("c.d", ["update"], importing=False)]}
    assert [one["address"] for one in besides(document, {"a.b"})["resource_changes"]] == ["c.d"]
