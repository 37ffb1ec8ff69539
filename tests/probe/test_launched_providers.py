"""How a provider is started that is asked without terraform, or through the proxy."""

from pathlib import Path

from runner.probe.installed import Installed
from runner.probe.launch import launch
from runner.process.run import Command, exit_of

SECONDS = 20


def test_a_provider_writes_no_trace_that_nobody_reads(tmp_path: Path) -> None:
    told = told_to(tmp_path, "registry.terraform.io/hashicorp/google-beta")
    assert {"TF_LOG_SDK=OFF", "TF_LOG_PROVIDER_GOOGLE_BETA=OFF"} <= told


def told_to(folder: Path, address: str) -> set[str]:
    """The environment of a provider that prints it."""
    program = folder / "terraform-provider"
    program.write_text("#!/bin/sh\nenv\n")
    program.chmod(0o700)
    command = Command(("terraform",), folder, {"REGION": "here"}, folder / "stdout", folder / "stderr")
    launched = launch(Installed(address, "1", program, "h1:"), command, folder / "handshake", "")
    with exit_of(launched.process.pid) as ended:
        assert ended(SECONDS)
    told = launched.stdout.read_text()
    launched.end(0)
    return set(told.splitlines())
