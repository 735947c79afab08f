"""What the server does besides running the app: it serves sounds, and readies itself on start."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import re
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import net_util

from neural_eq.ui.redrawing import stay_on_the_page
from neural_eq.ui.sound.serving import ROUTES

_M_ARENA_MAX = -8  # of malloc.h
_OWN_ADDRESSES = ("localhost", "127.0.0.1", "::1")
_STATIC = Path(st.__file__).parent / "static"
_SCRIPTS = _STATIC / "static" / "js"
_IN_PART = {b"range", b"if-none-match", b"if-modified-since"}
"""Headers of a request that asks for less than a whole file."""

_FIRST_PARTS = ("BidiComponent", "ButtonGroup", "Checkbox", "Html", "Multiselect", "Selectbox")

_log = logging.getLogger(__name__)
_making: threading.Thread | None = None


@asynccontextmanager
async def _lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Make what the first page needs while the browser still fetches the app itself."""
    global _making
    _share_memory()
    send_at_once(asyncio.get_running_loop())
    _making = threading.Thread(target=_make_ready, name="first page", daemon=True)
    _making.start()
    if warning := exposure(st.get_option("server.address")):
        print(warning, file=sys.stderr, flush=True)
    yield {}


def exposure(address: str | None) -> str:
    """Say what it means to listen to other machines at an address; empty where none is heard."""
    if address in _OWN_ADDRESSES:
        return ""
    return (
        f"Neural EQ listens on {address or 'every address of this machine'}, and has no login:"
        " everybody who reaches it sees the same runs and presets, can upload files of 200 MB,"
        " train, and delete. With --server.address localhost it is for this machine alone; to share"
        " it, put a proxy with a login in front."
    )


def _share_memory() -> None:
    """Let all threads take memory from two places, so that what one gives back serves the next.

    Every run of a page is a thread of its own, and glibc would give each a place of its own, which
    stays as large as it ever was: after eight people a fifth of the server's memory.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it, others do not
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 2)


def send_at_once(loop: asyncio.AbstractEventLoop) -> None:
    """Let the server's next listening socket, and all it accepts, send small packets at once.

    Streamlit makes that socket without naming TCP, which asyncio takes for a reason to leave
    Nagle's algorithm on: nearly every answer, and many a message of a run, then waits 40 ms for
    the browser's delayed acknowledgement. An accepted socket inherits the option.
    """
    create = loop.create_server

    async def create_server(*args: Any, sock: socket.socket | None = None, **kwargs: Any) -> Any:
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return await create(*args, sock=sock, **kwargs)

    # uvloop's loop takes no attribute, and needs none: it sends at once by itself
    with contextlib.suppress(AttributeError):
        loop.create_server = create_server  # type: ignore[method-assign]


def _make_ready() -> None:
    from neural_eq.ui import first_page

    try:
        first_page.make_ready()
    except Exception:  # as where a tab that comes back imports pandas meanwhile
        _log.info("The first page makes its parts itself", exc_info=True)


def finish_imports(*, is_first_page: bool) -> None:
    """Import pandas whole before or after a chart is drawn, here or while the first page is made
    ready, but not meanwhile: plotly would look into a half-imported one.

    The first page has no need of it, and 65 MB and most of a second less without; it waits only
    where another session's page has begun to import it.
    """
    if not is_first_page or "pandas" in sys.modules:
        if _making is not None:
            _making.join()
        import pandas  # noqa: F401


class _EarlyParts:
    """Let the browser have what the first page is made of along with the app, not after its first
    script; and the chart library, which other pages need, when it has nothing else to do.

    Streamlit reads its hundred files piece by piece in other threads, which wait for each other and
    for what readies the first page: most of a second. Here they are held as they will be sent.
    """

    def __init__(self, app: ASGIApp):
        self._app = app
        parts = _scripts(*_FIRST_PARTS)
        early = [f"<./static/js/{name}>; rel=modulepreload" for name in parts]
        later = [f"<./static/js/{path.name}>; rel=prefetch" for path in _found("PlotlyChart")]
        self._link = (b"link", ", ".join([*early, *later]).encode())
        named = re.findall(r"static/(js/[^\"]+)", (_STATIC / "index.html").read_text("utf-8"))
        paths = {_STATIC / "static" / name for name in named} | {_SCRIPTS / name for name in parts}
        self._held = {f"/static/js/{p.name}": p.read_bytes() for p in paths if p.is_file()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        asked = {name for name, _ in scope["headers"]} if path in self._held else set()
        if path in self._held and scope["method"] == "GET" and not asked & _IN_PART:
            headers = {"cache-control": "public, immutable, max-age=31536000"}
            held = Response(self._held[path], headers=headers, media_type="application/javascript")
            await held(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if any(name == b"content-type" and b"text/html" in kind for name, kind in headers):
                    message = {**message, "headers": [*headers, self._link]}
            await send(message)

        is_page = path.rstrip("/") in ("", "/explore") and scope["type"] == "http"
        await self._app(scope, receive, sending if is_page and self._link[1] else send)


def _scripts(*parts: str) -> list[str]:
    """Name the files that parts of Streamlit's pages are made of, those not of every page."""
    of_every_page = (_STATIC / "index.html").read_text("utf-8")
    waiting = [path for part in parts for path in _found(part)]
    names: list[str] = []
    while waiting:
        path = waiting.pop()
        if path.name in names or path.name in of_every_page or not path.is_file():
            continue
        names.append(path.name)
        imported = re.findall(r'(?:from|import)"\./([\w.-]+\.js)"', path.read_text("utf-8"))
        waiting += [path.with_name(name) for name in imported]
    return names


def _found(part: str) -> list[Path]:
    """Find the file of a part, whose name ends with a hash; none where Streamlit names it anew."""
    return sorted(_SCRIPTS.glob(f"{part}.*.js"))


def _to_the_first_page(request: Request) -> RedirectResponse:
    """Lead the name of the page where a newcomer lands to its address, which is the root."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


def ask_nobody() -> None:
    """Keep Streamlit from asking other machines what this one's addresses are.

    It would at a connection whose origin it does not know, which any page in a browser can bring
    about. What a proxy in front is called, ``browser.serverAddress`` says without asking.
    """
    net_util.get_external_ip = lambda: None
    net_util.get_internal_ip = lambda: None


def options() -> dict[str, Any]:
    """Return what ``st.App`` is to be given, and ready Streamlit for it."""
    ask_nobody()
    stay_on_the_page()
    routes = [*ROUTES, Route("/explore", _to_the_first_page)]
    middleware = [Middleware(_EarlyParts)]
    if st.get_option("server.address") in _OWN_ADDRESSES:
        # a foreign page whose name leads to this machine would else pass for one of the app's own
        named = st.get_option("browser.serverAddress")  # what a proxy in front is called
        names = [*_OWN_ADDRESSES, "[::1]", *([named] if named else [])]
        checked = Middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False)
        middleware.insert(0, checked)
    return {"routes": routes, "lifespan": _lifespan, "middleware": middleware}
