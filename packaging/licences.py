"""Write the tables of docs/licences.md from what is installed: `python packaging/licences.py`.

The first table holds everything the program needs to run, and what that needs in turn; the second, the tools of those
who work on it, by name only.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
SHORT = {  # what some packages write in full or in a classifier, by the name that SPDX has for it
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "DFSG approved and MIT License": "MIT",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-or-later WITH Bootloader-exception",
    "NVIDIA Proprietary Software": "LicenseRef-NVIDIA-Proprietary",
}


def closure(wanted: Iterable[Requirement]) -> Iterator[Distribution]:
    """These packages and all that they need here, each once."""
    waiting = [(r.name, extra) for r in wanted for extra in ("", *r.extras)]
    seen: dict[str, Distribution] = {}
    asked = set[tuple[str, str]]()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in asked:
            continue
        asked.add((name, extra))
        try:
            found = distribution(name)
        except PackageNotFoundError:  # meant for another system
            continue
        seen[canonicalize_name(name)] = found
        for requirement in map(Requirement, found.requires or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                waiting += [(requirement.name, further) for further in ("", *requirement.extras)]
    yield from seen.values()


def licence(found: Distribution) -> str:
    """The licence that a package states: its expression, else its classifier, else the first line of its field."""
    metadata = found.metadata
    if expression := metadata.get("License-Expression"):
        return expression
    classifiers = [c.rpartition(" :: ")[2] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    stated = " and ".join(classifiers) or (metadata.get("License") or "not stated").strip().splitlines()[0]
    return SHORT.get(stated, stated)


def table(found: Iterable[Distribution]) -> str:
    """A Markdown table of packages, versions and licences."""
    rows = sorted({(d.metadata["Name"], d.version, licence(d)) for d in found}, key=lambda row: row[0].lower())
    return "\n".join(["| package | version | licence |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    tables = {
        "needed": table(closure(map(Requirement, project["project"]["dependencies"]))),
        "tools": table(distribution(Requirement(line).name) for group in groups.values() for line in group),
    }
    page = PAGE.read_text(encoding="utf-8")
    for name, content in tables.items():
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", lambda m, c=content: f"{m[1]}{c}{m[2]}", page, flags=re.S
        )
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
