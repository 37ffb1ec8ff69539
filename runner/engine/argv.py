"""Command lines of terraform and tofu, built by python-terraform and run by `runner.process.run`.

Facts (terraform 1.11.4) that shape them:

- A stack without a backend block keeps its state at `-state=PATH`, given to `plan` and to `apply`: a saved plan
  does not store it, and an apply without it writes `terraform.tfstate` (or `terraform.tfstate.d/`) into the
  shared tree. It holds for any TF_WORKSPACE, and `terraform.workspace` is still right (an empty folder
  `terraform.tfstate.d/NAME` appears in the tree, and stays empty). A generated `override.tf` with a backend would
  work too, but is one file for all stacks that share the folder.
- `init` never gets `-reconfigure` or `-migrate-state`: a changed backend is an error for a person,
  since either flag would silently leave the old state behind.
- `-lockfile=readonly` holds the code to its lock file, and fails if there is none.
- Values go into files, never on the command line, where every user of the machine could read them.
"""

from pathlib import Path

from python_terraform import IsFlagged, Terraform

from runner.model.values.frozen import dataclass


class _Builder(Terraform):  # type: ignore[misc]
    """Only `generate_cmd_string` is used: python-terraform's own `cmd` runs on pipes."""

    def __init__(self, binary: Path) -> None:
        # The base class would look for a state file in the working directory.
        self.terraform_bin_path = str(binary)


def _build(binary: Path, command: str, *arguments: str, **options: object) -> tuple[str, ...]:
    return tuple(str(word) for word in _Builder(binary).generate_cmd_string(command, *arguments, **options))


@dataclass(frozen=True)
class InitOptions:
    json: bool = True
    readonly_lockfile: bool = False
    backend_config: Path | None = None
    var_files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class PlanOptions:
    """`lock_timeout` is in seconds; None plans without terraform's state lock."""

    out: Path
    state: Path | None = None
    lock_timeout: int | None = None
    parallelism: int = 10
    var_files: tuple[Path, ...] = ()
    targets: tuple[str, ...] = ()
    destroy: bool = False
    generate: Path | None = None  # a file that must not exist yet


@dataclass(frozen=True)
class ApplyOptions:
    plan_file: Path
    state: Path | None = None
    lock_timeout: int = 0
    parallelism: int = 10
    var_files: tuple[Path, ...] = ()


def init_argv(binary: Path, options: InitOptions) -> tuple[str, ...]:
    return _build(
        binary,
        "init",
        input=False,
        no_color=IsFlagged,
        json=IsFlagged if options.json else None,
        lockfile="readonly" if options.readonly_lockfile else None,
        backend_config=options.backend_config,
        var_file=list(options.var_files),
    )


def plan_argv(binary: Path, options: PlanOptions) -> tuple[str, ...]:
    return _build(
        binary,
        "plan",
        input=False,
        no_color=IsFlagged,
        json=IsFlagged,
        detailed_exitcode=IsFlagged,
        out=options.out,
        state=options.state,
        lock=False if options.lock_timeout is None else None,
        lock_timeout=_seconds(options.lock_timeout),
        parallelism=options.parallelism,
        destroy=IsFlagged if options.destroy else None,
        generate_config_out=options.generate,
        target=list(options.targets),
        var_file=list(options.var_files),
    )


def show_argv(binary: Path, plan_file: Path, var_files: tuple[Path, ...] = ()) -> tuple[str, ...]:
    """`var_files` only where the code computes its modules' sources, as for the commands below."""
    return _build(
        binary, "show", str(plan_file), no_color=IsFlagged, json=IsFlagged, var_file=list(var_files)
    )


def apply_argv(binary: Path, options: ApplyOptions) -> tuple[str, ...]:
    return _build(
        binary,
        "apply",
        str(options.plan_file),
        input=False,
        no_color=IsFlagged,
        json=IsFlagged,
        state=options.state,
        lock_timeout=_seconds(options.lock_timeout),
        parallelism=options.parallelism,
        var_file=list(options.var_files),
    )


def try_lock_argv(binary: Path, address: str, var_files: tuple[Path, ...] = ()) -> tuple[str, ...]:
    """The cheapest command that takes the state's lock briefly, or says who holds it (40 ms, 100 ms on S3).

    It starts no provider, and with `-dry-run` it cannot write a state, whatever the address matches.
    """
    return _build(
        binary,
        "state rm",
        address,
        dry_run=IsFlagged,
        no_color=IsFlagged,
        lock_timeout=_seconds(0),
        var_file=list(var_files),
    )


def state_pull_argv(binary: Path, var_files: tuple[Path, ...] = ()) -> tuple[str, ...]:
    """Takes no lock."""
    return _build(binary, "state pull", no_color=IsFlagged, var_file=list(var_files))


def output_argv(binary: Path, state: Path | None) -> tuple[str, ...]:
    """All outputs, sensitive ones in clear."""
    return _build(binary, "output", no_color=IsFlagged, json=IsFlagged, state=state)


def force_unlock_argv(binary: Path, lock_id: str, var_files: tuple[Path, ...] = ()) -> tuple[str, ...]:
    """`-force`: there is no terminal to ask."""
    return _build(
        binary, "force-unlock", lock_id, no_color=IsFlagged, force=IsFlagged, var_file=list(var_files)
    )


def workspace_list_argv(binary: Path, var_files: tuple[Path, ...] = ()) -> tuple[str, ...]:
    return _build(binary, "workspace list", no_color=IsFlagged, var_file=list(var_files))


def workspace_new_argv(binary: Path, name: str, var_files: tuple[Path, ...] = ()) -> tuple[str, ...]:
    return _build(binary, "workspace new", name, no_color=IsFlagged, var_file=list(var_files))


def version_argv(binary: Path) -> tuple[str, ...]:
    return _build(binary, "version")


def _seconds(count: int | None) -> str | None:
    return None if count is None else f"{count}s"
