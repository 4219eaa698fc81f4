"""Do one task in many places at once, the farthest first; one that fails is a value, and stops no other."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from secguard.errors import AwsError, NoCredentials, Unreachable
from secguard.model import Place, Unreached

T = TypeVar("T")
R = TypeVar("R")

MOST_THREADS = 64

# Typical round trips from us-east-1 in milliseconds. Only their order matters, and it matters little elsewhere: a chain
# of calls to the farthest Region takes as long as the whole, so it must not start last.
ROUND_TRIPS = {
    "us-east-1": 20, "us-east-2": 30, "ca-central-1": 35, "mx-central-1": 65, "ca-west-1": 70, "us-west-1": 75,
    "us-west-2": 80, "eu-west-1": 95, "eu-west-2": 100, "eu-west-3": 105, "eu-central-1": 110, "eu-central-2": 115,
    "eu-south-2": 118, "eu-south-1": 120, "eu-north-1": 125, "il-central-1": 160, "ap-northeast-1": 170,
    "ap-northeast-3": 175, "ap-northeast-2": 190, "ap-east-2": 195, "me-south-1": 200, "ap-south-1": 200,
    "me-central-1": 205, "ap-south-2": 205, "ap-southeast-2": 210, "ap-southeast-6": 215, "ap-east-1": 220,
    "ap-southeast-4": 220, "ap-southeast-1": 230, "ap-southeast-5": 235, "ap-southeast-3": 240, "ap-southeast-7": 240,
    "af-south-1": 240, "sa-east-1": 250,
}  # fmt: skip
UNKNOWN_DISTANCE = 245


def distance(region: str) -> int:
    """How long a round trip takes, roughly, in milliseconds."""
    return ROUND_TRIPS.get(region, UNKNOWN_DISTANCE)


def fan_out(
    items: Iterable[T],
    task: Callable[[T], R],
    *,
    place: Callable[[T], Place],
    prepare: Callable[[T], None] | None = None,
    limit: float | None = None,
) -> Iterator[tuple[T, R | Unreached]]:
    """Each item with what its task returned, as they come; an AwsError becomes Unreached.

    `prepare` runs before the task, for one item at a time: for what threads would only fight over. `limit`: seconds
    after which a task that has not come back is Unreached. NoCredentials in every place is raised, and so is any other
    exception (WouldWrite is one), once the rest is over. To stop early, or on Ctrl-C, nothing is waited for.
    """
    todo = sorted(items, key=lambda item: -distance(place(item).region))
    fan = _Fan(todo, task, prepare)
    try:
        yield from _told(fan.results(limit), todo, place)
    finally:
        fan.stop()


def _told(
    results: Iterable[tuple[int, R | BaseException]], todo: Sequence[T], place: Callable[[T], Place]
) -> Iterator[tuple[T, R | Unreached]]:
    held: list[tuple[T, NoCredentials]] = []
    bugs: list[BaseException] = []
    told = 0
    for index, result in results:
        match result:
            case NoCredentials():
                held.append((todo[index], result))
            case AwsError():
                told += 1
                yield todo[index], _unreached(place(todo[index]), result)
            case BaseException():
                bugs.append(result)
            case _:
                told += 1
                yield todo[index], result
    if bugs:
        raise bugs[0]
    if held and not told:
        raise held[0][1]
    yield from ((item, _unreached(place(item), error)) for item, error in held)


def _unreached(where: Place, error: AwsError) -> Unreached:
    return Unreached(account=where.account, region=where.region, why=str(error))


class _Fan(Generic[T, R]):
    """Daemon threads that take items from one line: nobody waits for them when the program ends."""

    def __init__(self, todo: Sequence[T], task: Callable[[T], R], prepare: Callable[[T], None] | None) -> None:
        self._todo = todo
        self._task = task
        self._prepare = prepare
        self._stopped = threading.Event()
        self._ready: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._done: queue.Queue[tuple[int, R | BaseException]] = queue.Queue()
        self._running: dict[int, float] = {}

    def stop(self) -> None:
        """Begin nothing more, and let idle threads go."""
        self._stopped.set()
        self._ready.put(None)

    def results(self, limit: float | None) -> Iterator[tuple[int, R | BaseException]]:
        """What became of each item, by its number, as they come."""
        open_items = set(range(len(self._todo)))
        threading.Thread(target=self._begin, name="fan-out", daemon=True).start()
        while open_items:
            try:
                index, result = self._done.get(timeout=self._patience(limit))
            except queue.Empty:
                yield from self._overdue(open_items, limit)
                continue
            if index in open_items:
                open_items.discard(index)
                yield index, result

    def _begin(self) -> None:
        """Hand out the items in their order, with one more thread for each while there may be more."""
        threads = 0
        for index, item in enumerate(self._todo):
            if self._stopped.is_set():
                return
            try:
                if self._prepare is not None:
                    self._prepare(item)
            except BaseException as error:  # noqa: BLE001 - told by `results`, in the thread that asked
                self._done.put((index, error))
                continue
            self._ready.put(index)
            if threads < MOST_THREADS:
                threads += 1
                self._work()

    def _work(self) -> None:
        threading.Thread(target=self._take_turns, name="fan-out", daemon=True).start()

    def _take_turns(self) -> None:
        while (index := self._ready.get()) is not None and not self._stopped.is_set():
            self._running[index] = time.monotonic()
            try:
                result: R | BaseException = self._task(self._todo[index])
            except BaseException as error:  # noqa: BLE001 - told by `results`, in the thread that asked
                result = error
            self._running.pop(index, None)
            self._done.put((index, result))
        self._ready.put(None)  # the next thread is to go as well

    def _patience(self, limit: float | None) -> float | None:
        """Seconds until the next task is overdue."""
        if limit is None:
            return None
        oldest = min(list(self._running.values()), default=time.monotonic())
        return max(0.0, oldest + limit - time.monotonic()) + 0.01

    def _overdue(self, open_items: set[int], limit: float | None) -> Iterator[tuple[int, AwsError]]:
        assert limit is not None
        for index, started in list(self._running.items()):
            if time.monotonic() - started >= limit and index in open_items:
                open_items.discard(index)
                self._running.pop(index, None)
                self._work()  # in place of the one that hangs
                yield index, Unreachable(f"no answer within {limit:g} s")
