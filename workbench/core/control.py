"""Pause, stop, stop after this epoch: asked by one thread, obeyed by another at its next yield."""

from __future__ import annotations

import threading

from workbench.core.errors import Stopped


class Control:
    """One job's remote control. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._running = threading.Event()
        self._running.set()
        self._walking = threading.Event()
        self._stop = threading.Event()
        self._stop_after_epoch = threading.Event()
        self._discard = threading.Event()

    def pause(self) -> None:
        """Hold the job at its next yield; everything it has stays in memory."""
        self._running.clear()

    def resume(self) -> None:
        """Let a paused job, or one that is walked, go on by itself."""
        self._walking.clear()
        self._running.set()

    def walk(self) -> None:
        """Hold a training after each phase of a step (each step, where it has none), until `next_phase` or `resume`."""
        self._walking.set()

    def next_phase(self) -> None:
        """Let a training that is walked do one more phase."""
        self._running.set()

    def stop(self) -> None:
        """End the job at its next yield, paused or not; it saves what it has."""
        self._stop.set()
        self._running.set()

    def stop_after_epoch(self) -> None:
        """End a training when its current epoch is through."""
        self._stop_after_epoch.set()
        self._running.set()

    def discard(self) -> None:
        """End a training at its next yield, as if what it did since its last checkpoint had never been."""
        self._discard.set()
        self.stop()

    @property
    def paused(self) -> bool:
        return not self._running.is_set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def stopping_after_epoch(self) -> bool:
        return self._stop_after_epoch.is_set()

    @property
    def discarding(self) -> bool:
        return self._discard.is_set()

    @property
    def walking(self) -> bool:
        return self._walking.is_set() and not self.stopping

    def hold_if_walked(self) -> bool:
        """Called by a training after a phase: one that is walked is paused until `next_phase` or `resume`.

        Gives whether it is walked. To be called before the phase is told: who hears of it may ask for the next one.
        """
        walked = self.walking
        if walked:
            self._running.clear()
            if self.stopping or not self._walking.is_set():  # stopped, or let go, in this very moment
                self._running.set()
        return walked

    def wait_while_paused(self, seconds: float | None = None) -> None:
        """Called by the job: returns at once unless it is paused, and after `seconds` at the latest."""
        self._running.wait(seconds)

    def rest(self, seconds: float) -> None:
        """Called by the job: lets this time pass, less when it is asked to stop."""
        self._stop.wait(seconds)

    def check(self) -> None:
        """Called by the job: waits while paused, raises `Stopped` when it was asked to stop."""
        self.wait_while_paused()
        if self.stopping:
            raise Stopped
