"""Managed states for runs on other hosts: Terraform's `http` backend, at `/api/v1/state/STACK`.

A plain route: sessions and their checks have no part in it. Terraform sends a name and a password, which are those of one
run, and of an answer it shows the status alone.
"""

import base64
import hashlib
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from runner.app import App
from runner.errors import (
    DriftlineError,
    MethodNotAllowed,
    NotAState,
    StateAccessRefused,
    StateNotAccepted,
    StateTooLarge,
)
from runner.host.log import log
from runner.model.state.served import LARGEST, LARGEST_LOCK_INFO, ROUTE, ServedLock
from runner.ports.records.store import Writer
from runner.service.state import serve
from runner.service.state.access import Admitted, admit
from runner.web.identity.basic import credentials_in
from runner.web.identity.guesses import Guesses
from runner.web.identity.live import client_of
from runner.web.problem import NEVER_KEPT, refusal

METHODS = ("GET", "POST", "LOCK", "UNLOCK")
# Of one address in a minute: terraform itself tries again twice.
MOST_WRONG = 60
T = TypeVar("T")


def add_states(to: FastAPI, app: App) -> None:
    guesses = Guesses()

    async def answer(request: Request) -> Response:
        stack, client = request.path_params["stack"], client_of(request)
        if request.method not in METHODS:
            raise MethodNotAllowed(path=request.url.path, method=request.method, allowed=", ".join(METHODS))
        served = _Served(app, stack, *_credentials(request))
        try:
            # Before the body is read: nobody without a token may send a large one.
            await run_in_threadpool(served.refuse_stranger)
        except StateAccessRefused as refused:
            # After the look: who has a right one is not kept out by others behind the same address.
            guesses.wrong(client)
            guesses.refuse_more(client, most=MOST_WRONG)
            log.warning("state.access_refused", stack=stack, problem=refused.facts["problem"])
            return _challenge(refused)
        return await _ANSWERS[request.method](served, request)

    # DELETE is refused in words of its own: terraform sends it to remove a state.
    to.add_route(f"{ROUTE}/{{stack:path}}", answer, methods=[*METHODS, "DELETE"], include_in_schema=False)


class _Served:
    """The state of a stack, as the run that has these credentials may use it."""

    def __init__(self, app: App, stack: str, username: str, password: str) -> None:
        self.app, self.stack = app, stack
        self._username, self._password = username, password

    def refuse_stranger(self) -> None:
        with self.app.store.reading() as reader:
            admit(self.app.control, reader, self.stack, self._username, self._password)

    def read(self) -> bytes | None:
        with self.app.store.reading() as reader:
            who = admit(self.app.control, reader, self.stack, self._username, self._password)
            newest = reader.newest_state(who.key)
        return None if newest is None else self.app.states.get(who.key, newest.digest)

    def write(self, content: bytes, lock: str | None) -> None:
        try:
            self._changed(lambda writer, who: serve.write(self.app.control, writer, who, content, lock))
        except DriftlineError as refused:
            self.refused(refused)
            raise

    def lock(self, info: bytes) -> ServedLock | None:
        return self._changed(lambda writer, who: serve.lock(self.app.control, writer, who, info))

    def unlock(self, info: bytes) -> None:
        self._changed(lambda writer, who: serve.unlock(writer, who, info))

    def refused(self, why: DriftlineError) -> None:
        log.warning("state.refused", stack=self.stack, run=self._username, problem=why.message)
        if not isinstance(why, StateAccessRefused):
            self._changed(lambda writer, who: serve.note_refusal(writer, who.run, why.message))

    def _changed(self, work: Callable[[Writer, Admitted], T]) -> T:
        """With the token looked at in the same transaction: it may have ended meanwhile."""
        with self.app.store.writing() as writer:
            return work(writer, admit(self.app.control, writer, self.stack, self._username, self._password))


async def _get(served: _Served, _request: Request) -> Response:
    content = await run_in_threadpool(served.read)
    if content is None:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers = {"Cache-Control": NEVER_KEPT, "Content-MD5": _md5(content)}
    return Response(content, media_type="application/json", headers=headers)


async def _post(served: _Served, request: Request) -> Response:
    content = await request.body()
    problem: DriftlineError | None = None
    if len(content) > LARGEST:
        problem = StateTooLarge(most=LARGEST)
    elif request.headers.get("content-md5", _md5(content)) != _md5(content):
        problem = NotAState(file="the request", problem="it arrived damaged: its MD5 is another one")
    if problem is not None:
        await run_in_threadpool(served.refused, problem)
        raise problem
    await run_in_threadpool(served.write, content, request.query_params.get("ID"))
    return Response(status_code=HTTPStatus.OK)


async def _lock(served: _Served, request: Request) -> Response:
    held = await run_in_threadpool(served.lock, await _lock_info(served, request))
    if held is not None:
        return Response(held.info, HTTPStatus.LOCKED, media_type="application/json")
    return Response(status_code=HTTPStatus.OK)


async def _unlock(served: _Served, request: Request) -> Response:
    await run_in_threadpool(served.unlock, await _lock_info(served, request))
    return Response(status_code=HTTPStatus.OK)


_ANSWERS = {"GET": _get, "POST": _post, "LOCK": _lock, "UNLOCK": _unlock}


async def _lock_info(served: _Served, request: Request) -> bytes:
    info = await request.body()
    if len(info) > LARGEST_LOCK_INFO:
        raise StateNotAccepted(stack=served.stack, problem="the lock is not one that terraform writes")
    return info


def _credentials(request: Request) -> tuple[str, str]:
    """Empty ones if there are none."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    return credentials_in(encoded) if kind.lower() == "basic" else ("", "")


def _challenge(of: StateAccessRefused) -> JSONResponse:
    answer = refusal(of)
    answer.status_code = HTTPStatus.UNAUTHORIZED
    answer.headers["WWW-Authenticate"] = 'Basic realm="state of a run"'
    return answer


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
