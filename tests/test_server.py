"""What the server does besides running the app."""

import asyncio
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
