"""Bringing over what other tools have."""

from runner.errors.base import BadUsage, Conflict, DriftlineError


class NotImportable(DriftlineError):
    """{file} cannot be imported: {problem}"""

    exit_code = 78
    hint_template = "driftline import --help"


class FormatUnknown(BadUsage):
    """nothing to import in {place}: no file of a known tool"""

    hint_template = (
        "driftline import FILE --format NAME   or, from the directories alone:   driftline init --scan"
    )


class FilesDiffer(Conflict):
    """{files} already there and different; nothing was overwritten"""

    hint_template = "{command} --diff   shows the differences; {command} --force   replaces the files"
