"""What the server does besides running the app."""

import asyncio
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.web.server.starlette import starlette_server

from neural_eq.ui import server


@pytest.fixture
def listening():
    """The socket that Streamlit itself makes and gives to its server."""
    with starlette_server._bind_socket("127.0.0.1", 0, 10) as made:
        yield made


def run_apart(coroutine):
    """Run it in a thread of its own: a browser that this process drives has the main one's loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()


def accepted_sends_at_once(listening, *, prepare):
    """Serve one connection as the server does; return whether its socket holds nothing back."""
    found = []

    class Connection(asyncio.Protocol):
        def connection_made(self, transport):
            own = transport.get_extra_info("socket")
            found.append(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
            transport.close()

    async def serve():
        if prepare:
            server.send_at_once(asyncio.get_running_loop())
        async with await asyncio.get_running_loop().create_server(Connection, sock=listening):
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()

    run_apart(serve())
    return found[0]


def test_what_the_server_accepts_sends_small_packets_at_once(listening):
    assert accepted_sends_at_once(listening, prepare=True)


def test_a_loop_that_takes_no_attribute_is_left_alone():
    class Closed:
        __slots__ = ()

        def create_server(self):
            """As uvloop's: it cannot be replaced."""

    server.send_at_once(Closed())


def test_the_server_prepares_its_loop_before_it_listens(listening, monkeypatch):
    """The real server, with the app's own start around it."""
    uvicorn = pytest.importorskip("uvicorn")
    from starlette.applications import Starlette

    monkeypatch.setattr(server, "_make_ready", lambda: None)
    options = server.options()
    app = Starlette(routes=options["routes"], lifespan=options["lifespan"])
    found = []

    async def run():
        made = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        task = asyncio.create_task(made.serve(sockets=[listening]))
        while not made.started:
            await asyncio.sleep(0.01)
        found.append(listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)
        made.should_exit = True
        await task

    run_apart(run())
    assert found == [True]


def answered(path: str, **headers: str):
    """What the browser gets for a path: the start of the answer and its body; None where the
    request went on to Streamlit."""
    sent = []

    async def streamlit(scope, receive, send):
        if not scope["path"].startswith("/static"):
            start = {"type": "http.response.start", "status": 200}
            await send({**start, "headers": [(b"content-type", b"text/html; charset=utf-8")]})

    async def send(message):
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "method": "GET", "headers": named}
    run_apart(server._EarlyParts(streamlit)(scope, None, send))
    if not sent:
        return None
    return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize("path", ["/", "/explore", "/morph"])
def test_the_first_page_tells_the_browser_what_it_will_need(path):
    headers, _ = answered(path)
    if path == "/morph":
        assert b"link" not in headers
        return
    links = headers[b"link"].decode().split(", ")
    assert len(links) > 5
    for link in links:
        name = re.fullmatch(r"<\./(static/js/[\w.-]+)>; rel=(modulepreload|prefetch)", link)
        assert (server._STATIC / name[1]).is_file(), link


def test_what_every_page_is_made_of_is_held_ready_and_sent_whole():
    of_every_page = (server._STATIC / "index.html").read_text("utf-8")
    names = re.findall(r'src="\./(static/js/[^"]+)"', of_every_page)
    assert names
    for name in names:
        headers, body = answered(f"/{name}")
        assert body == (server._STATIC / name).read_bytes()
        assert headers[b"content-type"].startswith(b"application/javascript")
        assert b"immutable" in headers[b"cache-control"]
        assert answered(f"/{name}", range="bytes=0-9") is None
        assert answered(f"/{name}", if_none_match='"a"') is None
    assert answered("/static/js/no-such.js") is None
