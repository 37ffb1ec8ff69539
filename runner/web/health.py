"""Whether the server lives, and whether it can do its work: for supervisors and load balancers, without a login."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from runner.app import App
from runner.datadir.daemon_lock import running_daemon
from runner.errors import DriftlineError

router = APIRouter(include_in_schema=False)


@router.api_route("/healthz", methods=["GET", "HEAD"])
async def lives() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.api_route("/readyz", methods=["GET", "HEAD"])
def is_ready(request: Request) -> JSONResponse:
    """The database answers. Whether a daemon runs is told and not required: cron may do its work."""
    app: App = request.app.state.app
    daemon = running_daemon(app.settings.data_dir) is not None
    try:
        app.store.prove_in_place()
        with app.store.reading() as reader:
            reader.sources()
    except DriftlineError as error:
        return JSONResponse({"status": "fail", "database": type(error).__name__, "daemon": daemon}, 503)
    return JSONResponse({"status": "ok", "database": "ok", "daemon": daemon})
