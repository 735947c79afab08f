"""What a newcomer's page is made of, made while the browser still fetches the app itself."""

from __future__ import annotations

import contextlib
import inspect

from neural_eq.ui.routing import importing


def make_ready() -> None:
    """Import what the first page needs and fill the caches that it reads; it asks for no session.

    Whatever is not made here the page makes itself, later. A table of one's own needs the model
    for its map, which is not loaded ahead of need.
    """
    with importing:
        from neural_eq.latent.projection import ProjectionConfig
        from neural_eq.ui import cached, collecting, models, state
        from neural_eq.ui.explore import screen  # noqa: F401

        _import_frame()
    dataset, _ = cached.default_dataset()
    rows, _ = cached.shown_rows(dataset)
    data = cached.data_key(rows)
    cached.word_counts(data, rows)
    cached.reading(data, rows)
    cached.all_curves(data, rows)
    ref = models.built_in_ref(state.BUILT_IN)
    cached.saved_words(ref.key)
    if rows.is_built_in:
        cached.saved_map(ref.key, ProjectionConfig(), len(rows))
    collecting.set_modules_aside()


def _import_frame() -> None:
    """Import what is around the page, and what Streamlit itself puts off to its first run."""
    import soundfile  # noqa: F401

    from neural_eq.ui import address, frame, link, undo  # noqa: F401
    from neural_eq.ui.sound import dock  # noqa: F401

    with contextlib.suppress(ImportError):
        import streamlit.material_icon_names  # noqa: F401
    inspect.stack()  # it remembers where each module came from
