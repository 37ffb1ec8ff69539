"""What every test may use, and a summary that tells which real tools were missing."""

import shutil
import signal

import pytest
from provider.mirror import aws_mirror

MISSING: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    # What a shell starts in the background ignores SIGINT, and so would all that the tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if shutil.which("terraform") is None:
        MISSING["terraform"] = "no terraform on PATH: every test that runs it was skipped"
    if aws_mirror() is None:
        MISSING["aws"] = "no unpacked hashicorp/aws provider was found: the tests marked aws were skipped"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("aws") and "aws" in MISSING:
            item.add_marker(pytest.mark.skip(reason=MISSING["aws"]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for problem in MISSING.values():
        terminalreporter.write_line(f"NOT TESTED: {problem}", yellow=True)


@pytest.fixture(autouse=True)
def no_configuration_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own configuration or credentials must not reach a test."""
    for name in ("DRIFTLINE_CONFIG", "TF_CLI_CONFIG_FILE", "TF_LOG", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
