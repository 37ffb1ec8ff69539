"""Command lines: with no options and with all of them."""

from pathlib import Path

import pytest

from runner.engine.argv import (
    ApplyOptions,
    InitOptions,
    PlanOptions,
    apply_argv,
    force_unlock_argv,
    init_argv,
    plan_argv,
    show_argv,
    state_pull_argv,
    try_lock_argv,
    version_argv,
)

BINARY = Path("/opt/my tools/terraform")
TABLE: list[tuple[tuple[str, ...], list[str]]] = [
    (version_argv(BINARY), ["version"]),
    (
        try_lock_argv(BINARY, "terraform_data.none"),
        ["state", "rm", "-dry-run", "-no-color", "-lock-timeout=0s", "terraform_data.none"],
    ),
    (state_pull_argv(BINARY), ["state", "pull", "-no-color"]),
    (force_unlock_argv(BINARY, "5f-1"), ["force-unlock", "-no-color", "-force", "5f-1"]),
    (show_argv(BINARY, Path("/s/p")), ["show", "-no-color", "-json", "/s/p"]),
    (init_argv(BINARY, InitOptions()), ["init", "-input=false", "-no-color", "-json"]),
    (
        init_argv(
            BINARY,
            InitOptions(
                json=False,
                readonly_lockfile=True,
                backend_config=Path("/s/b c.json"),
                var_files=(Path("/t/a.tfvars"), Path("/s/b.json")),
            ),
        ),
        [
            *["init", "-input=false", "-no-color", "-lockfile=readonly", "-backend-config=/s/b c.json"],
            *["-var-file=/t/a.tfvars", "-var-file=/s/b.json"],
        ],
    ),
    (
        plan_argv(BINARY, PlanOptions(out=Path("/s/p"))),
        [
            *["plan", "-input=false", "-no-color", "-json", "-detailed-exitcode", "-out=/s/p"],
            *["-lock=false", "-parallelism=10"],
        ],
    ),
    (
        plan_argv(
            BINARY,
            PlanOptions(
                out=Path("/s/p"),
                state=Path("/s/t.tfstate"),
                lock_timeout=60,
                parallelism=3,
                var_files=(Path("/t/a.tfvars"), Path("/s/b.json")),
                targets=('aws_x.y["a b"]', "-module.z"),
                destroy=True,
                generate=Path("/s/generated.tf"),
            ),
        ),
        [
            *["plan", "-input=false", "-no-color", "-json", "-detailed-exitcode", "-out=/s/p"],
            *["-state=/s/t.tfstate", "-lock-timeout=60s", "-parallelism=3", "-destroy"],
            "-generate-config-out=/s/generated.tf",
            *['-target=aws_x.y["a b"]', "-target=-module.z", "-var-file=/t/a.tfvars", "-var-file=/s/b.json"],
        ],
    ),
    (
        apply_argv(BINARY, ApplyOptions(plan_file=Path("/s/p"))),
        ["apply", "-input=false", "-no-color", "-json", "-lock-timeout=0s", "-parallelism=10", "/s/p"],
    ),
    (
        apply_argv(BINARY, ApplyOptions(Path("/s/p"), state=Path("/s/t"), lock_timeout=5, parallelism=2)),
        [
            "apply",
            "-input=false",
            "-no-color",
            "-json",
            "-state=/s/t",
            "-lock-timeout=5s",
            "-parallelism=2",
            "/s/p",
        ],
    ),
]


@pytest.mark.parametrize(("argv", "expected"), TABLE, ids=[expected[0] for _, expected in TABLE])
def test_a_command_line_is_exactly_this(argv: tuple[str, ...], expected: list[str]) -> None:
    assert argv == (str(BINARY), *expected)


def test_no_command_line_moves_or_forgets_a_state() -> None:
    flags = {word for argv, _ in TABLE for word in argv}
    assert not flags & {"-reconfigure", "-migrate-state", "-force-copy", "-upgrade", "-auto-approve"}
