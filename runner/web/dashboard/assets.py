"""Static files under addresses that change with their content, so that a browser may keep them for ever."""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from pathlib import PurePosixPath

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from runner.model.values.frozen import dataclass

PREFIX = "/static"
TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_PACKED = frozenset({".woff2"})  # a format that is compressed already

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    name: str
    content: bytes

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    @cached_property
    def url(self) -> str:
        digest = hashlib.sha256(self.content).hexdigest()[:16]
        return f"{PREFIX}/{self.name.removesuffix(self.suffix)}.{digest}{self.suffix}"

    @cached_property
    def packed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)


@cache
def assets() -> Mapping[str, Asset]:
    """All of them, by name."""
    folder = files("runner.web") / "static"
    found = (one for one in folder.iterdir() if one.is_file() and PurePosixPath(one.name).suffix in TYPES)
    return {one.name: _asset(one.name, one.read_bytes()) for one in found}


def _asset(name: str, content: bytes) -> Asset:
    if name == "style.css":  # names another asset
        font = _asset("inter.woff2", (files("runner.web") / "static" / "inter.woff2").read_bytes())
        content = content.replace(b"inter.woff2", font.url.encode())
    return Asset(name, content)


def asset_url(name: str) -> str:
    return assets()[name].url


@cache
def _by_url() -> Mapping[str, Asset]:
    return {asset.url: asset for asset in assets().values()}


@router.get(PREFIX + "/{name}")
def static(request: Request, name: str) -> Response:
    asset = _by_url().get(f"{PREFIX}/{name}")
    if asset is None:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if asset.suffix in _PACKED or "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.content, headers=headers, media_type=TYPES[asset.suffix])
    headers["Content-Encoding"] = "gzip"
    return Response(asset.packed, headers=headers, media_type=TYPES[asset.suffix])
