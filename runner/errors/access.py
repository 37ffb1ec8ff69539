"""Who is not known, or has no role for what they want."""

from runner.errors.base import DriftlineError


class RoleMissing(DriftlineError):
    """{who} needs the role {role} for {stack}"""

    exit_code = 6
    hint_template = "whoever runs Driftline can add this to web.access:   - {binding}"


class NotLoggedIn(DriftlineError):
    """no valid login or token came with this request"""

    exit_code = 6
    hint_template = "driftline login URL"


class LoginEnded(NotLoggedIn):
    """the {what} {end} at {at}"""


class ForgedRequest(DriftlineError):
    """the request does not come from a page of this server, or that page is too old: {why}"""

    exit_code = 6
    hint_template = "reload the page and try again"


class HostUnknown(DriftlineError):
    """no server of the name "{host}" answers here"""

    exit_code = 64
    hint_template = "add the name to web.hosts, or set web.public_url"


class WebhookRefused(DriftlineError):
    """no source of this name has a webhook that is signed like this"""

    exit_code = 6
    hint_template = "docs/forges.md says how to set up a webhook and how to test it"


class TooManyGuesses(DriftlineError):
    """too many wrong tokens, codes or logins came from this address, began like this one, or came from everywhere"""

    exit_code = 75
    hint_template = "try again in {seconds} s"


class LoginRefused(DriftlineError):
    """the login failed: {reason}"""

    exit_code = 6
    hint_template = "log in again"


class InsecureServer(DriftlineError):
    """{url} is not encrypted, and everybody on the way could read the token"""

    exit_code = 6
    hint_template = "use https, or add --insecure-http where the network is trusted"


class ServerUnreachable(DriftlineError):
    """{url} cannot be reached: {reason}"""

    exit_code = 69
    hint_template = "check the address, and that   driftline web   or the daemon runs there"


class TokenExists(DriftlineError):
    """a token named "{name}" exists already"""

    exit_code = 4
    hint_template = "driftline token revoke {name}"


class ServedReadOnly(DriftlineError):
    """the server is read-only and refuses this: {operation}"""

    exit_code = 6
    hint_template = "use the command line on the host, or a server without --read-only"


class NotDriftline(DriftlineError):
    """{url} answered {status}, and not as a Driftline server does"""

    exit_code = 69
    hint_template = "check the address, and what answers there"


class OtherVersion(DriftlineError):
    """the server at {url} runs Driftline {server} and this is {here}: {problem}"""

    exit_code = 69
    hint_template = "install the version of the server here:   pip install driftline=={server}"
