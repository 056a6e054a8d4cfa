"""The window: PySide6 over `jobs`. What must happen before Qt or torch is imported happens here."""

from __future__ import annotations

import os
import sys

# With OpenMP's spinning, two busy threads on two contended cores train 5 to 10 times slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if sys.platform == "win32":
    import torch  # noqa: F401 - after Qt its libraries fail to load: https://github.com/pytorch/pytorch/issues/166628
