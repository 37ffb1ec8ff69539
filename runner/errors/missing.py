"""What was asked for does not exist, or its stack file was refused."""

from runner.errors.base import DriftlineError, NotFound


class StackNotFound(NotFound):
    """stack "{stack}" not found"""

    hint_template = "driftline stack list"


class PromotionNotFound(NotFound):
    """promotion "{promotion}" is not in the configuration"""

    hint_template = "driftline promote"


class NotificationNotFound(NotFound):
    """notification "{notification}" is not in the configuration"""

    hint_template = "driftline notify list"


class NoDatabase(NotFound):
    """{data_dir} has no database yet"""

    hint_template = "driftline daemon   or, for one pass:   driftline daemon --once"


class StackRefused(StackNotFound):
    """stack "{stack}" is in Git, but it is refused: {problem}"""

    hint_template = "driftline source check {source}"


class NewestRefused(DriftlineError):
    """stack "{stack}" cannot be planned at {revision}, the newest revision of {source}: {problem}"""

    hint_template = "fix it in Git; or plan an older revision:   driftline plan {stack} --ref {older}"


class RunNotFound(NotFound):
    """{run} not found"""

    hint_template = "driftline run list"


class ReportNotFound(NotFound):
    """{report} not found"""

    hint_template = "driftline drift list --all"


class SourceNotFound(NotFound):
    """source "{source}" is not in the configuration"""

    hint_template = "driftline source list"


class PullRequestNotFound(NotFound):
    """pull request #{number} is not known{more}"""

    hint_template = "driftline pr list --all"


class RevisionNotFound(NotFound):
    """source "{source}" has no revision "{revision}" on its tracked branch"""

    hint_template = "driftline source sync {source}"


class ArtifactNotFound(NotFound):
    """{run} has no artifact named {name}"""

    hint_template = "driftline run show {run}"
