"""A renderer that never falls behind: only the newest request counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from workbench.core.errors import Failure

Request = TypeVar("Request")
Result = TypeVar("Result")


class Latest(Generic[Request, Result]):
    """A mailbox of one and a thread that empties it.

    A request that waits is replaced by a newer one. The thread starts with the first request.

    Args:
        render: called in the thread with a request.
        deliver: called in the thread with the request's stamp and the result, or the failure.
        name: of the thread.
    """

    def __init__(
        self,
        render: Callable[[Request], Result],
        deliver: Callable[[int, Result | Failure], None],
        name: str = "renderer",
    ) -> None:
        self._render = render
        self._deliver = deliver
        self._name = name
        self._changed = threading.Condition()
        self._waiting: tuple[int, Request] | None = None
        self._stamp = 0
        self._closed = False
        self._working = False
        self._thread: threading.Thread | None = None

    def ask(self, request: Request) -> int:
        """Render `request` next, instead of any that waits. Returns its stamp; stamps rise."""
        with self._changed:
            if self._closed:
                raise RuntimeError("asked after close()")
            self._stamp += 1
            self._waiting = (self._stamp, request)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()
            return self._stamp

    @property
    def idle(self) -> bool:
        """Whether nothing is being done and nothing waits."""
        with self._changed:
            return self._waiting is None and not self._working

    def close(self, *, finish: bool = False) -> None:
        """Wait for the thread; nothing is delivered afterwards. What waits is dropped, or to `finish` done first.

        May be called twice.
        """
        with self._changed:
            self._closed = True
            if not finish:
                self._waiting = None
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._working = False
                self._changed.wait_for(lambda: self._closed or self._waiting is not None)
                if self._waiting is None:
                    return
                stamp, request = self._waiting
                self._waiting, self._working = None, True
            result: Result | Failure
            try:
                result = self._render(request)
            except Exception as error:  # whatever it is, the one who asked must hear of it
                result = Failure.of(error)
            if not self._closed:
                self._deliver(stamp, result)
