"""Neural EQ in the browser: ``streamlit run app.py``.

The server imports this file for what else it is to serve, and runs it as a script for each page.
"""

from pathlib import Path

import streamlit as st
from streamlit.error_util import handle_uncaught_app_exception
from streamlit.errors import FragmentHandledException

from neural_eq.errors import NeuralEqError
from neural_eq.ui import routing, server
from neural_eq.ui.markdown import escaped

ASSETS = Path(__file__).parent / "assets"


def run() -> None:
    """Draw what every page shares, and one page."""
    with routing.importing:
        from neural_eq.ui import address, collecting, frame, link, undo
        from neural_eq.ui.sound import dock

    page = st.navigation(routing.pages(), position="top")
    icon = str(ASSETS / "icon.svg")
    st.set_page_config(page_title=f"{page.title} · Neural EQ", page_icon=icon, layout="wide")
    st.html(ASSETS / "style.css")
    server.finish_imports(is_first_page=page.title == "Explore")
    link.begin()
    undo.follow()
    frame.header()
    undo.note()
    dock.draw(page.title)
    st.session_state[routing.ROUTED] = True
    try:
        page.run()
    except NeuralEqError as error:
        st.error(escaped(str(error)))
    except Exception as error:  # a run that ends by one keeps the parts that redraw themselves
        if not isinstance(error, FragmentHandledException):  # which has been shown in its place
            handle_uncaught_app_exception(error)
    address.write(link.for_address(), page=page.title)
    collecting.set_modules_aside()


if __name__ == "__main__":
    run()
else:
    app = st.App(__file__, **server.options())
