"""Garbage is collected, but what imports made is not looked through each time."""

import gc
import sys
import types
import weakref

import pytest

from neural_eq.ui import collecting


@pytest.fixture(autouse=True)
def as_at_the_start(monkeypatch):
    monkeypatch.setattr(collecting, "_n_runs", 0)
    monkeypatch.setattr(collecting, "_n_modules", 0)
    yield
    gc.unfreeze()


class Knot:
    """Garbage that only a collection finds."""

    def __init__(self):
        self.own = self


def import_many(monkeypatch):
    for number in range(collecting.FEW_MODULES):
        monkeypatch.setitem(sys.modules, f"made_up_{number}", types.ModuleType("made_up"))


def test_what_is_alive_is_set_aside_when_much_was_imported(monkeypatch):
    collecting.set_modules_aside()
    n_aside = gc.get_freeze_count()
    assert n_aside > 10_000
    assert len(gc.get_objects()) < n_aside / 10
    kept = [[number] for number in range(1000)]
    collecting.set_modules_aside()
    assert gc.get_freeze_count() <= n_aside  # nothing was imported: nothing more is
    import_many(monkeypatch)
    collecting.set_modules_aside()
    assert gc.get_freeze_count() > n_aside
    assert len(kept) == 1000


def test_garbage_of_later_is_collected_as_ever():
    collecting.set_modules_aside()
    knot = Knot()
    seen = weakref.ref(knot)
    del knot
    gc.collect()
    assert seen() is None


def test_garbage_among_what_was_set_aside_is_found_in_time():
    knot = Knot()
    seen = weakref.ref(knot)
    collecting.set_modules_aside()
    del knot
    gc.collect()
    assert seen() is not None
    for _ in range(collecting.RUNS_BETWEEN):
        collecting.set_modules_aside()
    assert seen() is None
