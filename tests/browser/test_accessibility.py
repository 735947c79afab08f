"""axe-core's checks of every page, light and dark, wide and narrow."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PATHS = ("/", "/morph", "/audio", "/train", "/compare", "/presets")
GRAVE = ("serious", "critical")


def findings(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]}"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_a_serious_finding(new_tab, address, path):
    for width, scheme in ((1440, "light"), (390, "dark")):
        app = new_tab(address, color_scheme=scheme)
        app.page.set_viewport_size({"width": width, "height": 900})
        app.open(path)
        app.page.wait_for_timeout(500)
        found = findings(app.page)
        assert not found, "\n".join([f"{path}, {width} px, {scheme}:", *found])
