"""The library: a list to search and choose from, and what can be done with what is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

# st.dataframe would import it amid a drawing, when plotly of another session trips over its half
import pandas  # noqa: F401
import streamlit as st

from neural_eq.presets.collection import Contents, Kept
from neural_eq.presets.preset import MAX_NAME, MAX_TAG, MAX_TAGS
from neural_eq.ui import cached, state
from neural_eq.ui.current_eq import CurrentEq
from neural_eq.ui.markdown import escaped
from neural_eq.ui.names import toast_if_cut
from neural_eq.ui.presets import facts, listing, pair, shelf_export, using

ROW_HEIGHT, HEADER_HEIGHT = 44, 37
MAX_HEIGHT = 520
MAX_SAID = 3
"""Damaged files that are named; the rest are counted."""


def draw(contents: Contents, eq: CurrentEq) -> None:
    """Draw the list, and below it what is chosen in it."""
    _draw_damaged(contents.damaged)
    folder = escaped(str(cached.preset_library().folder))
    if not contents.kept:
        st.info(
            "The library is empty. “Save to library” puts the EQ in use here; “Open a file” takes"
            f" in what you have elsewhere. Presets are kept as files in {folder}."
        )
        _draw_undo()
        return
    rows = _rows(contents.kept)
    shown = _draw_search(rows, eq)
    if shown:
        _draw_table(shown)
    else:
        st.info("No preset has all of these words. Search by name, tag, word or what it does.")
    ids = {row.kept.preset_id for row in shown}
    chosen = contents.chosen(
        one for one in st.session_state.get(state.CHOSEN_PRESETS, []) if one in ids
    )
    _draw_chosen(chosen, contents, n_shown=len(shown))
    pair.draw(contents)
    st.caption(f"Kept as files in {folder}.")


def _draw_damaged(damaged: Sequence[str]) -> None:
    """Name the files that are no presets; they hinder nobody."""
    for sentence in damaged[:MAX_SAID]:
        st.warning(f"{escaped(sentence)} It is left out, and stays in the folder.")
    if len(damaged) > MAX_SAID:
        st.warning(f"{len(damaged) - MAX_SAID} more files of the folder are left out likewise.")


def _rows(kept: Sequence[Kept]) -> list[listing.Row]:
    with st.spinner("Comparing the presets with the words …"):
        nearest = facts.nearest_words([one.preset for one in kept])
    return [
        listing.Row(one, facts.facts(one.preset), near)
        for one, near in zip(kept, nearest, strict=True)
    ]


def _draw_undo() -> None:
    """Offer to bring back what was deleted last, then what was before."""
    if deleted := st.session_state.get(state.DELETED_PRESETS, []):
        n = f"{len(deleted[-1])} preset{'s' * (len(deleted[-1]) > 1)}"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Deleted {n}; the trash keeps them for a week.", width="content")
            st.button("Undo", icon=":material/undo:", key="undo_presets", on_click=_undo)


def _draw_search(rows: list[listing.Row], eq: CurrentEq) -> list[listing.Row]:
    """Draw search and order, and return the rows to show."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    search = left.text_input(
        "Search", key=state.COLLECTION_SEARCH, persist_state="session", type="search",
        placeholder="name, tag, word, what it does", live=True,
    )  # fmt: skip
    order = right.selectbox(
        "Order", list(listing.SORTS), key=state.COLLECTION_SORT, persist_state="session"
    )
    curve_db = facts.facts(using.in_use(eq)).curve_db
    return listing.in_order(listing.found(rows, search or ""), order, curve_db=curve_db)


def _draw_table(rows: list[listing.Row]) -> None:
    ids = [row.kept.preset_id for row in rows]
    key = f"library_{hash(tuple(ids))}"
    kept = st.session_state.get(state.COLLECTION_TABLE)
    chosen = st.session_state.get(state.CHOSEN_PRESETS, [])
    places = [place for place, one in enumerate(ids) if one in chosen]
    if kept is None or kept[0] != key:  # rows moved: choose the same presets in their new places
        kept = st.session_state[state.COLLECTION_TABLE] = (key, places)
    config = st.column_config
    st.dataframe(
        listing.columns(rows),
        key=key,
        hide_index=True,
        height=min(MAX_HEIGHT, ROW_HEIGHT * len(rows) + HEADER_HEIGHT),
        row_height=ROW_HEIGHT,
        on_select=partial(_choose, key, ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": kept[1]}},
        alt="The library; choose one or several presets",
        column_config={
            "Curve": config.ImageColumn(
                width=130, help="20 Hz to 20 kHz; the dashed line is 0 dB, the edge ±13 dB."
            ),
            "Name": config.TextColumn(width="medium"),
            "★": config.TextColumn(width=40, alignment="center"),
            "Nearest words": config.TextColumn(
                help="Of the model in use, with the RMS difference of the curves in dB."
            ),
            "Tags": config.ListColumn(width="small"),
        },
    )  # fmt: skip


def _choose(key: str, ids: list[str]) -> None:
    """Callback: remember by its id what was chosen by its place."""
    rows = st.session_state[key]["selection"]["rows"]
    st.session_state[state.CHOSEN_PRESETS] = [ids[row] for row in rows if row < len(ids)]


def _draw_chosen(chosen: list[Kept], contents: Contents, *, n_shown: int) -> None:
    if not chosen:
        n_kept = len(contents.kept)
        shown = f"{n_shown} of {n_kept} presets are listed. " if n_shown < n_kept else ""
        st.caption(
            f"{shown}Choose by the boxes at the left, or by Shift and Space in the list: one to use"
            " or change, several at once."
        )
    if len(chosen) == 1:
        _draw_one(chosen[0], contents)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if chosen:
            _draw_actions(chosen)
        shelf_export.draw(contents, chosen)
    _draw_undo()


def _draw_actions(chosen: list[Kept]) -> None:
    """Draw what can be done with any number of presets."""
    ids = [one.preset_id for one in chosen]
    many = f" {len(ids)} presets" if len(ids) > 1 else ""
    if len(chosen) == 2:
        st.button(
            "Compare as A and B", icon=":material/compare:", key="compare_two",
            on_click=pair.set_both, args=tuple(ids),
        )  # fmt: skip
    is_on = all(one.preset.is_starred for one in chosen)
    st.button(
        f"{'Unstar' if is_on else 'Star'}{many}", icon=":material/star:", key="star_presets",
        on_click=_star, args=(ids, not is_on),
    )  # fmt: skip
    st.button(
        f"Duplicate{many}", icon=":material/content_copy:", key="duplicate_presets",
        on_click=_duplicate, args=(ids,),
    )  # fmt: skip
    st.button(
        f"Delete{many}", icon=":material/delete:", key="delete_presets", on_click=_delete,
        args=(ids,), help="Can be undone.",
    )  # fmt: skip


def _draw_one(one: Kept, contents: Contents) -> None:
    """Draw what can be done with a single preset."""
    with st.container(horizontal=True):
        using.buttons(one.preset, key="kept")
        for side in pair.SIDES:
            st.button(
                f"Set as {side}", key=f"set_{side}", on_click=pair.set_side,
                args=(side, one.preset_id), help="Two presets, A and B, are compared below.",
            )  # fmt: skip
    if made_of := facts.made_of(one.preset):
        st.markdown(escaped(f"Made of {made_of}."))
    left, right = st.columns(2)
    name_key, tags_key = f"name_{one.preset_id}", f"tags_{one.preset_id}"
    st.session_state[name_key] = one.preset.name
    left.text_input(
        "Name of the preset", key=name_key, help=f"At most {MAX_NAME} characters.",
        on_change=_rename, args=(one.preset_id, name_key),
    )  # fmt: skip
    known = {tag: None for kept in contents.kept for tag in kept.preset.tags}
    st.session_state[tags_key] = list(one.preset.tags)
    right.multiselect(
        "Tags", list(known), key=tags_key, accept_new_options=True, max_selections=MAX_TAGS,
        placeholder="Type a tag and press Enter", help=f"At most {MAX_TAG} characters each.",
        on_change=lambda: using.attempt(
            cached.preset_library().change, one.preset_id, tags=st.session_state[tags_key]
        ),
    )  # fmt: skip


def _rename(preset_id: str, key: str) -> None:
    """Callback: call a preset what was typed."""
    typed = st.session_state[key]
    using.attempt(cached.preset_library().change, preset_id, name=typed)
    toast_if_cut(typed, most=MAX_NAME)


def _star(ids: list[str], is_starred: bool) -> None:
    for preset_id in ids:
        using.attempt(cached.preset_library().change, preset_id, is_starred=is_starred)
        if st.session_state[state.PRESETS_ERROR]:
            return


def _duplicate(ids: list[str]) -> None:
    made = using.attempt(cached.preset_library().duplicate, ids)
    if made:
        st.session_state[state.CHOSEN_PRESETS] = made


def _delete(ids: list[str]) -> None:
    using.attempt(cached.preset_library().delete, ids)
    if not st.session_state[state.PRESETS_ERROR]:
        st.session_state.setdefault(state.DELETED_PRESETS, []).append(ids)
        st.session_state[state.CHOSEN_PRESETS] = []


def _undo() -> None:
    """Callback: bring back what was deleted last."""
    ids = st.session_state[state.DELETED_PRESETS].pop()
    using.attempt(cached.preset_library().restore, ids)
    if not st.session_state[state.PRESETS_ERROR]:
        st.session_state[state.CHOSEN_PRESETS] = ids
