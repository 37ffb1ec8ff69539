from http import HTTPStatus
from pathlib import Path

import pytest
from cli_world import World
from web_world import Served

from runner.web import application


def test_a_request_that_reads_for_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "READ_SECONDS", 0)
    served = Served(World(tmp_path))
    answer = served.client(served.token("ci")).get("/api/v1/stacks")
    assert answer.status_code == HTTPStatus.GATEWAY_TIMEOUT
    assert answer.json()["code"] == "ReadTooLong"
