"""Each room imports only from rooms above it; streamlit stays in the app; nothing unpickles."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("errors", "files", "eq", "data", "model", "latent", "presets", "jobs", "cli", "ui")
# These run or import the whole package, not a room of it
DOORS = ("__init__", "__main__")
UNPICKLERS = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
# Of these, only what shares out work among processes: nothing of it reads a file
NO_UNPICKLERS = {"joblib.Parallel", "joblib.delayed", "joblib.cpu_count"}


def product_files():
    """Every Python file but the tests, as paths relative to the project."""
    folders = ("neural_eq", "pages", "assets", "benchmarks")
    files = [*ROOT.glob("*.py"), *(f for name in folders for f in (ROOT / name).rglob("*.py"))]
    return sorted(file.relative_to(ROOT) for file in files)


def module_name(path):
    """``neural_eq/eq/biquad.py`` is ``neural_eq.eq.biquad``; a package's ``__init__`` is kept."""
    return ".".join(path.with_suffix("").parts)


def imported_modules(tree, module):
    """Yield the line and the full name of everything imported, inside functions too.

    ``from a import b`` yields ``a.b``, since ``b`` may be a module; relative imports are resolved
    against ``module``.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            origin = ".".join(base + ([node.module] if node.module else []))
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called_name(node) in ("import_module", "__import__"):
            named = (str(a.value) for a in node.args[:1] if isinstance(a, ast.Constant))
            yield from ((node.lineno, name) for name in named)


def called_name(call):
    """``load`` of ``torch.load(…)`` and of ``load(…)``."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def rank(module):
    """Where a module stands in the order of rooms; None outside them."""
    package, _, rest = module.partition(".")
    if package in ("app", "pages"):
        return len(ROOMS)
    room = rest.partition(".")[0]
    return ROOMS.index(room) if package == "neural_eq" and room in ROOMS else None


def layout_faults(module, source):
    own_rank = rank(module)
    faults = []
    for line, name in imported_modules(ast.parse(source), module):
        other_rank = rank(name)
        if own_rank is not None and other_rank is not None and other_rank > own_rank:
            faults.append(f"{module}, line {line}: {name} is in a room below")
        may_show = own_rank is not None and own_rank >= ROOMS.index("ui")
        if name.split(".")[0] == "streamlit" and not may_show:
            faults.append(f"{module}, line {line}: streamlit belongs to ui, pages and app.py")
    return faults


def loader_faults(module, source):
    tree = ast.parse(source)
    faults = [
        f"{module}, line {line}: {name} may run code from a file"
        for line, name in imported_modules(tree, module)
        if name.split(".")[0] in UNPICKLERS and name not in NO_UNPICKLERS
    ]
    torch_load = {"torch.load", "torch.serialization.load"}
    faults += [
        f"{module}, line {line}: call torch.load by its full name, for this test to see it"
        for line, name in imported_modules(tree, module)
        if name in torch_load
    ]
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        if ast.unparse(call.func) in torch_load and not is_true(given.get("weights_only")):
            faults.append(f"{module}, line {call.lineno}: torch.load without weights_only=True")
        if "allow_pickle" in given and not is_false(given["allow_pickle"]):
            faults.append(f"{module}, line {call.lineno}: allow_pickle")
        if called_name(call) == "read_pickle":
            faults.append(f"{module}, line {call.lineno}: read_pickle")
    return faults


def is_true(node):
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node):
    return isinstance(node, ast.Constant) and node.value is False


@pytest.mark.parametrize("path", product_files(), ids=str)
def test_imports_come_from_above(path):
    assert layout_faults(module_name(path), (ROOT / path).read_text("utf-8")) == []


@pytest.mark.parametrize("path", product_files(), ids=str)
def test_no_file_is_unpickled(path):
    assert loader_faults(module_name(path), (ROOT / path).read_text("utf-8")) == []


def test_what_draws_itself_anew_has_a_place_that_stands():
    """Two fragments that poll side by side end the page, sooner or later, on a busy machine."""
    polling = [file for file in product_files() if "run_every" in (ROOT / file).read_text("utf-8")]
    assert polling == [Path("neural_eq/ui/redrawing.py")]
    source = (ROOT / polling[0]).read_text("utf-8")
    assert re.search(r"with st\.container\(\):\n\s+fragment\(", source)


def test_every_room_has_its_place():
    package = ROOT / "neural_eq"
    modules = {p.stem for p in package.glob("*.py")}
    modules |= {p.parent.name for p in package.glob("*/__init__.py")}
    assert modules <= {*ROOMS, *DOORS}


@pytest.mark.parametrize(
    ("module", "source", "n_faults"),
    [
        ("neural_eq.eq.biquad", "from neural_eq.errors import ParameterError", 0),
        ("neural_eq.eq.biquad", "from neural_eq.eq import params", 0),
        ("neural_eq.eq.biquad", "from neural_eq import data", 1),
        ("neural_eq.eq.biquad", "import neural_eq.data.safe_db as s", 1),
        ("neural_eq.eq.biquad", "def f():\n    from neural_eq.model.losses import mse", 1),
        ("neural_eq.eq.biquad", "from ..latent import terms", 1),
        ("neural_eq.eq.biquad", "from . import params", 0),
        ("neural_eq.eq.__init__", "from .biquad import peaking", 0),
        ("neural_eq.eq.__init__", "from ..data import demo", 1),
        ("neural_eq.jobs", "from .ui import state", 1),
        ("neural_eq.jobs", "import importlib\nimportlib.import_module('neural_eq.ui.state')", 1),
        ("neural_eq.ui.state", "import app", 1),
        ("neural_eq.ui.state", "import streamlit as st", 0),
        ("neural_eq.cli", "def f():\n    from streamlit.runtime import get_instance", 1),
        ("train_neural_eq", "import streamlit", 1),
        ("pages.train", "import streamlit\nfrom neural_eq.ui import state", 0),
    ],
)
def test_layout_faults_are_seen(module, source, n_faults):
    assert len(layout_faults(module, source)) == n_faults


TORCH_LOAD = "import torch\ntorch.load"
NUMPY_LOAD = "import numpy as np\nnp.load"


@pytest.mark.parametrize(
    ("source", "n_faults"),
    [
        (TORCH_LOAD + "(f, weights_only=True)", 0),
        (TORCH_LOAD + "(f)", 1),
        (TORCH_LOAD + "(f, weights_only=1)", 1),
        (TORCH_LOAD + "(f, weights_only=safe)", 1),
        ("from torch import load", 1),
        ("def f():\n    import pickle", 1),
        ("from joblib import load", 1),
        ("import joblib", 1),
        ("from joblib import Parallel, delayed", 0),
        (NUMPY_LOAD + "(f)", 0),
        (NUMPY_LOAD + "(f, allow_pickle=False)", 0),
        (NUMPY_LOAD + "(f, allow_pickle=True)", 1),
        ("import pandas as pd\npd.read_pickle(f)", 1),
        ("import json\njson.load(f)", 0),
    ],
)
def test_loader_faults_are_seen(source, n_faults):
    assert len(loader_faults("neural_eq.model.checkpoint", source)) == n_faults
