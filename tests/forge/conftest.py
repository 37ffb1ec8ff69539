import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from forge_opening import FAKES, opened
from forge_server import Fake, served

from runner.forge.repository import Repository

# What drives the commands and opens pull requests lies beside their own tests.
sys.path += [str(Path(__file__).parents[1] / name) for name in ("cli", "preview")]


@pytest.fixture(params=sorted(FAKES))
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    with served(FAKES[request.param]()) as one:
        yield one


@pytest.fixture
def forge(fake: Fake) -> Repository:
    return opened(fake)


@pytest.fixture(scope="session")
def app_key() -> str:
    """As GitHub makes it for an App."""
    key = generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
