import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

for room in ("store", "aws"):
    sys.path.append(str(Path(__file__).parents[1] / room))

from aws_world import REGION, Aws, serving  # noqa: E402 - found by the line above


@pytest.fixture(scope="session")
def moto() -> Iterator[Aws]:
    with serving() as aws:
        yield aws


@pytest.fixture
def aws(moto: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An empty cloud that this process is configured for."""
    moto.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADAEMON")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-daemon")
    return moto
