"""Write ``licences.md``: everything that the app needs to run, and under which licence.

``python assets/make_licences.py`` reads what is installed of ``requirements.txt`` and of all that
it needs in turn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements.txt"
TABLE = Path(__file__).with_name("licences.md")

PERMISSIVE = {
    "MIT": r"MIT(-0|-CMU)?( License)?",
    "BSD": r"(0BSD|BSD|(New |Modified )?(2|3|2-Clause|3-Clause) ?-?(Clause )?BSD( License)?"
    r"|BSD[ -][23][ -]Clause( License)?|BSD License)",
    "Apache-2.0": r"Apache([ -]License)?( Software License)?(,? ?-?(Version )?2(\.0)?)?"
    r"( WITH LLVM-exception)?",
    "PSF-2.0": r"(PSF-2\.0|Python Software Foundation License)",
    "others": r"(ISC|Zlib|CC0-1\.0|BSL-1\.0|Unlicense|HPND)",
    # of certifi and tqdm: it binds changes of their own files, and nothing that uses them
    "MPL-2.0": r"(MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\))",
}
_PERMITTED = re.compile("|".join(PERMISSIVE.values()), re.IGNORECASE)

GRAPHICS_CARD = re.compile(r"(nvidia|cuda)-")
"""What PyTorch brings along on Linux for an NVIDIA card: NVIDIA's own terms; no part of ours."""

FOOT = """
Inside soundfile's package lies libsndfile, under LGPL-2.1 or later: a library of its own, loaded
as it is. On Linux, PyTorch brings NVIDIA's libraries for a graphics card, under NVIDIA's own
terms; `pip install torch --index-url` with PyTorch's address for CPU builds does without them.
"""


@dataclass(frozen=True)
class Package:
    """An installed package.

    Attributes:
        name: In lower case, with hyphens.
        licence: What its own metadata says.
    """

    name: str
    licence: str

    @property
    def is_permissive(self) -> bool:
        """Whether every licence that holds for it is; of "or", one is enough."""
        choices = re.split(r"\s+OR\s+", self.licence.strip("()"))
        return any(
            all(_PERMITTED.fullmatch(part.strip(" ()")) for part in re.split(r"\s+AND\s+", choice))
            for choice in choices
        )


def needed(requirements: Path = REQUIREMENTS) -> list[Package]:
    """Return what is installed of a requirements file and of what that needs, by name."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
    todo = [line for line in lines if line]
    found: dict[str, Package] = {}
    while todo:
        requirement = Requirement(todo.pop())
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        is_asked = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if name in found or not is_asked or GRAPHICS_CARD.match(name):
            continue
        package = metadata.distribution(name)
        found[name] = Package(name, licence_of(package.metadata))
        todo += package.requires or []
    return [found[name] for name in sorted(found)]


def licence_of(said: metadata.PackageMetadata) -> str:
    """Read the licence where a package names it: the expression, a short name, or a classifier."""
    if expression := said.get("License-Expression"):
        return expression
    short = (said.get("License") or "").strip()
    classifiers = [
        entry.rpartition("::")[2].strip()
        for entry in said.get_all("Classifier") or []
        if entry.startswith("License") and "::" in entry
    ]
    named = [name for name in classifiers if name != "OSI Approved"]
    if len(short) <= 40 and "\n" not in short and _PERMITTED.fullmatch(short):
        return short
    return " AND ".join(named) or short.partition("\n")[0][:60] or "not named"


def table(packages: list[Package]) -> str:
    """Write the table."""
    lines = ["# What Neural EQ runs on", "", "Made by `python assets/make_licences.py`.", ""]
    lines += ["| package | licence |", "|---|---|"]
    lines += [f"| {package.name} | {package.licence} |" for package in packages]
    return "\n".join(lines) + "\n" + FOOT


if __name__ == "__main__":
    TABLE.write_text(table(needed()), encoding="utf-8")
