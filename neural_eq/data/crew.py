"""Who makes the files of a batch: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import functools
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Any
from uuid import uuid4

from neural_eq.data.batch import Crew, Outcome, Task, make, ready
from neural_eq.errors import ParameterError, RunError

ANSWER_PATIENCE_S = 10.0
"""How long a scheduler may take to answer."""

WORKERS_PATIENCE_S = 60.0
"""How long a cluster may be without any worker."""

_LOOK_EVERY_S = 1.0

Work = Callable[[Task], Outcome]


def n_cores() -> int:
    """Cores that this process may use."""
    from joblib import cpu_count

    return int(cpu_count())


def processes(n_workers: int, *, work: Work = make) -> Crew:
    """Work in processes of this machine.

    A file that kills its process is tried once more, alone; the others only start again.

    Args:
        n_workers: How many at once, one or more.
        work: What is done with each.
    """

    def crew(tasks: Sequence[Task]) -> Generator[tuple[Task, Outcome], None, None]:
        waiting, suspects = deque(tasks), deque[Task]()
        while waiting or suspects:
            is_alone = bool(suspects)
            line = deque([suspects.popleft()]) if is_alone else waiting
            under_way: dict[str, Task] = {}
            try:
                for task, outcome in _in_processes(line, under_way, n_workers, work):
                    del under_way[task.name]
                    yield task, outcome
            except BrokenProcessPool:
                if not is_alone:
                    suspects.extend(under_way.values())
                    continue
                for task in under_way.values():
                    yield task, Outcome(error=_killed(task))

    return crew


def _in_processes(
    line: deque[Task], under_way: dict[str, Task], n_workers: int, work: Work
) -> Iterator[tuple[Task, Outcome]]:
    from joblib import Parallel, delayed

    def handed_out() -> Iterator[Any]:
        while line:
            task = line.popleft()
            under_way[task.name] = task
            yield delayed(_done)(task, work, os.getpid())

    # one at a time is never done in this process, which must outlive a crash
    yield from Parallel(
        n_jobs=max(n_workers, 2),
        pre_dispatch=n_workers if n_workers == 1 else 2 * n_workers,
        batch_size=1,
        return_as="generator_unordered",
    )(handed_out())


def _done(task: Task, work: Work, parent_id: int) -> tuple[Task, Outcome]:
    _end_with(parent_id)
    return task, work(task)


@functools.cache
def _end_with(parent_id: int) -> None:
    """Let this process end when its parent does, however that ends; joblib's would stay on."""

    def watch() -> None:
        while os.getppid() == parent_id:
            time.sleep(_LOOK_EVERY_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()


def _killed(task: Task) -> str:
    return (
        f"{task.name} ended the process that worked on it, each time; it is damaged, or needs more"
        " memory than there is."
    )


def cluster(address: str) -> Crew:
    """Work on a Dask cluster, whose workers must see both folders under the same paths.

    Args:
        address: Of the scheduler, such as ``tcp://10.0.0.5:8786``.

    Raises:
        RunError: If Dask is not installed; the crew itself, if the cluster does not answer, lacks
            this program or goes away.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise RunError(
            "--scheduler needs Dask, which is not installed here; install the package distributed."
        ) from error

    def crew(tasks: Sequence[Task]) -> Generator[tuple[Task, Outcome], None, None]:
        with _client(address) as client:
            yield from _on_cluster(client, address, tasks)

    return crew


def _client(address: str) -> Any:
    from distributed import Client

    try:
        return Client(address, timeout=ANSWER_PATIENCE_S, set_as_default=False)
    except OSError as error:  # a time-out is one too
        raise RunError(f"--scheduler is {address}, and no Dask scheduler answers there.") from error
    except (ValueError, TypeError) as error:
        raise ParameterError(
            f"--scheduler is {address!r}; it must be an address such as tcp://127.0.0.1:8786."
        ) from error


def _on_cluster(
    client: Any, address: str, tasks: Sequence[Task]
) -> Generator[tuple[Task, Outcome], None, None]:
    run_id = uuid4()
    done: queue.SimpleQueue[Any] = queue.SimpleQueue()
    probe = client.submit(ready, key=f"neural-eq-{run_id}-probe", pure=False)
    probe.add_done_callback(done.put)
    _next(done, client, address)
    if probe.status != "finished":
        raise RunError(
            f"The cluster at {address} cannot run this program ({probe.exception()}); install"
            " neural-eq on its scheduler and workers."
        )
    futures = {}
    for number, task in enumerate(tasks):
        future = client.submit(make, task, key=f"neural-eq-{run_id}-{number}", pure=False)
        futures[future.key] = future, task
        future.add_done_callback(done.put)
    try:
        while futures:
            future, task = futures.pop(_next(done, client, address).key)
            yield task, _outcome(future, task, address)
    finally:
        if client.status == "running":
            client.cancel([future for future, _ in futures.values()])


def _next(done: queue.SimpleQueue[Any], client: Any, address: str) -> Any:
    """Wait for the next future that is done, as long as there is a cluster to wait for."""
    alone_since: float | None = None
    while True:
        try:
            return done.get(timeout=_LOOK_EVERY_S)
        except queue.Empty:
            pass
        if client.status != "running":
            raise _gone(address)
        now = time.monotonic()
        alone_since = None if client.scheduler_info()["workers"] else alone_since or now
        if alone_since is not None and now - alone_since > WORKERS_PATIENCE_S:
            raise RunError(
                f"The cluster at {address} has had no worker for {WORKERS_PATIENCE_S:g} s; start"
                " some, and run this again to go on."
            )


def _outcome(future: Any, task: Task, address: str) -> Outcome:
    from distributed.scheduler import KilledWorker

    if future.status in ("cancelled", "lost"):
        raise _gone(address)
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, KilledWorker):
        return Outcome(error=_killed(task))
    return Outcome(error=f"{task.name} failed on the cluster ({type(error).__name__}: {error}).")


def _gone(address: str) -> RunError:
    return RunError(f"The cluster at {address} went away; run this again to go on.")
