"""What is chosen on the map: one setting, a group, a place, or words; kept in the session.

A setting is kept as its row in :func:`cached.shown_rows`, which changes with the data alone.
"""

from __future__ import annotations

import streamlit as st

from neural_eq.data.safe_db import Dataset
from neural_eq.ui import cached, state
from neural_eq.ui.explore import map_chart
from neural_eq.ui.state import NamedSetting


def take_choice() -> None:
    """Callback: a click on the map chooses a setting, a lasso a group."""
    said = map_chart.take_chosen()
    if not said:
        return
    rows, _ = cached.shown_rows(state.dataset())
    # a tab may still show a map of data that is no longer in use
    numbers = sorted({int(row) for row in said["rows"] if 0 <= int(row) < len(rows)})
    if not numbers:
        return
    if said["by"] == "click" or len(numbers) == 1:
        choose_setting(numbers[0])
    else:
        clear()
        st.session_state[state.GROUP] = tuple(numbers)


def choose_setting(row: int) -> None:
    """Callback: choose one setting by its row."""
    clear()
    st.session_state[state.DOT] = row


def choose_listed() -> None:
    """Callback: choose the setting that was found in the list, or none."""
    row = st.session_state[state.SETTING]
    choose_setting(row)


def choose_no_words() -> None:
    """Callback: let all words be bright again."""
    clear()
    st.session_state[state.FOUND_WORDS] = []


def clear() -> None:
    """Callback: choose no setting, no group and no place; words stay as they are."""
    st.session_state[state.DOT] = None
    st.session_state[state.PLAYED] = False
    st.session_state[state.GROUP] = ()


def dot(rows: Dataset) -> int | None:
    """Return the row of the chosen setting."""
    row = st.session_state.get(state.DOT)
    return row if row is not None and row < len(rows) else None


def group(rows: Dataset) -> tuple[int, ...]:
    """Return the rows of the chosen group; empty for none."""
    numbers = st.session_state.get(state.GROUP) or ()
    return numbers if all(number < len(rows) for number in numbers) else ()


def found_words() -> tuple[str, ...]:
    """Return the words that are searched for."""
    return tuple(st.session_state.get(state.FOUND_WORDS) or ())


def named(rows: Dataset, row: int) -> NamedSetting:
    """Name a setting of the map as the other pages will call it."""
    params = tuple(rows.params[row].tolist())
    return NamedSetting(f"{rows.terms[row]}, setting {rows.setting_ids[row]}", params)
