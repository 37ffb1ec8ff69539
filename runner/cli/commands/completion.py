"""`driftline completion SHELL`."""

import click
from click.shell_completion import get_completion_class

HELP = """Print the completion script of a shell.

\b
bash:  eval "$(driftline completion bash)"           in ~/.bashrc
zsh:   eval "$(driftline completion zsh)"            in ~/.zshrc
fish:  driftline completion fish > ~/.config/fish/completions/driftline.fish
"""


@click.command(help=HELP)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    of_shell = get_completion_class(shell)
    assert of_shell is not None
    script = of_shell(context.find_root().command, {}, "driftline", "_DRIFTLINE_COMPLETE")
    # Not `source()`, which starts a bash to ask for its version.
    click.echo(script.source_template % script.source_vars())
