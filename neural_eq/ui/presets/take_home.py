"""A preset as the file that other software loads, and the proof that it sounds the same there."""

from __future__ import annotations

from functools import partial

import streamlit as st

from neural_eq.eq.response import REFERENCE_SAMPLE_RATE
from neural_eq.presets.formats import FORMATS, RATES, Format, write_format
from neural_eq.presets.labels import file_stem
from neural_eq.presets.preset import Preset
from neural_eq.presets.proof import Proof
from neural_eq.ui import cached, state
from neural_eq.ui.markdown import escaped

LEAST_DB = 0.001
"""What is below is written as less than this: nobody needs to know by how much."""


def draw(preset: Preset) -> None:
    """Draw the choice of software, how to load the file there, its proof and the download."""
    format_ = software_input("Software", key=state.SOFTWARE)
    rate = _rate_input() if format_.needs_rate else REFERENCE_SAMPLE_RATE
    st.markdown(escaped(format_.use))
    with st.spinner("Reading the file back …"):
        proof = proof_of(preset, format_, rate)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            "Download the file",
            partial(write_format, preset, format_.id, sample_rate=rate),
            file_name=file_name(preset, format_, rate), mime=format_.media_type,
            icon=":material/download:", on_click="ignore", key="take_home",
        )  # fmt: skip
        st.markdown(
            f"Worst deviation **{deviation(proof)}**, 20 Hz–20 kHz.", width="content",
            help="The file is read back by the rules of the software and compared with what"
            " Neural EQ plays.",
        )  # fmt: skip
    if proof.reason:
        st.caption(escaped(proof.reason))
    table = st.expander("How exactly each software gets it", key="all_proofs", on_change="rerun")
    with table:
        if table.open:
            _draw_all(preset)


def software_input(label: str, *, key: str) -> Format:
    """Draw a choice among the formats."""
    if st.session_state.get(key) not in FORMATS:
        st.session_state[key] = next(iter(FORMATS))
    chosen = st.selectbox(
        label, list(FORMATS), key=key, persist_state="session",
        format_func=lambda format_id: FORMATS[format_id].label,
    )  # fmt: skip
    return FORMATS[chosen]


def _rate_input() -> int:
    if st.session_state.get(state.SOFTWARE_RATE) not in RATES:
        st.session_state[state.SOFTWARE_RATE] = REFERENCE_SAMPLE_RATE
    chosen = st.segmented_control(
        "Sample rate of the device", RATES, key=state.SOFTWARE_RATE, persist_state="session",
        required=True, format_func=lambda rate: f"{rate / 1000:g} kHz",
    )  # fmt: skip
    return chosen or REFERENCE_SAMPLE_RATE


def proof_of(preset: Preset, format_: Format, rate: int) -> Proof:
    """Return how exactly a format holds a preset, made once for each."""
    return cached.proof(preset.name, preset.params.tobytes(), format_.id, rate, preset)


def deviation(proof: Proof) -> str:
    """Write a proof's figure, to a thousandth of a dB, on one line."""
    if proof.worst_db < LEAST_DB:
        return f"<\u00a0{LEAST_DB:g}\u00a0dB"
    return f"{proof.worst_db:.3f}\u00a0dB"


def file_name(preset: Preset, format_: Format, rate: int) -> str:
    """Name the file of a preset in a format; no two formats of a preset share a name."""
    at_rate = f", {rate / 1000:g} kHz" if format_.needs_rate else ""
    return f"{file_stem(preset.name)}{at_rate}, {format_.id}{format_.suffix}"


def _draw_all(preset: Preset) -> None:
    """Write the table of all formats with their proof."""
    lines = ["| Software | Worst deviation | Why |", "|:--|--:|:--|"]
    with st.spinner("Reading every file back …"):
        for format_ in FORMATS.values():
            proof = proof_of(preset, format_, REFERENCE_SAMPLE_RATE)
            name = escaped(format_.label)
            lines.append(f"| {name} | {deviation(proof)} | {escaped(proof.reason)} |")
    st.markdown("\n".join(lines))
    if any(format_.needs_rate for format_ in FORMATS.values()):
        st.caption(
            f"At {REFERENCE_SAMPLE_RATE / 1000:g} kHz where a format is bound to a sample rate."
        )
