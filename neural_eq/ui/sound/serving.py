"""What the player fetches by address: pieces of a sound, its outline, what it holds by band.

An address holds a token that nobody can guess, and lives as long as the session that made it.
"""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Callable
from functools import cached_property

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from neural_eq.data import listening
from neural_eq.data.audio_file import AudioFile
from neural_eq.errors import AudioError

PATH = "/sound"
PIECE_FRAMES = 1 << 17
_MAX_OUTLINE = 127


class Broadcast:
    """A sound that a session may fetch; gone when the session lets go of it."""

    def __init__(self, file: AudioFile):
        self.stream = listening.stream_of(file)
        self.token = secrets.token_urlsafe(18)
        _ON_AIR[self.token] = self

    @cached_property
    def outline(self) -> bytes:
        """Lowest and highest of each stretch in 127ths, int8."""
        found = listening.overview(self.stream.file)
        return np.rint(found * _MAX_OUTLINE).astype(np.int8).tobytes()

    @cached_property
    def loudness(self) -> bytes:
        """K-weighted power by block and band, float32."""
        return listening.loudness_table(self.stream.file).powers.astype("<f4").tobytes()

    def piece(self, number: int) -> bytes:
        """Frames of one piece, interleaved."""
        return listening.read_frames(self.stream, number * PIECE_FRAMES, PIECE_FRAMES)


class Parcel:
    """Bytes that a session may fetch; gone when the session lets go of them."""

    def __init__(self, content: bytes):
        self.content = content
        self.token = secrets.token_urlsafe(18)
        _ON_AIR[self.token] = self


_ON_AIR: weakref.WeakValueDictionary[str, Broadcast | Parcel] = weakref.WeakValueDictionary()


def _answer(request: Request) -> Response:
    found = _ON_AIR.get(request.path_params["token"])
    if found is None:
        return PlainTextResponse("This sound is gone; reload the page.", status_code=404)
    if isinstance(found, Parcel):
        return _bytes(lambda: found.content)
    part = request.path_params.get("part", "")
    if part == "outline":
        return _bytes(lambda: found.outline)
    if part == "loudness":
        return _bytes(lambda: found.loudness)
    n_pieces = -(-found.stream.file.n_frames // PIECE_FRAMES)
    if not part.isdecimal() or not 0 <= int(part[:9]) < n_pieces:
        return PlainTextResponse(
            f"part is {part[:20]!r}; it must be a piece from 0 to {n_pieces - 1}.", status_code=404
        )
    return _bytes(lambda: found.piece(int(part)))


def _bytes(make: Callable[[], bytes]) -> Response:
    try:
        content = make()
    except AudioError as error:
        return PlainTextResponse(str(error), status_code=422)
    return Response(
        content, media_type="application/octet-stream", headers={"Cache-Control": "private"}
    )


ROUTES = [
    Route(f"{PATH}/{{token}}", _answer),
    Route(f"{PATH}/{{token}}/{{part}}", _answer),
]
"""Of ``st.App``: plain functions, which the server runs in threads of their own."""
