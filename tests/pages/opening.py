"""Open a page of the app in Streamlit's own test harness: no browser, no JavaScript."""

from __future__ import annotations

import json
import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

from neural_eq.data.demo import built_in_dataset
from neural_eq.model.config import ModelConfig, TrainConfig
from neural_eq.ui import cached

ROOT = Path(__file__).parents[2]
PAGES = ("explore", "morph", "audio", "train", "compare", "presets")
WAIT_S = 120
SHORT = TrainConfig(epochs=2, device="cpu", model=ModelConfig(4, 8))


def opened(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return turned(app, page)


def turned(app: AppTest, page: str) -> AppTest:
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
    return app


def slid(app: AppTest, **places: float) -> AppTest:
    """Let the sliders of the morph stand elsewhere: ``at`` in percent, ``strength``."""
    for key, value in places.items():
        app.session_state[key] = value
    return app.run()


def components(app: AppTest) -> list[dict]:
    """What each component of the page was given."""
    given = (json.loads(c.proto.json) for c in app.get("bidi_component") if c.proto.json)
    return [data[0] if isinstance(data, list) else data for data in given]


def drawn(app: AppTest, key: str) -> dict:
    """What the component was given whose data has a key."""
    return next(data for data in components(app) if key in data)


def popovers(app: AppTest) -> str:
    return " ".join(block.proto.popover.label for block in app.get("popover"))


def said(messages) -> str:
    """What the first message says, without what keeps Markdown from reading it."""
    return re.sub(r"\\(.)|\u2060", r"\1", messages[0].value)


def widget(kind, label: str):
    return next(w for w in kind if w.label == label)


def finished_run() -> str:
    jobs = cached.training_jobs()
    run_id = jobs.start(built_in_dataset(), SHORT)
    assert jobs.wait(run_id, timeout_s=WAIT_S).state == "finished"
    return run_id
