"""Where a model computes: choose a device, describe what there is, set threads and precision."""

from __future__ import annotations

import contextlib
import gc
import os
from typing import Literal

import torch

from workbench.core.errors import WorkbenchError

Precision = Literal["float32", "bfloat16"]
DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str = "auto") -> torch.device:
    """The device called `name`; "auto" takes CUDA, then MPS (Apple), then the CPU.

    Raises:
        WorkbenchError: no such device, or it is not usable on this computer.
    """
    kind = name.partition(":")[0]
    if kind not in DEVICES:
        raise WorkbenchError(f"There is no device '{name}'.", f"Choose one of: {', '.join(DEVICES)}.")
    usable = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if kind == "auto":
        return torch.device("cuda" if usable["cuda"] else "mps" if usable["mps"] else "cpu")
    if not usable[kind]:
        raise WorkbenchError(
            f"The device '{name}' cannot be used on this computer.",
            "Choose 'auto' or 'cpu'; 'workbench doctor' says what there is.",
        )
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise WorkbenchError(f"There is no device '{name}'.", "Write it as cuda or cuda:1.") from error
    if kind == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise WorkbenchError(f"There is no device '{name}'.", f"There are {torch.cuda.device_count()}, from cuda:0.")
    return device


def describe_device(device: torch.device) -> str:
    """One line for people: what the device is."""
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        return f"{properties.name}, {properties.total_memory / 2**30:.0f} GB"
    if device.type == "mps":
        return "Apple GPU"
    return f"CPU, {os.cpu_count()} cores"


def usable_devices() -> dict[str, str]:
    """The devices that torch can use here: what each is, by name."""
    devices = [torch.device("cpu")]
    devices += [torch.device("cuda", n) for n in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append(torch.device("mps"))
    return {str(device): describe_device(device) for device in devices}


def fast_precision(device: torch.device) -> Precision:
    """bfloat16 where the processor multiplies it natively, else float32.

    Decided by what the processor is, never by timing it: the same seed must give the same weights.
    On an AVX-512 CPU with bfloat16 it trains 1.6 times faster; on a CPU without, it would be emulated and slow.
    """
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    if device.type == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return "bfloat16"
    return "float32"


def autocast(device: torch.device, precision: str) -> contextlib.AbstractContextManager[object]:
    """Within it torch computes in `precision` where that is exact enough."""
    if precision == "bfloat16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def free_memory(device: torch.device) -> None:
    """Give back what torch keeps of a device's memory without needing it."""
    torch.clear_autocast_cache()
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def set_threads(threads: int | None) -> int:
    """Let this thread's torch operations use `threads` cores (None: all of them); gives the number.

    The setting belongs to the calling thread: a job calls it in its own.
    """
    torch.set_num_threads(max(1, threads or os.cpu_count() or 1))
    return torch.get_num_threads()
