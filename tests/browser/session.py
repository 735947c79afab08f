"""A session of the app without a browser: it speaks the protocol of Streamlit's own page."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

PAGES = {"Explore": "", "Morph": "morph", "Audio": "audio", "Presets": "presets"}
CLICKS = {
    "Explore": [("play_map", [True, False])],
    "Morph": [("third", ["airy", "full", "thin"]), ("third_weight", [20, 70])],
    "Audio": [("applied_strength", [0.5, 1.0, 1.5]), ("level_match", [False, True])],
    "Presets": [],
}  # fmt: skip
THINK_S = (1.0, 3.0)


@dataclass
class Session:
    """One browser tab: what it shows, and what its widgets stand at."""

    address: str
    pair: tuple[str, str]
    page: str = "Morph"
    widgets: dict[str, tuple[str, str]] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    n_named: int = 0

    def live(self, until: float) -> None:
        """Click and switch pages until a time."""
        chance = random.Random(repr(self.pair))
        rest = [page for page in PAGES if page != self.page]
        url = f"{self.address.replace('http', 'ws')}/_stcore/stream"
        try:
            with connect(url, subprotocols=["streamlit"], max_size=None) as socket:
                first, second = self.pair
                self.run(socket, query=f"from={first}&to={second}")
                for self.page in rest:
                    self.run(socket)
                self.times_s.clear()  # the first runs load what the others have
                while time.perf_counter() < until:
                    time.sleep(chance.uniform(*THINK_S))
                    clicks = [c for c in CLICKS[self.page] if c[0] in self.widgets]
                    if clicks and chance.random() < 0.75:
                        key, choices = chance.choice(clicks)
                        self.values[key] = chance.choice(choices)
                    else:
                        self.page = chance.choice([page for page in PAGES if page != self.page])
                        self.values.clear()
                    self.run(socket)
        except Exception as error:  # noqa: BLE001  a thread's fault is told with the others
            self.faults.append(f"{type(error).__name__}: {error}")

    def run(self, socket: ClientConnection, query: str = "") -> None:
        """Let the page run, and look at what it shows."""
        message = BackMsg()
        message.rerun_script.query_string = query
        if self.page in self.hashes:
            message.rerun_script.page_script_hash = self.hashes[self.page]
        else:
            message.rerun_script.page_name = PAGES[self.page]
        for key, value in self.values.items():
            kind, widget_id = self.widgets[key]
            state = message.rerun_script.widget_states.widgets.add(id=widget_id)
            if kind == "checkbox":
                state.bool_value = bool(value)
            elif kind == "slider":
                state.double_array_value.data.append(float(value))
            else:
                state.string_value = str(value)
        started = time.perf_counter()
        socket.send(message.SerializeToString())
        heard = list(self._heard(socket))
        self.times_s.append(time.perf_counter() - started)
        self.n_named += any(heard)
        if not all(self._is_own(label) for label in heard if label):
            self.faults.append(f"{self.page}: {self.pair} is shown {heard}")

    def _is_own(self, label: str) -> bool:
        return label.lower().startswith(f"{self.pair[0]} → {self.pair[1]}")

    def _heard(self, socket: ClientConnection) -> Iterator[str]:
        """Read what a run sends; yield what the player is told to play."""
        self.widgets.clear()
        while True:
            message = ForwardMsg.FromString(socket.recv(timeout=120))
            kind = message.WhichOneof("type")
            if kind == "navigation":
                found = {p.page_name: p.page_script_hash for p in message.navigation.app_pages}
                self.hashes.update({k: v for k, v in found.items() if k in PAGES})
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                name = element.WhichOneof("type")
                shown = getattr(element, name)
                if name == "exception":
                    self.faults.append(f"{self.page}: {shown.type}: {shown.message}")
                elif name == "bidi_component" and shown.id.endswith("-dock"):
                    base = json.loads(shown.json)[0].get("base")
                    yield base["label"] if base else ""
                if name in ("checkbox", "slider", "selectbox"):
                    self.widgets[shown.id.rsplit("-", 1)[-1]] = (name, shown.id)
            elif kind == "script_finished" and not message.script_finished:
                return  # 0: to its end
