"""Pools on the server: whether workers can join them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from runner.doctor.finding import Scene, fail, ok, warn
from runner.model.access.token import Token, Validity
from runner.model.settings.pools import PoolSettings
from runner.model.settings.web import WebSettings
from runner.model.values.loopback import listens_on_loopback
from runner.model.work.worker import KnownWorker
from runner.view.finding import Finding
from runner.view.when import span
from runner.view.words import counted

CHECK = "pools"
SOON = timedelta(days=14)


def pools(scene: Scene) -> Iterator[Finding]:
    """Nothing where every run executes on this host."""
    settings = scene.settings
    if not settings.pools:
        return
    found = list(reachable(settings.web))
    tokens: list[Token] = []
    workers: list[KnownWorker] = []
    if scene.used:
        with scene.app.store.reading() as reader:
            tokens, workers = reader.tokens(), reader.workers()
    now = scene.app.clock.now()
    found += namesakes(workers, now)
    for pool in settings.pools:
        found += tokens_of(pool, tokens, now)
    yield from found or [ok(CHECK, f"{counted(len(settings.pools), 'pool')} that workers can join")]


def namesakes(known: Iterable[KnownWorker], now: datetime) -> Iterator[Finding]:
    """Two workers of one name: the second one is refused, again and again."""
    for one in known:
        if one.namesake is not None and one.had_namesake(now):
            message = f"another worker named {one.name} was refused {span((now - one.namesake).total_seconds())} ago"
            yield warn(CHECK, message, "give one of them another worker.name")


def reachable(web: WebSettings) -> Iterator[Finding]:
    """Workers ask the web server for everything but the announcements."""
    if web.listen is None:
        hint = "set web.listen and web.tls, as in docs/scaling.md"
        yield fail(CHECK, "web.listen is not set, so no worker reaches this server", hint)
    elif web.public_url is None and listens_on_loopback(web.listen):
        hint = "let a proxy stand in front and set web.public_url, or listen on another address with web.tls"
        message = f"web.listen is {web.listen}, which workers on other hosts do not reach"
        yield warn(CHECK, message, hint)


def tokens_of(pool: PoolSettings, known: Iterable[Token], now: datetime) -> Iterator[Finding]:
    """Each name of `tokens` should be that of a token that holds; of several with one name the newest counts."""
    newest = {token.name: token for token in sorted(known, key=lambda token: token.created_at)}
    if not pool.tokens:
        hint = f"driftline token create worker-{pool.name}   and add that name to its tokens"
        yield fail(CHECK, f"pool {pool.name} has no tokens, so no worker can join it", hint)
    for name in pool.tokens:
        create = f"driftline token create {name}   and put it on the hosts of the pool"
        token = newest.get(name)
        if token is None:
            yield fail(CHECK, f"token {name} of pool {pool.name} does not exist", create)
        elif (validity := token.validity(now)) is not Validity.VALID:
            yield fail(CHECK, f"token {name} of pool {pool.name} is {validity}", create)
        elif token.expires_at is not None and token.expires_at - now < SOON:
            yield warn(
                CHECK,
                f"token {name} of pool {pool.name} expires at {token.expires_at:%Y-%m-%d %H:%M} UTC",
                create,
            )
