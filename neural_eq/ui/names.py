"""Names that people type: what is longer than is kept is cut, and they are told."""

from __future__ import annotations

import streamlit as st


def cut_note(typed: str, *, most: int) -> str:
    """Say that a name is cut; empty if it is not.

    A text input with a limit of its own takes a longer paste not at all, and says nothing.
    """
    length = len(" ".join(typed.split()))
    if length <= most:
        return ""
    return f"The name has {length:,} characters; its first {most} are kept."


def toast_if_cut(typed: str, *, most: int) -> None:
    """Say it from a callback."""
    if note := cut_note(typed, most=most):
        st.toast(note, icon=":material/content_cut:", duration="long")
