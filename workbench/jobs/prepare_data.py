"""Import: decode every picture of a source once, and keep it at the size that a model wants. And: what is there?"""

from __future__ import annotations

import os
import platform
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from workbench.core.control import Control
from workbench.core.data.cache import (
    LARGEST,
    SMALLEST,
    CacheWriter,
    Dataset,
    UInt8,
    Unread,
    cache_path,
    forget,
    load_picture,
    of_the_disk,
    open_cache,
    unread_rows,
)
from workbench.core.data.listing import SourceLostError
from workbench.core.data.source import Source, open_source
from workbench.core.data.table import PARTITIONS
from workbench.core.errors import Stopped, WorkbenchError, file_errors
from workbench.core.events import Progress, Saved, Skipped
from workbench.core.lock import Lock
from workbench.core.pictures import decode_picture, picture_size
from workbench.jobs.api import Job

_CHUNK = 16
"""Pictures that one thread takes at a time: enough that handing them over costs nothing, few enough to stop soon."""
_SAVE_SECONDS = 2.0
"""A killed import loses at most this much."""
_REPORT_SECONDS = 0.1
_PAUSES, _ASKED_AGAIN = (0.05, 0.25), 100
"""Seconds before a picture that the disk did not give is asked for again, and how often an import does that at all."""
_CHECKED_SIZE = 64
"""A usual size of models: damage shows at any, and a small one is decoded sooner."""
_STEADY_SECONDS = 1.0
"""After this long the rate is worth a guess at the time left."""

Result = TypeVar("Result")


def prepare_data(where: str | Path, size: int, control: Control | None = None) -> Job[Dataset]:
    """Make sure that the pictures of a source are in the cache at `size`, and open them.

    A picture that cannot be read is skipped and listed. What was done before a stop, or a kill, is kept and not done
    again; what was prepared before is there at once.

    Args:
        where: as `open_source` takes it.
        size: side in pixels, 8 to 1024: the middle square of each picture is resized to it.
        control: to pause or stop.

    Yields:
        `Progress` (pictures), `Skipped`, at the end `Saved`.

    Raises:
        WorkbenchError: no data there, nothing in it can be read, no space, or another program imports it now.
        Stopped: by the user.
    """
    control = control or Control()
    if not SMALLEST <= size <= LARGEST:
        raise WorkbenchError(f"Pictures of {size} pixels are not possible.", f"Choose {SMALLEST} to {LARGEST}.")
    yield Progress("Preparing pictures", 0, None, "pictures")
    source = open_source(where)
    yield from source.skipped
    folder = cache_path(source, size)
    if readable_now(source, unread_rows(folder)) is not None:
        forget(folder)
    if (dataset := open_cache(source, size)) is None:
        with file_errors(folder, "write"):
            folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as turn:
            yield from _take_turn(turn, folder / "lock", control)
            if open_cache(source, size) is None:  # else another import has ended just now
                yield from _import(source, size, control)
        dataset = open_cache(source, size)
    if dataset is None:
        raise RuntimeError(f"the cache of {source.location} is not whole after its import")
    if not len(dataset):
        raise _nothing_readable(source, dataset.skipped[-1].reason)
    return dataset


def _take_turn(turn: ExitStack, lock: Path, control: Control) -> Iterator[Progress]:
    """Hold the lock in `turn`; of the same program another thread that holds it is waited for.

    It is at work for the same user, or about to stop for this one.
    """
    since, ours = time.monotonic(), _ours(lock)
    while True:
        try:
            turn.enter_context(Lock(lock, "These pictures are being prepared already, by another window or command."))
            return
        except WorkbenchError:
            before, ours = ours, _ours(lock)
            if not (before or ours):  # it may have been let go just now
                raise
        yield Progress("Waiting: these pictures are being prepared", int(time.monotonic() - since), None, "seconds")
        control.check()


def _ours(lock: Path) -> bool:
    """Whether this program holds the lock."""
    holder = Lock.holder(lock)
    return holder is not None and (holder.process, holder.computer) == (os.getpid(), platform.node())


def readable_now(source: Source, rows: Iterable[int]) -> int | None:
    """The first of these pictures, which the disk would not give, that can be read by now."""
    for row in rows:
        try:
            source.read(row)
        except (OSError, WorkbenchError):
            continue
        return row
    return None


class _Patience:
    """Asks again for a moment when the disk or the network, not the picture, is to blame; not for ever."""

    def __init__(self) -> None:
        self._left = _ASKED_AGAIN

    def __call__(self, read: Callable[[], Result]) -> Result:
        for pause in _PAUSES:
            try:
                return read()
            except OSError as error:
                if self._left <= 0 or not of_the_disk(error) or isinstance(error, PermissionError):
                    raise
            self._left -= 1
            time.sleep(pause)
        return read()


def _import(source: Source, size: int, control: Control) -> Job[None]:
    patiently = _Patience()

    def load(row: int) -> UInt8 | str:
        try:
            return patiently(lambda: load_picture(source, row, size))
        except SourceLostError:
            raise  # not a broken picture each: the cache would hold that for ever
        except WorkbenchError as error:
            return error.what
        except OSError as error:
            reason = error.strerror or str(error)
            return Unread(reason) if of_the_disk(error) else reason

    folder = cache_path(source, size)
    rows = len(source.table)
    writer = CacheWriter(folder, rows, size)
    try:
        for row, reason in enumerate(writer.reasons):
            if reason is not None:
                yield Skipped(source.table.names[row], reason)
        clock = Clock("Preparing pictures", writer.done, rows)
        saved = time.monotonic()
        for results in _in_threads(load, range(writer.done, rows)):
            first = writer.done
            writer.add(results)
            for row, result in enumerate(results, first):
                if isinstance(result, str):
                    yield Skipped(source.table.names[row], result)
            if time.monotonic() - saved > _SAVE_SECONDS:
                writer.save()
                saved = time.monotonic()
            yield from clock.report(writer.done)
            control.check()
        writer.finish(source.fingerprint)
    except (
        Stopped,
        WorkbenchError,
        GeneratorExit,
    ):  # stopped, the source is gone, or the host let go: keep what is done
        writer.save()
        raise
    finally:
        writer.close()
    yield Saved(folder, "data")


def _nothing_readable(source: Source, reason: str) -> WorkbenchError:
    return WorkbenchError(
        f"None of the {len(source.table)} pictures in '{source.location}' can be read: {reason}",
        "Choose a folder that contains JPEG, PNG, WebP, TIFF or HEIC files.",
    )


def _in_threads(work: Callable[[int], Result], rows: range) -> Iterator[list[Result]]:
    """`work` of each row, in order, a chunk at a time; only a few chunks are ever under way, so memory is bounded."""
    workers = os.cpu_count() or 1
    chunks = (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
    waiting: deque[Future[list[Result]]] = deque()
    with ThreadPoolExecutor(workers, "pictures") as pool:
        try:
            for chunk in chunks:
                waiting.append(pool.submit(lambda part: [work(row) for row in part], chunk))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


class Clock:
    """Says how far an import is, about ten times a second."""

    def __init__(self, task: str, done: int, total: int, unit: str = "pictures") -> None:
        self._task, self._first, self._total, self._unit = task, done, total, unit
        self._start = time.monotonic()
        self._reported = 0.0

    def report(self, done: int) -> Iterator[Progress]:
        now = time.monotonic()
        if now - self._reported < _REPORT_SECONDS and done < self._total:
            return
        self._reported = now
        seconds = now - self._start
        rate = (done - self._first) / seconds if seconds > 0 else None
        left = (self._total - done) / rate if rate and seconds > _STEADY_SECONDS else None
        yield Progress(self._task, done, self._total, self._unit, rate, left)


@dataclass(frozen=True)
class DataInfo:
    """What is at a place.

    Attributes:
        source, name, kind: where it is, and what.
        pictures: how many can be opened.
        sizes: (width, height) of the smallest, the median and the largest by area; equal when all are alike.
        partitions: pictures of train, validation, test; `partitions_made` of them are not said by the source.
        labels: by name, by part: how many (yes, no).
        persons: how many different ones, or None when the source does not say.
        columns: names of its other columns.
        skipped: files that are left out, and why.
        checked: whether every picture was decoded; otherwise one that is cut off in the middle is not among `skipped`.
    """

    source: str
    name: str
    kind: str
    pictures: int
    sizes: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    partitions: Mapping[str, int]
    partitions_made: int
    labels: Mapping[str, Mapping[str, tuple[int, int]]]
    persons: int | None
    columns: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    checked: bool = False


def describe_data(where: str | Path, control: Control | None = None, check: bool = False) -> Job[DataInfo]:
    """Look at every picture's header, in threads.

    Args:
        check: decode it too, as an import does, which takes as long: only that finds what is cut off in the middle.

    Raises:
        WorkbenchError: no data there, or none of it can be opened.
        Stopped: by the user.
    """
    control = control or Control()
    source = open_source(where)

    def look(row: int) -> tuple[int, int] | str:
        try:
            content = source.read(row)
            if isinstance(content, np.ndarray):
                return content.shape[1], content.shape[0]
            size = picture_size(content, source.table.names[row])
            if check:
                decode_picture(content, source.table.names[row], at_least=2 * _CHECKED_SIZE)
            return size
        except SourceLostError:
            raise
        except WorkbenchError as error:
            return error.what
        except OSError as error:
            return error.strerror or str(error)

    found: list[tuple[int, int] | str] = []
    clock = Clock("Decoding pictures" if check else "Looking at pictures", 0, len(source.table))
    for results in _in_threads(look, range(len(source.table))):
        found += results
        yield from clock.report(len(found))
        control.check()
    return _summary(source, found, check)


def _summary(source: Source, found: Sequence[tuple[int, int] | str], checked: bool) -> DataInfo:
    sizes = sorted((size for size in found if not isinstance(size, str)), key=lambda size: (size[0] * size[1], size))
    bad = [Skipped(source.table.names[row], reason) for row, reason in enumerate(found) if isinstance(reason, str)]
    if not sizes:
        raise _nothing_readable(source, bad[-1].reason)
    table = source.table.take(np.array([row for row, size in enumerate(found) if not isinstance(size, str)], np.int64))
    parts = table.parts()
    counts = Counter(parts.tolist())
    return DataInfo(
        source=source.location,
        name=source.name,
        kind=source.kind,
        pictures=len(table),
        sizes=(sizes[0], sizes[len(sizes) // 2], sizes[-1]),
        partitions={name: counts[part] for part, name in enumerate(PARTITIONS)},
        partitions_made=len(table) if table.partition is None else int((table.partition < 0).sum()),
        labels={
            label: {
                name: (int((values[parts == part] > 0).sum()), int((values[parts == part] < 0).sum()))
                for part, name in enumerate(PARTITIONS)
            }
            for label, values in table.labels.items()
        },
        persons=len(set(table.person) - {""}) if table.person is not None else None,
        columns=tuple(table.text),
        skipped=(*source.skipped, *bad),
        checked=checked,
    )
