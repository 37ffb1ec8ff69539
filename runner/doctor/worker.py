"""A host that is a worker of a pool: whether its server takes it, and whether their clocks agree."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from runner.datadir.worker import known_instance, worker_name
from runner.doctor.finding import Scene, fail, failed, ok, warn
from runner.errors import DriftlineError, NotDriftline, OtherPool
from runner.model.settings.pools import WorkerSettings
from runner.model.values.codec import from_plain
from runner.model.values.frozen import dataclass
from runner.model.work.protocol import HELLO, VERSION, Welcome
from runner.view.finding import Finding
from runner.view.refusal import raised_again
from runner.view.when import span

CHECK, CLOCK = "worker", "clock"
SECONDS = 10.0
AGREE, MOST = timedelta(seconds=30), timedelta(minutes=10)


@dataclass(frozen=True)
class Greeting:
    """The answer of the server. `ahead` is how much this host's clock is ahead of its, to the second."""

    welcome: Welcome
    ahead: timedelta


def worker(scene: Scene) -> Iterator[Finding]:
    """Asks as the worker does, without becoming known as one that is there."""
    settings = scene.settings.worker
    if settings is None:
        return
    try:
        greeting = _greeted(settings, known_instance(scene.data_dir))
    except DriftlineError as error:
        yield failed(CHECK, error)
        return
    yield welcome_verdict(settings, greeting.welcome)
    yield skew_verdict(greeting.ahead)


def _greeted(settings: WorkerSettings, instance: str) -> Greeting:
    from runner.host.connection import open_connection, reaching

    with reaching(settings.server), open_connection(settings.server, settings.token, SECONDS) as client:
        answer = client.get(HELLO, params={"worker": worker_name(settings), "instance": instance})
    now = datetime.now(UTC)
    try:
        if not answer.is_success:
            raise raised_again(answer.json())
        welcome = from_plain(Welcome, answer.json())
        at = answer.headers.get("date")
        return Greeting(welcome, now - parsedate_to_datetime(at) if at else timedelta())
    except (ValueError, KeyError, TypeError, AttributeError) as strange:
        status = f"{answer.status_code} {answer.reason_phrase}".strip()
        raise NotDriftline(url=settings.server, status=status) from strange


def welcome_verdict(settings: WorkerSettings, welcome: Welcome) -> Finding:
    """`pool` of the answer is that of the token, and decides; announcements come by the name in the configuration."""
    if not welcome.oldest <= VERSION <= welcome.version:
        return fail(
            CHECK,
            f"{settings.server} understands versions {welcome.oldest} to {welcome.version} of the work protocol, and this"
            f" worker speaks {VERSION}",
            f"pip install 'driftline[celery]=={welcome.release}'",
        )
    if welcome.pool != settings.pool:
        return failed(CHECK, OtherPool(theirs=welcome.pool, pool=settings.pool))
    return ok(CHECK, f"{settings.server} ({welcome.release}) accepts its token for pool {welcome.pool}")


def skew_verdict(ahead: timedelta) -> Finding:
    """Leases, records and the age of plans follow the server's clock. Certificates and the cloud look at this host's."""
    hint = "timedatectl set-ntp true   then   timedatectl status"
    off = abs(ahead)
    if off <= AGREE:
        return ok(CLOCK, "it agrees with the server's")
    side = "ahead of" if ahead > timedelta() else "behind"
    message = f"it is {span(off.total_seconds())} {side} the server's"
    if off > MOST:
        return fail(CLOCK, f"{message}; clouds refuse requests of such a clock", hint)
    return warn(CLOCK, message, hint)
