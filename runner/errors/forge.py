"""What a forge (GitHub, GitLab, Gitea, Bitbucket) does not do. No fact may contain a token; who raises these scrubs them."""

from runner.errors.base import DriftlineError


class ForgeUnreachable(DriftlineError):
    """{forge} cannot be reached: {problem}"""

    exit_code = 69
    hint_template = (
        "wait if the forge is down; otherwise check forge.url in the configuration, then: driftline doctor"
    )


class ForgeRefused(DriftlineError):
    """{forge} refused {request}: {problem}"""

    hint_template = "driftline doctor   checks the token; docs/forges.md lists the permissions that it needs"


class ForgeThrottled(DriftlineError):
    """{forge} accepts no more requests until {until:%Y-%m-%d %H:%M:%S} UTC"""

    exit_code = 75
    hint_template = "wait; Driftline tries again by itself"


class CommentRefused(DriftlineError):
    """{who} may not give commands in comments: {reason}"""

    exit_code = 6
    hint_template = "docs/pull-requests.md says how the operator maps logins to people"
