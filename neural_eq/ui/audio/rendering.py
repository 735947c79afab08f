"""Files rendered in the background, so that the page stays free; no streamlit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from neural_eq.data.audio_file import AudioFile
from neural_eq.data.file_rendering import Treatment
from neural_eq.data.mastering import Mastered, master_all
from neural_eq.errors import NeuralEqError
from neural_eq.files import ScratchFolder

_one_at_a_time = threading.Lock()
"""Over all sessions of the server: two at once would take as long, and twice the memory."""

_log = logging.getLogger(__name__)


class _Cancelled(Exception):
    """Raised in the midst of a rendering that is wanted no more."""


class Rendering:
    """Files on their way through the EQ, in a thread of its own.

    The result lies in a folder that goes when this object does.

    Attributes:
        treatment: What is done to them.
        key: Names sources and treatment, to see whether another choice was made since.
        share: How much is done, 0 to 1.
        stage: What is being done.
        result: What came of it, once it is done.
        error: One sentence, if it failed.

    Args:
        sources: One file or more.

    Raises:
        OutputError: If there is no place for the result.
    """

    def __init__(self, sources: Sequence[AudioFile], treatment: Treatment, *, key: object = None):
        self.treatment, self.key = treatment, key
        self.share, self.stage = 0.0, "Waiting for another rendering to end"
        self.result: Mastered | None = None
        self.error = ""
        self._folder = ScratchFolder()
        self._cancelled = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(tuple(sources),), name="rendering", daemon=True
        )
        self._thread.start()

    @property
    def is_live(self) -> bool:
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Ask it to end; nothing of it is left."""
        self._cancelled.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until it has ended, or for so long."""
        self._thread.join(timeout_s)

    def _hear(self, share: float, stage: str) -> None:
        if self._cancelled.is_set():
            raise _Cancelled
        self.share, self.stage = share, stage

    def _work(self, sources: tuple[AudioFile, ...]) -> None:
        try:
            while not _one_at_a_time.acquire(timeout=0.2):
                self._hear(0.0, self.stage)
            try:
                self.result = master_all(
                    sources, self._folder.path, self.treatment, on_progress=self._hear
                )
            finally:
                _one_at_a_time.release()
        except _Cancelled:
            self.error = "Cancelled; nothing was kept."
        except NeuralEqError as error:
            self.error = str(error)
        except Exception as error:
            _log.exception("A rendering failed")
            self.error = f"The rendering failed by a fault of this program: {error!r}."
