"""Webhooks of forges: each has one source polled soon, and does nothing else. What it says is not read."""

import secrets

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from runner.app import App
from runner.errors import WebhookRefused
from runner.model.forge.webhook import is_from_who_knows
from runner.ports.records.store import Store
from runner.web.identity.guesses import Guesses
from runner.web.identity.live import client_of

# Of one address in a minute. More than of logins: a forge whose secret is wrong sends many.
MOST_WRONG = 60


def add_hooks(to: FastAPI, app: App) -> None:
    """A plain route: sessions and their checks have no part in it. Without a secret there is none."""
    known = {one.name: one.webhook_secret for one in app.settings.sources if one.webhook_secret is not None}
    nobody = secrets.token_hex(32)  # so that an unknown source takes as long as a wrong secret
    guesses = Guesses()

    async def take(request: Request) -> JSONResponse:
        source, client = request.path_params["source"], client_of(request)
        if not is_from_who_knows(known.get(source, nobody), request.headers, await request.body()):
            # After the look: a forge sends for everybody from the same addresses, also what a stranger had it send.
            guesses.refuse_more(client, most=MOST_WRONG)
            guesses.wrong(client)
            raise WebhookRefused
        await run_in_threadpool(_wake, app.store, source)
        return JSONResponse({"status": "ok"}, 202)

    if known and not app.read_only:
        to.add_route("/hooks/{source}", take, methods=["POST"], include_in_schema=False)


def _wake(store: Store, source: str) -> None:
    """A repetition finds what the first one left, and writes nothing."""
    with store.reading() as reader:
        if source in reader.wakes():
            return
    with store.writing() as writer:
        writer.wake(source)
