"""Every page. A new one is a file here with a `router`, a row below, and a place in `runner/web/dashboard/navigation.py`."""

from importlib import import_module

from fastapi import FastAPI

PAGES = (
    "api_docs",
    "overview",
    "inbox",
    "stacks",
    "stack",
    "runs",
    "log",
    "run",
    "drift",
    "report",
    "coverage",
    "graph",
    "promotions",
    "pulls",
    "trends",
    "sources",
    "pools",
    "notifications",
    "audit",
    "locks",
    "tokens",
)


def add_pages(to: FastAPI) -> None:
    for page in PAGES:
        to.include_router(import_module(f"runner.web.pages.{page}").router)
