"""What the process that reads a state finds in its file."""

import json
from pathlib import Path

import pytest

from runner.engine.state.process import objects_in

STATE = {
    "version": 4,
    "serial": 2,
    "lineage": "line",
    "resources": [
        {
            "mode": "managed",
            "type": "aws_sqs_queue",
            "name": "jobs",
            "instances": [
                {"attributes": {"id": "https://sqs/jobs", "arn": "arn:aws:sqs:r:1:jobs", "policy": "s3cret"}}
            ],
        }
    ],
}


def test_it_has_ids_and_arns_and_no_other_value(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text(json.dumps(STATE))
    seen = objects_in(file)
    assert seen is not None
    assert [one.arn for one in seen.objects] == ["arn:aws:sqs:r:1:jobs"]
    assert "s3cret" not in repr(seen)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"serial": 1, "lineage": "x", "encrypted_data": "y"}',
        "[]",
        '{"serial": 1, "lineage": "x", "resources": [3]}',
    ],
)
def test_what_is_no_readable_state_has_no_answer(tmp_path: Path, content: str) -> None:
    file = tmp_path / "state"
    file.write_text(content)
    assert objects_in(file) is None
