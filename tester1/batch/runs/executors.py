"""Where the jobs of a batch run: one interface, `concurrent.futures.Executor`.

Here, a pool of threads, each with a warm worker process of its own (`pool`). On a
cluster, the executor of a Dask client: its scheduler hands jobs to the workers on all
nodes, does those of a lost worker again elsewhere, and moves each submission to a
worker once.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

from tester1.batch.errors import BatchError
from tester1.batch.runs.pool import close_shared_pool

__all__ = ["Engine", "cluster", "engine", "local"]

_CONNECT_LIMIT_S: Final = 10
_WORKERS_LIMIT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Engine:
    """An executor, and what a batch has to know to use it."""

    executor: Executor
    width: Callable[[], int]
    """How many jobs it does at a time, at present."""
    ahead: Callable[[], int]
    """How many more it is to have, so that none of its workers has to wait."""
    ship: Callable[[bytes], Any]
    """Makes of a packed submission the argument by which jobs get it."""


@contextlib.contextmanager
def engine(workers: int, scheduler: str | None) -> Iterator[Engine]:
    """`workers` processes here, or the cluster of a Dask scheduler, until it is left.

    Raises `BatchError` if the scheduler cannot be used.
    """
    with local(workers) if scheduler is None else cluster(scheduler) as made:
        yield made


@contextlib.contextmanager
def local(workers: int) -> Iterator[Engine]:
    """Worker processes on this machine."""
    executor = ThreadPoolExecutor(workers, thread_name_prefix="raftlab")
    try:
        yield Engine(executor, lambda: workers, lambda: 1, lambda archive: archive)
    finally:
        # In this order: nothing new begins, what still runs is ended, and then the
        # threads that wait for it end by themselves.
        executor.shutdown(wait=False, cancel_futures=True)
        close_shared_pool()
        executor.shutdown(wait=True)


class _DaskClient(Protocol):
    """What is used of `distributed.Client`, whose functions mostly have no types."""

    def get_executor(self, *, pure: bool) -> Executor: ...

    def nthreads(self) -> Mapping[str, int]: ...

    def submit(self, func: Callable[..., Any], *args: Any) -> Any: ...

    def wait_for_workers(self, n_workers: int, timeout: float) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: Any, error: Any, traceback: Any, /) -> object: ...


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Engine]:
    """The workers of a Dask cluster, by the address of its scheduler."""
    with _connect(address) as client:
        try:
            client.wait_for_workers(1, timeout=_WORKERS_LIMIT_S)
        except TimeoutError:
            raise BatchError(
                f"--scheduler {address}: has no workers; start some with "
                f"`dask worker {address}`"
            ) from None

        def width() -> int:
            return max(1, sum(client.nthreads().values()))

        yield Engine(
            # Not pure: of two equal calls Dask would do one, and a job that has failed
            # is handed out again in the same words.
            client.get_executor(pure=False),
            width,
            width,  # one travels while one runs
            # Computed where it is needed from what the scheduler keeps, it survives
            # the loss of any worker, as data that is sent to the workers does not.
            lambda archive: client.submit(_same, archive),
        )


def _connect(address: str) -> _DaskClient:
    if not _is_address(address):
        raise BatchError(
            f"--scheduler {address}: is no address; `dask scheduler` prints its own, "
            "such as tcp://10.0.0.1:8786"
        )
    # Only here: it is an extra, which need not be there.
    try:
        import distributed
    except ImportError:
        raise BatchError(
            "--scheduler needs Dask: pip install 'raftlab[cluster]'"
        ) from None
    # What it has to say about lost connections and workers is not for the terminal.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    client: Callable[..., _DaskClient] = distributed.Client
    try:
        return client(address, timeout=_CONNECT_LIMIT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise BatchError(
            f"--scheduler {address}: cannot be reached ({_first_line(error)}); start "
            "one with `dask scheduler`, which prints its address"
        ) from None


def _is_address(text: str) -> bool:
    with contextlib.suppress(ValueError):
        parts = urlsplit(text)
        return bool(parts.scheme and parts.hostname and parts.port)
    return False


def _same(archive: bytes) -> bytes:
    return archive


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
