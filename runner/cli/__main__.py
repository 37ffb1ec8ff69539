"""`python -m runner.cli`: the command, by the interpreter that is named."""

from runner.cli.main import main

main()
