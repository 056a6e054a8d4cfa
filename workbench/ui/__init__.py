"""The window: PySide6 over jobs."""
