from collections.abc import Iterator

import pytest
from aws_world import REGION, Aws, serving


@pytest.fixture(scope="session")
def moto() -> Iterator[Aws]:
    with serving() as aws:
        yield aws


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the daemon."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADAEMON")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-daemon")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)


@pytest.fixture
def aws(moto: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An empty cloud that this process is configured for."""
    moto.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto.url)
    return moto
