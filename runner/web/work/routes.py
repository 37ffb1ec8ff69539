"""The routes of the work API. Each checks the pool's token first, and the lease that the worker holds."""

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse

from runner import __version__
from runner.api.http import FENCE, WORK
from runner.app import App
from runner.datadir.keys import FileSecrets
from runner.errors import BadUsage, LeaseOver, OtherProtocol, RevisionNotFound
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
from runner.service.work.greet import greet
from runner.service.work.held import held_lease
from runner.source.packs import pack_file
from runner.web.work.log import append, size_of
from runner.web.work.pool import pool_of

_NUMBER = re.compile(r"[0-9]{1,18}")
router = APIRouter(prefix=WORK, include_in_schema=False)
Pool = Annotated[PoolSettings, Depends(pool_of)]
LARGEST = 2**53  # of a run or a place in its log
Number = Annotated[int, Path(ge=0, le=LARGEST)]
T = TypeVar("T")


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app


async def _told(request: Request, kind: type[T]) -> T:
    """BadUsage for what is no such value: a worker of another release, or none of ours."""
    body = await request.body()
    try:
        return await run_in_threadpool(_read, kind, body)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise BadUsage(
            f"the request is not a {kind.__name__}: {error}", hint="driftline --version"
        ) from error


def _read(kind: type[T], body: bytes) -> T:
    told = from_plain(kind, json.loads(body))
    if wrong := flaw(told, kind):
        raise ValueError(wrong)
    return told


async def _done(work: Callable[[], Any]) -> JSONResponse:
    answer = await run_in_threadpool(work)
    return JSONResponse(to_plain(answer))


def _lease(request: Request, pool: PoolSettings, run: int) -> Lease:
    """The one that the request names, if it holds."""
    said = request.headers.get(FENCE, "")
    fence = int(said) if _NUMBER.fullmatch(said) else -1
    with _app(request).store.reading() as reader:
        return held_lease(reader, run, fence, pool.name)


def _welcome(pool: PoolSettings) -> Welcome:
    return Welcome(VERSION, BEAT_SECONDS, OLDEST, pool.name, __version__)


@router.get("/hello")
async def would_be_welcome(pool: Pool) -> JSONResponse:
    """As for a worker, which is not noted: `driftline doctor` asks, while nobody may be there."""
    return JSONResponse(to_plain(_welcome(pool)))


@router.post("/hello")
async def hello(request: Request, pool: Pool) -> JSONResponse:
    said = await _told(request, Hello)

    def note() -> Welcome:
        if not OLDEST <= said.version <= VERSION:
            raise OtherProtocol(theirs=said.version, ours=VERSION, release=__version__)
        greet(_app(request).control, pool, said)
        return _welcome(pool)

    return await _done(note)


@router.post("/runs/{run}/claim")
async def claim(request: Request, pool: Pool, run: Number) -> JSONResponse:
    wanted = await _told(request, Wanted)

    def granted() -> Granted:
        app = _app(request)
        given = grant(app.control, pool, run, wanted, __version__)
        key = FileSecrets(app.settings.data_dir).fingerprint_key().hex()
        logged = size_of(app.workspaces.log(run))
        return Granted(given.lease.fence, given.job, key, BEAT_SECONDS, app.clock.now(), logged)

    return await _done(granted)


@router.post("/runs/{run}/heartbeat")
async def heartbeat(request: Request, pool: Pool, run: Number) -> JSONResponse:
    said = await _told(request, Beat)
    return await _done(lambda: beat(_app(request).control, pool.name, run, said.fence))


@router.get("/runs/{run}/tree")
async def tree(request: Request, pool: Pool, run: Number, revision: Annotated[str, Query()]) -> Response:
    """A pack of the revision, which is one of those that the job names."""
    lease = await run_in_threadpool(_lease, request, pool, run)
    if revision not in revisions(lease.job.revision, lease.job.judging):
        raise RevisionNotFound(revision=revision, source=lease.job.source.name)
    path = pack_file(_app(request).settings.data_dir, lease.job.source.name, revision)
    if not path.exists():
        raise RevisionNotFound(revision=revision, source=lease.job.source.name)
    return FileResponse(path, media_type="application/x-git-packed-objects")


@router.patch("/runs/{run}/log")
async def log(
    request: Request, pool: Pool, run: Number, offset: Annotated[int, Query(ge=0, le=LARGEST)]
) -> JSONResponse:
    lease = await run_in_threadpool(_lease, request, pool, run)
    piece = await request.body()
    path = _app(request).workspaces.log(run)
    return await _done(lambda: {"size": append(path, lease.job.name, offset, piece)})


@router.get("/runs/{run}/artifacts")
async def artifact_names(request: Request, pool: Pool, run: Number) -> JSONResponse:
    await run_in_threadpool(_lease, request, pool, run)
    return await _done(lambda: list(_app(request).artifacts.names(run)))


@router.get("/runs/{run}/artifacts/{name}")
async def read_artifact(
    request: Request,
    pool: Pool,
    run: Number,
    name: str,
    of: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
) -> Response:
    """Of the run itself, or with `of` one of another run that the job needs."""
    lease = await run_in_threadpool(_lease, request, pool, run)
    owner = run if of is None else of
    if owner != run and (owner, name) not in readable(lease.job):
        raise LeaseOver(fence=lease.fence, run=f"run-{owner}", why="it is for another run")
    content = await run_in_threadpool(_app(request).artifacts.get, owner, name)
    return Response(content, media_type="application/octet-stream")


@router.put("/runs/{run}/artifacts/{name}")
async def put_artifact(request: Request, pool: Pool, run: Number, name: str) -> JSONResponse:
    await run_in_threadpool(_lease, request, pool, run)
    content = await request.body()
    return await _done(lambda: {"digest": _app(request).artifacts.put(run, name, content)})


@router.delete("/runs/{run}/artifacts/{name}")
async def remove_artifact(request: Request, pool: Pool, run: Number, name: str) -> JSONResponse:
    await run_in_threadpool(_lease, request, pool, run)
    return await _done(lambda: _app(request).artifacts.remove(run, name))


@router.post("/runs/{run}/gate")
async def gate(request: Request, pool: Pool, run: Number) -> JSONResponse:
    asked = await _told(request, AtGate)
    return await _done(lambda: pass_gate(_app(request).control, pool.name, run, asked))


@router.post("/runs/{run}/result")
async def result(request: Request, pool: Pool, run: Number) -> JSONResponse:
    ended = await _told(request, Ended)
    return await _done(lambda: {"state": end(_app(request).control, pool.name, run, ended).state})
