"""Calculations in this process, one after another: no Dask, no process of their own."""

from collections.abc import Callable, Iterator, Sequence

from hemdata.errors import CallError, HemdataError
from hemdata.label.calculation import Calculation, Result
from hemdata.label.workers.isolated import Limits, stopped
from hemdata.processes import one_thread


def here(
    tasks: Sequence[Calculation],
    function: Callable[[Calculation], Result],
    limits: Limits,
    tick: Callable[[int], None],
) -> Iterator[list[Result]]:
    """Each result by itself, in the tasks' order, by one thread, as a worker's process would give it.

    Args:
        function: what computes one.
        tick: called with the number of workers before the first.

    Raises:
        CallError: for limits, which hold a process of its own alone; or where this process cannot compute at all.
    """
    if limits.seconds or limits.memory_gb:
        raise CallError(
            "A limit needs a process of its own for each calculation.",
            expected="at least one worker with --time-limit or --memory-limit",
            got="--workers 0, which computes in this process",
            fix="Give --workers 1, or no limit.",
        )
    tick(1)
    with one_thread():
        for task in tasks:
            try:
                result = function(task)
            except HemdataError:
                raise
            except Exception as error:
                result = stopped(task, error)
            yield [result]
