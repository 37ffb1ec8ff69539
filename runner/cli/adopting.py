"""What `import` and `init --scan` share: show what was found, write the files, and say how to go on."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.cli.invocation import Cli
from runner.cli.repository import address_of, branch_of, leave_out_data, repository_of
from runner.cli.screen.asking import ask
from runner.errors import FilesDiffer, NotFound
from runner.view.words import counted

if TYPE_CHECKING:
    from runner.adopt.bring_over import Tool
    from runner.adopt.scan import Scanned
    from runner.model.adopt.outcome import Adoption

Function = TypeVar("Function", bound=Callable[..., Any])


def adopt_options(function: Function) -> Function:
    """The command gets `diff`, `force` and `yes`."""
    for option in (
        click.option("--yes", is_flag=True, help="Skip the confirmation prompt of --force."),
        click.option("--force", is_flag=True, help="Replace stack files that are there and differ."),
        click.option(
            "--diff", "--dry-run", "diff", is_flag=True, help="Show the files and differences; write nothing."
        ),
    ):
        function = option(function)
    return function


def bring_over(
    cli: Cli,
    tool: "Tool",
    scanned: "Scanned",
    out: Path,
    *,
    diff: bool,
    force: bool,
    yes: bool,
    output: str,
) -> None:
    from runner.adopt.bring_over import CONFIGURATION, Target, adoption
    from runner.adopt.placing import write
    from runner.cli.screen.adoption import adoption_screen, adoption_sum
    from runner.view.adoption import adoption_page

    repository = repository_of(out) or out
    found = adoption(tool, scanned, Target(out, address_of(repository), branch_of(repository)))
    page = adoption_page(found)
    differing = [file for file in found.files if file.state == "differs"]
    cli.present(output, page, lambda page: adoption_screen(page, differences=diff or bool(differing)))
    cli.console.say("", f"{adoption_sum(page)}.")
    if not scanned.layout.complete:
        cli.console.warn(
            "the directories are too large to be read completely; what was not read is missing here"
        )
    if not found.stacks:
        raise _no_stack(found, scanned.top, by_tool=bool(tool.readings))
    if diff:
        cli.console.say("Nothing was written.")
        return
    if force and differing and not yes:
        ask(f"Replace {counted(len(differing), 'file')} that differ?", wish="replaced")
    write(out, found.files, replace=force)
    if any(file.path == CONFIGURATION and file.state == "new" for file in found.files):
        leave_out_data(out / ".gitignore")
    if differing and not force:
        again = "driftline import" if tool.readings else "driftline init --scan"
        raise FilesDiffer(files=counted(len(differing), "file"), command=again)
    cli.console.say("", "Next:", *(f"  {step}" for step in _next_steps(found, out)))


def _no_stack(found: "Adoption", top: Path, *, by_tool: bool) -> NotFound:
    """What to do depends on whether there was anything: the reasons are printed already."""
    left = len({one.folder for one in found.left_out})
    if not left:
        return NotFound(f"no root module in {top} became a stack", hint="driftline init")
    look = f"driftline init --scan --diff {top}   looks at the code alone;   " if by_tool else ""
    return NotFound(
        f"nothing in {top} became a stack: {'1 directory was' if left == 1 else f'{left} directories were'}"
        " left out, for the reasons above",
        hint=f"{look}driftline init {top}   writes a stack file to fill in",
    )


def _next_steps(found: "Adoption", out: Path) -> list[str]:
    """Commands to be pasted, from where the person is."""
    first = found.stacks[0].definition.name
    return [
        *([f"cd {out}"] if out != Path.cwd() else []),
        "driftline stack validate",
        "driftline config validate",
        'git add . && git commit -m "Declare stacks"',
        "driftline daemon --once",
        f"driftline plan {first}",
    ]
