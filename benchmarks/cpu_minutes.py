"""The command line with its trainings timed in processor time, so that what else the machine does takes nothing away.

    python -m benchmarks.cpu_minutes train --data faces-128.zip --minutes 30 --threads 1

With one thread thirty minutes are then thirty minutes of one undisturbed core, however long they take.
"""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

from workbench.__main__ import main
from workbench.core.training import clock

if __name__ == "__main__":
    clock.time = SimpleNamespace(monotonic=time.process_time)  # type: ignore[assignment]
    sys.exit(main())
