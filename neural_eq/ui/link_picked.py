"""What the address carries of the map: the setting in use, the chosen dot, the words looked for."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import numpy as np

from neural_eq.data.safe_db import Dataset
from neural_eq.ui import cached
from neural_eq.ui.state import (
    DATA,
    DOT,
    DOT_SOURCE,
    FOUND_WORDS,
    SOURCE,
    USED_DOT,
    Edit,
    NamedSetting,
    dot_of,
)

EQ, EQ_NAME, PICKED = "eq", "eq_name", "dot"
MAX_NAME_CHARS, MAX_FOUND = 60, 5
FROM_LINK = "From a link: "
"""How the name of a setting begins that only the address vouches for."""


def take(state: MutableMapping[Any, Any], params: dict[str, str]) -> list[str]:
    """Take over what is valid; return sentences on what is not."""
    refused = []
    rows, _ = cached.shown_rows(state[DATA])
    if params.get(EQ):
        found = Edit.from_address(params[EQ])
        if found is None:
            refused.append("The EQ is no setting that could be played.")
        else:
            name = params.get(EQ_NAME, "")
            state[USED_DOT], state[SOURCE] = _named(rows, name, found.params), DOT_SOURCE
    row, _, setting_id = params.get(PICKED, "").partition("-")
    # of another table, a row of that number would be another setting
    if row.isascii() and row.isdigit() and int(row) < len(rows):
        state[DOT] = int(row) if str(rows.setting_ids[int(row)]) == setting_id else None
    words = [word for word in params.get(FOUND_WORDS, "").split("|") if word in rows.terms]
    if words:
        state[FOUND_WORDS] = words[:MAX_FOUND]
    return refused


def _named(rows: Dataset, name: str, params: tuple[float, ...]) -> NamedSetting:
    """Name a setting as the map does if it is the map's, else say that the name came along."""
    setting_id = name.rpartition(", setting ")[2]
    if setting_id.isascii() and setting_id.isdigit():
        known = dot_of(rows, int(setting_id[:12]))
        if known and known.label == name and np.allclose(known.params, params, rtol=1e-6):
            return known
    shown = "".join(c for c in name if c.isprintable())[:MAX_NAME_CHARS].strip()
    return NamedSetting(f"{FROM_LINK}{shown or 'a setting'}", params)


def for_address(state: MutableMapping[Any, Any]) -> dict[str, str]:
    """Return what the address is to carry of them."""
    params = {}
    used, row = state.get(USED_DOT), state.get(DOT)
    if state.get(SOURCE) == DOT_SOURCE and used is not None:
        params[EQ] = Edit(used.params).for_address()
        params[EQ_NAME] = used.label.removeprefix(FROM_LINK)[:MAX_NAME_CHARS]
    rows, _ = cached.shown_rows(state[DATA])
    if row is not None and row < len(rows):
        params[PICKED] = f"{row}-{rows.setting_ids[row]}"
    words = state.get(FOUND_WORDS) or []
    if words and len(words) <= MAX_FOUND and len("|".join(words)) <= 2 * MAX_NAME_CHARS:
        params[FOUND_WORDS] = "|".join(words)
    return params
