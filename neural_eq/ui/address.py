"""The browser's address: it carries what a session chose, and adds no step to its history.

Streamlit's own query parameters push a step for each change, and one more when a page with
any is left; the back button then has to be pressed again and again. So the address is read
once, when a session begins, and from then on written in place by a line of JavaScript.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

_JS = """
export default function({data}) {
  const url = new URL(window.location.href);
  if (url.search !== data.query) {
    url.search = data.query;
    window.history.replaceState(window.history.state, "", url);
  }
}
"""
_mount = st.components.v2.component("neural_eq_address", html="<i hidden></i>", js=_JS)


def write(params: Mapping[str, str], *, page: str, key: str = "address") -> None:
    """Show parameters in the address of a page; the last thing that ``app.py`` does, and what a
    part of a page that is drawn by itself does under a ``key`` of its own."""
    query = f"?{urlencode(params)}" if params else ""
    # the page is there so that the line runs again after a page switch has dropped the query
    _mount(key=key, data={"query": query, "page": page})


def read() -> dict[str, str]:
    """Return the parameters that this session was opened with."""
    return {name: st.query_params[name] for name in st.query_params}
