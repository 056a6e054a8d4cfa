"""Which build of torch this computer gets.

The usual index has one build per system. On Linux it contains CUDA: about 3 GB to load that a computer without an
NVIDIA card has no use for, though it works there too. Builds for the CPU alone are called 2.13.0+cpu and the like.
torch and torchvision always come as a pair from one index: a torchvision made for another torch cannot be imported.
"""

from __future__ import annotations

import json
import re
import sys

from environment import Environment, Refusal, need_space, say, works

SPACE_WITH_CUDA = 9  # gigabytes: 5.5 installed, 3 of downloads
SPACE_WITHOUT = 3


def newest_cpu_pair(torch: list[str], torchvision: list[str]) -> tuple[str, str] | None:
    """The newest builds for the CPU alone that belong together: torch 2.N goes with torchvision 0.(N + 15).

    >>> newest_cpu_pair(["2.14.0+cpu", "2.13.0+cpu", "2.13.0"], ["0.29.0", "0.28.0+cpu"])
    ('2.13.0+cpu', '0.28.0+cpu')
    """
    ours, theirs = _cpu_builds(torch), _cpu_builds(torchvision)
    minor = max((n for n in ours if n + 15 in theirs), default=None)
    return None if minor is None else (ours[minor], theirs[minor + 15])


def _cpu_builds(versions: list[str]) -> dict[int, str]:
    """The newest CPU build of each minor version."""
    newest: dict[int, tuple[int, str]] = {}
    for version in versions:
        match = re.fullmatch(r"\d+\.(\d+)\.(\d+)\+cpu", version)
        if match:
            minor, patch = int(match[1]), int(match[2])
            newest[minor] = max(newest.get(minor, (-1, "")), (patch, version))
    return {minor: version for minor, (_, version) in newest.items()}


def find_cpu_pair(environment: Environment, *index: str) -> list[str]:
    """What pip has to be told for the CPU pair of an index (pip's options for it); empty when it has none."""

    def versions(package: str) -> list[str]:
        answer = environment.ask("-m", "pip", "index", "versions", package, "--json", *index)
        return json.loads(answer.stdout)["versions"] if answer.returncode == 0 else []

    pair = newest_cpu_pair(versions("torch"), versions("torchvision"))
    if pair is None:
        return []
    wanted = [f"torch=={pair[0]}", f"torchvision=={pair[1]}"]
    dry_run = environment.ask("-m", "pip", "install", "--dry-run", "--no-deps", *wanted, *index)
    return wanted if dry_run.returncode == 0 else []


def choose_torch(environment: Environment, wish: str, index: str | None) -> list[str]:
    """What pip has to be told about torch: exact builds, or nothing, which takes those of the usual index.

    Args:
        environment: where torch will be installed; its pip is asked.
        wish: "auto" (what is there, else what fits the computer), "cpu" or "cuda".
        index: where PyTorch keeps further builds; None asks the usual index alone.

    Raises:
        Refusal: a CPU build was asked for and is nowhere, or the disk is too full.
    """
    if wish == "auto" and environment.has("torch") and environment.has("torchvision"):
        return []
    cuda_is_usual = sys.platform == "linux"
    if cuda_is_usual and (wish == "cpu" or (wish == "auto" and not works("nvidia-smi"))):
        pair = find_cpu_pair(environment)
        if not pair and index:
            pair = find_cpu_pair(environment, "--index-url", index)
            pair += ["--extra-index-url", index] if pair else []
        if pair:
            need_space(SPACE_WITHOUT)
            return pair
        if wish == "cpu":
            raise Refusal(
                "There is no pair of torch and torchvision for the CPU alone in the package index. Give the address "
                "that pytorch.org/get-started names for 'CPU' with --torch-index, or leave out --torch."
            )
        say("No torch for the CPU alone was found. The one with CUDA works without an NVIDIA card too, so it is taken.")
    if cuda_is_usual:
        say("torch: about 3 GB to load, 5.5 GB on disk.")
    need_space(SPACE_WITH_CUDA if cuda_is_usual else SPACE_WITHOUT)
    return ["torch", "torchvision", "--extra-index-url", index] if wish == "cuda" and index else []
