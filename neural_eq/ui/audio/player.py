"""A player in the browser that switches between versions of a sound without a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from neural_eq.ui import state
from neural_eq.ui.sound import scripts

N_EARLIER = 3
"""Of so many runs the files are kept: who answers quickly is ahead of what the browser fetches."""

_FOLDER = Path(__file__).parent
_mount = st.components.v2.component(
    "neural_eq_player",
    html=(_FOLDER / "player.html").read_text("utf-8"),
    css=(_FOLDER / "player.css").read_text("utf-8"),
    js="\n".join([scripts.store(), (_FOLDER / "player.js").read_text("utf-8")]),
)


@dataclass(frozen=True)
class Version:
    """One version of a sound.

    Attributes:
        label: What its button says.
        key: The letter that switches to it, lower case.
        wav: Its content; all versions have the same length.
    """

    label: str
    key: str
    wav: bytes


def draw(
    versions: Sequence[Version],
    *,
    key: str,
    sound: str,
    sample_rate: int,
    duration_s: float,
    trial: int = 0,
    hint: str = "",
) -> None:
    """Draw the player.

    Args:
        versions: The first is heard at the beginning.
        key: Of the component.
        sound: Names what they are versions of: while it and the trial stay, the sound goes on
            when a version changes.
        sample_rate: In Hz.
        duration_s: Of each.
        trial: Which trial of a test this is.
        hint: A line beneath.
    """
    urls = [_address(version.wav, f"{key}-{n}") for n, version in enumerate(versions)]
    _keep_earlier(key, [version.wav for version in versions])
    _mount(
        key=key,
        data={
            "sound": sound,
            "trial": trial,
            "sample_rate": sample_rate,
            "duration_s": duration_s,
            "hint": hint,
            "versions": [
                {
                    "id": n,
                    "label": version.label,
                    "key": version.key,
                    "url": url,
                }
                for n, (version, url) in enumerate(zip(versions, urls, strict=True))
            ],
        },
    )


def _keep_earlier(key: str, wavs: Sequence[bytes]) -> None:
    """Serve the last runs' files once more: the browser may just be asking for them."""
    earlier = st.session_state.get(state.EARLIER_SOUNDS, {}).get(key, ())
    for number, wav in enumerate(wav for run in earlier for wav in run):
        _address(wav, f"{key}-earlier-{number}")
    st.session_state[state.EARLIER_SOUNDS] = {key: (tuple(wavs), *earlier)[:N_EARLIER]}


def _address(wav: bytes, coordinates: str) -> str:
    """Put a file up for the browser; named by its content, until a run does not ask for it."""
    from streamlit.runtime import get_instance

    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    url = get_instance().media_file_mgr.add(wav, "audio/wav", coordinates)
    return f"/{base}{url}" if base else url
