"""What the player fetches: frames as they are, an outline, and nothing for strangers."""

from __future__ import annotations

import gc
import socket
import threading
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import soundfile
import uvicorn
from starlette.applications import Starlette

from neural_eq.data.audio_file import open_audio
from neural_eq.data.listening import overview, read_frames, stream_of
from neural_eq.ui.sound.serving import PIECE_FRAMES, ROUTES, Broadcast, Parcel

RATE = 22050


def sound(tmp_path, n_frames=PIECE_FRAMES + 5000, n_channels=2, subtype="PCM_16"):
    samples = np.random.default_rng(0).uniform(-0.9, 0.9, (n_frames, n_channels))
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, RATE, subtype=subtype)
    return open_audio(path), soundfile.read(path, always_2d=True)[0]


@pytest.fixture(scope="module")
def ask():
    """Ask a real server with these routes; returns the status and what it says."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=ROUTES), log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)

    def get(path: str) -> tuple[int, bytes]:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}{path}"
        try:
            with urllib.request.urlopen(address) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    yield get
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.mark.parametrize(
    ("subtype", "n_channels", "dtype"),
    [("PCM_16", 2, "int16"), ("PCM_24", 1, "float32"), ("FLOAT", 2, "float32"),
     ("PCM_16", 6, "float32")],
)  # fmt: skip
def test_frames_come_as_they_are(tmp_path, subtype, n_channels, dtype):
    file, samples = sound(tmp_path, 5000, n_channels, subtype)
    stream = stream_of(file)
    assert stream.dtype == dtype
    got = np.frombuffer(read_frames(stream, 1000, 300), dtype).reshape(-1, stream.n_channels)
    wanted = samples[1000:1300] if n_channels <= 2 else samples[1000:1300].mean(1, keepdims=True)
    np.testing.assert_allclose(got / (32768 if dtype == "int16" else 1), wanted, atol=1e-7)


def test_the_outline_holds_the_lowest_and_the_highest(tmp_path):
    file, samples = sound(tmp_path, 70_001)
    found = overview(file)
    assert len(found) <= 800
    assert (found.min(), found.max()) == pytest.approx((samples.min(), samples.max()))
    assert len(overview(sound(tmp_path, 10)[0])) == 10


def test_the_server_gives_pieces_to_who_knows_the_address(tmp_path, ask):
    file, samples = sound(tmp_path)
    broadcast = Broadcast(file)
    address = f"/sound/{broadcast.token}"
    last = np.frombuffer(ask(f"{address}/1")[1], "<i2").reshape(-1, 2)
    np.testing.assert_allclose(last / 32768, samples[PIECE_FRAMES:], atol=1e-7)
    assert len(ask(f"{address}/loudness")[1]) % (96 * 4) == 0
    assert 2 * 750 < len(ask(f"{address}/outline")[1]) <= 2 * 800
    for part in ("2", "-1", "x", "99999999999999999999", "..%2f..%2fapp.py"):
        status, said = ask(f"{address}/{part}")
        assert status == 404 and b"Traceback" not in said
    parcel = Parcel(b"grid")
    assert ask(f"/sound/{parcel.token}") == (200, b"grid")
    assert ask("/sound/nobody/0")[0] == 404
    del broadcast
    gc.collect()
    assert ask(f"{address}/0")[0] == 404, "it outlives its session"


def test_a_sound_that_went_bad_is_said(tmp_path, ask):
    file, _ = sound(tmp_path)
    broadcast = Broadcast(file)
    file.path.write_bytes(b"no sound")
    status, said = ask(f"/sound/{broadcast.token}/0")
    assert status == 422
    assert said.startswith(b"a.wav is damaged or not an audio file")
