"""The routes of the work API. Each checks the pool's token first, and the lease that the worker holds.

What a request needs is done in one turn of one thread: each further turn waits for a processor that other runs use.
"""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse

from runner import __version__
from runner.api.http import FENCE, WORK
from runner.app import App
from runner.datadir.keys import FileSecrets
from runner.errors import BadUsage, LeaseOver, OtherProtocol, RevisionNotFound
from runner.model.run.life import State
from runner.model.settings.pools import PoolSettings
from runner.model.values.codec import from_plain, to_plain
from runner.model.values.typed import flaw
from runner.model.work.lease import BEAT_SECONDS, Lease
from runner.model.work.protocol import (
    OLDEST,
    VERSION,
    AtGate,
    Beat,
    Ended,
    Granted,
    Hello,
    Wanted,
    Welcome,
    readable,
    revisions,
)
from runner.service.work.attend import beat, end, pass_gate
from runner.service.work.claim import grant
from runner.service.work.greet import greet, refuse_name
from runner.service.work.held import held_lease, settled_by
from runner.service.work.known import known_artifacts
from runner.source.packs import pack_file
from runner.web.work.bodies import Bodies
from runner.web.work.log import append, size_of
from runner.web.work.pool import pool_of

# Bytes of a body.
SAID = 64 * 1024
PIECE = 1024 * 1024  # of a log
RESULT = 32 * 1024 * 1024
ARTIFACT = 256 * 1024 * 1024

_NUMBER = re.compile(r"[0-9]{1,18}")
_NO_SUCH_VALUE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
router = APIRouter(prefix=WORK, include_in_schema=False)
LARGEST = 2**53  # of a run or a place in its log
Number = Annotated[int, Path(ge=0, le=LARGEST)]
T = TypeVar("T")


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app


async def _done(work: Callable[[], Any]) -> JSONResponse:
    return JSONResponse(to_plain(await run_in_threadpool(work)))


async def _with_body(request: Request, most: int, work: Callable[[bytes], Any]) -> JSONResponse:
    """Without a token, nothing large is read."""
    bodies: Bodies = request.app.state.bodies
    async with bodies.of(request, most, lambda: pool_of(request)) as body:

        def answer() -> Any:
            with body.content() as content:
                return work(content)

        return await _done(answer)


async def _told(
    request: Request, kind: type[T], work: Callable[[PoolSettings, T], Any], most: int = SAID
) -> JSONResponse:
    """BadUsage for what is no such value: a worker of another release, or none of ours."""

    def answer(body: bytes) -> Any:
        pool = pool_of(request)
        try:
            told = _read(kind, body)
        except _NO_SUCH_VALUE as error:
            raise BadUsage(
                f"the request is not a {kind.__name__}: {error}", hint="driftline --version"
            ) from error
        return work(pool, told)

    return await _with_body(request, most, answer)


def _read(kind: type[T], body: bytes) -> T:
    told = from_plain(kind, json.loads(body))
    if wrong := flaw(told, kind):
        raise ValueError(wrong)
    if isinstance(told, Ended):
        _ = [one.content for one in told.artifacts], told.log and told.log.piece  # raises if it is no base64
    return told


def _lease(request: Request, run: int) -> Lease:
    """The one that the request names, if it holds."""
    pool = pool_of(request)
    said = request.headers.get(FENCE, "")
    fence = int(said) if _NUMBER.fullmatch(said) else -1
    with _app(request).store.reading() as reader:
        return held_lease(reader, run, fence, pool.name)


def _welcome(pool: PoolSettings) -> Welcome:
    return Welcome(VERSION, BEAT_SECONDS, OLDEST, pool.name, __version__)


@router.get("/hello")
async def would_be_welcome(request: Request, worker: str = "", instance: str = "") -> JSONResponse:
    """As for a worker, which is not noted: `driftline doctor` asks, while nobody may be there."""

    def answer() -> Welcome:
        pool = pool_of(request)
        if worker:
            refuse_name(
                _app(request).control, pool, Hello(worker, pool.name, __version__, 1, instance=instance)
            )
        return _welcome(pool)

    return await _done(answer)


@router.post("/hello")
async def hello(request: Request) -> JSONResponse:
    def note(pool: PoolSettings, said: Hello) -> Welcome:
        if not OLDEST <= said.version <= VERSION:
            raise OtherProtocol(theirs=said.version, ours=VERSION, release=__version__)
        greet(_app(request).control, pool, said)
        return _welcome(pool)

    return await _told(request, Hello, note)


@router.post("/runs/{run}/claim")
async def claim(request: Request, run: Number) -> JSONResponse:
    def granted(pool: PoolSettings, wanted: Wanted) -> Granted:
        app = _app(request)
        given = grant(app.control, pool, run, wanted, __version__)
        key = FileSecrets(app.settings.data_dir).fingerprint_key().hex()
        logged = size_of(app.workspaces.log(run))
        known = known_artifacts(app.artifacts, given.job)
        return Granted(given.lease.fence, given.job, key, BEAT_SECONDS, app.clock.now(), logged, known)

    return await _told(request, Wanted, granted)


@router.post("/runs/{run}/heartbeat")
async def heartbeat(request: Request, run: Number) -> JSONResponse:
    control = _app(request).control
    return await _told(request, Beat, lambda pool, said: beat(control, pool.name, run, said.fence))


@router.get("/runs/{run}/tree")
async def tree(request: Request, run: Number, revision: Annotated[str, Query()]) -> Response:
    """A pack of the revision, which is one of those that the job names."""
    lease = await run_in_threadpool(_lease, request, run)
    if revision not in revisions(lease.job.revision, lease.job.judging):
        raise RevisionNotFound(revision=revision, source=lease.job.source.name)
    path = pack_file(_app(request).settings.data_dir, lease.job.source.name, revision)
    if not path.exists():
        raise RevisionNotFound(revision=revision, source=lease.job.source.name)
    return FileResponse(path, media_type="application/x-git-packed-objects")


@router.patch("/runs/{run}/log")
async def log(request: Request, run: Number, offset: Annotated[int, Query(ge=0, le=LARGEST)]) -> JSONResponse:
    def add(piece: bytes) -> dict[str, int]:
        lease = _lease(request, run)
        return {"size": append(_app(request).workspaces.log(run), lease.job.name, offset, piece)}

    return await _with_body(request, PIECE, add)


@router.get("/runs/{run}/artifacts")
async def artifact_names(request: Request, run: Number) -> JSONResponse:
    def names() -> list[str]:
        _lease(request, run)
        return list(_app(request).artifacts.names(run))

    return await _done(names)


@router.get("/runs/{run}/artifacts/{name}")
async def read_artifact(
    request: Request,
    run: Number,
    name: str,
    of: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
) -> Response:
    """Of the run itself, or with `of` one of another run that the job needs."""
    owner = run if of is None else of

    def read() -> bytes:
        lease = _lease(request, run)
        if owner != run and (owner, name) not in readable(lease.job):
            raise LeaseOver(fence=lease.fence, run=f"run-{owner}", why="it is for another run")
        return _app(request).artifacts.get(owner, name)

    return Response(await run_in_threadpool(read), media_type="application/octet-stream")


@router.put("/runs/{run}/artifacts/{name}")
async def put_artifact(request: Request, run: Number, name: str) -> JSONResponse:
    def put(content: bytes) -> dict[str, str]:
        _lease(request, run)
        return {"digest": _app(request).artifacts.put(run, name, content)}

    return await _with_body(request, ARTIFACT, put)


@router.delete("/runs/{run}/artifacts/{name}")
async def remove_artifact(request: Request, run: Number, name: str) -> JSONResponse:
    def remove() -> None:
        _lease(request, run)
        _app(request).artifacts.remove(run, name)

    return await _done(remove)


@router.post("/runs/{run}/gate")
async def gate(request: Request, run: Number) -> JSONResponse:
    control = _app(request).control
    return await _told(request, AtGate, lambda pool, asked: pass_gate(control, pool.name, run, asked))


@router.post("/runs/{run}/result")
async def result(request: Request, run: Number) -> JSONResponse:
    def settle(pool: PoolSettings, ended: Ended) -> dict[str, State]:
        app = _app(request)
        _keep(app, pool, run, ended)
        return {"state": end(app.control, pool.name, run, ended).state}

    return await _told(request, Ended, settle, RESULT)


def _keep(app: App, pool: PoolSettings, run: int, ended: Ended) -> None:
    """What the result refers to, before it is recorded. Nothing, if it was before: the answer was lost on the way."""
    with app.store.reading() as reader:
        if settled_by(reader, run, ended.fence) is not None:
            return
        lease = held_lease(reader, run, ended.fence, pool.name)
    for one in ended.artifacts:
        if one.content is not None:
            app.artifacts.put(run, one.name, one.content)
    if ended.log is not None:
        append(app.workspaces.log(run), lease.job.name, ended.log.offset, ended.log.piece)
