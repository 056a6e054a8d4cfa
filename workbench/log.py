"""The program's log: one rotating file in the user's log folder, for what a user cannot mend."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from workbench.core.places import log_folder

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_MAX_BYTES = 1_000_000


def log_file() -> Path:
    """Where the log is, or will be once there is something to say."""
    return log_folder() / "workbench.log"


def start() -> None:
    """Send what the program's modules log to the file; harmless when done twice, silent when the folder is locked."""
    logger = logging.getLogger("workbench")
    for handler in [h for h in logger.handlers if isinstance(h, RotatingFileHandler)]:
        logger.removeHandler(handler)
        handler.close()
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        logger.addHandler(logging.NullHandler())  # a program that cannot keep a log still works
        return
    handler = RotatingFileHandler(log_file(), maxBytes=_MAX_BYTES, backupCount=3, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(_FORMAT))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
