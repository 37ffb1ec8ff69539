"""The providers that `init` installed, verified, as plans with warm providers use them."""

from typing import TYPE_CHECKING

from runner.engine.session import Session
from runner.ports.engine import Fallback

if TYPE_CHECKING:
    from runner.probe.installed import Installed

# See `runner.engine.environment`. For the engine and the providers alike.
THRIFTY = {"GOMAXPROCS": "1"}
EXCHANGED = "a provider's package was exchanged meanwhile"


def installed_providers(session: Session) -> "tuple[Installed, ...] | Fallback":
    from runner.probe.installed import Unverified, installed

    assert session.seal is not None
    try:
        return installed(session.seal.lock_file, session.seal.data, session.verified)
    except (Unverified, OSError) as error:
        return Fallback(str(error))
