"""Git and what a source holds."""

from runner.errors.base import DriftlineError


class GitFailed(DriftlineError):
    """git {command} failed for source "{source}": {problem}"""

    hint_template = "driftline source check {source}"


class RevisionGone(GitFailed):
    """the mirror of source "{source}" has not all of revision {revision}: {problem}"""

    hint_template = "driftline source sync {source}"


class SourceNotTaken(DriftlineError):
    """source "{source}" could not be read: {problem}; the daemon's log shows where"""

    hint_template = "driftline source check {source}"


class SourceTooLarge(GitFailed):
    """source "{source}" is too large: {what} {bound}"""

    hint_template = (
        "remove large files from it, or raise max_size of source {source}:   driftline config show"
    )


class BranchMissing(GitFailed):
    """source "{source}" has no branch "{branch}", or no longer has it"""


class GitTooOld(GitFailed):
    """{found} cannot merge pull requests of source "{source}" for previews: git 2.38 or newer is needed"""

    hint_template = "install a newer git, or remove previews of source {source}:   driftline config show"


class VerifierFailed(DriftlineError):
    """signatures of source "{source}" cannot be verified: {problem}"""

    hint_template = "driftline doctor"
