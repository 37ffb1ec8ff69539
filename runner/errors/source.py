"""Git and what a source holds."""

from runner.errors.base import DriftlineError


class GitFailed(DriftlineError):
    """git {command} failed for source "{source}": {problem}"""

    hint_template = "driftline source check {source}"


class SourceNotTaken(DriftlineError):
    """source "{source}" could not be taken in: {problem}; the log of the daemon says where"""

    hint_template = "driftline source check {source}"


class SourceTooLarge(GitFailed):
    """source "{source}" is not taken: {what} more than {most}"""

    hint_template = (
        "take large files out of it, or raise max_size of source {source}:   driftline config show"
    )


class BranchMissing(GitFailed):
    """source "{source}" has no branch "{branch}" (any more)"""


class VerifierFailed(DriftlineError):
    """signatures of source "{source}" cannot be verified: {problem}"""

    hint_template = "driftline doctor"
