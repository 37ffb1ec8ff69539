"""A probe is a plan too: a `check` block that fails is not called fine because warm providers answered."""

from probing_world import OBJECT, Stage, applied, faulty, needs_terraform, stage

from runner.model.changes.warnings import CHECK_FAILED
from runner.model.warm.provider import Way

pytestmark = needs_terraform
__all__ = ("applied", "faulty", "stage")

CHECKED = """
check "value" {
  assert {
    condition     = cloudfile_object.web.value == "two"
    error_message = "the value is not two"
  }
}
"""


def test_a_clean_probe_still_reports_a_failing_check(stage: Stage) -> None:
    stage.write(OBJECT + CHECKED)
    planned, facts = stage.look()
    assert facts.record.way is Way.PROBED
    assert not planned.changed
    (check,) = [one for one in planned.diagnostics if one.summary == CHECK_FAILED]
    assert (check.address, check.detail) == ("check.value", "the value is not two")
