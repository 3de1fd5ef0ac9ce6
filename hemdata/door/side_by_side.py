"""Steps done side by side: one of each kind at a time, each once what it needs is done, as many as memory holds."""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Event, Thread

from hemdata.study.planning.steps import Step

OF_THE_STORE = {"label", "screen"}
"""Both write into the label store, which is one process's at a time."""
LOOK_SECONDS = 1.0
"""Between two looks, so that Ctrl-C is heard."""
END_SECONDS = 60.0
"""For steps that are to stop; one that does not by then ends with the process, which loses nothing either."""


def side_by_side(
    due: Sequence[Step],
    done: set[str],
    do: Callable[[Step], object],
    *,
    memory_gb: Callable[[Step], float],
    room_gb: float,
    stop: Event,
) -> None:
    """Do steps, each in a thread of its own; of several that may begin, the one that comes first does.

    Args:
        due: what is to be done.
        done: ids of the steps that are done before; each one that ends is added.
        do: does one.
        memory_gb: what a step needs; together they keep to `room_gb`, and one alone may always run.
        stop: set where Ctrl-C or an error ends all; the steps look at it.

    Raises:
        BaseException: the first that a step raises, after the others have stopped.
    """
    waiting, running = list(due), dict[str, tuple[Step, Thread]]()
    ended: SimpleQueue[tuple[Step, BaseException | None]] = SimpleQueue()

    def work(step: Step) -> None:
        try:
            do(step)
        except BaseException as error:
            ended.put((step, error))
        else:
            ended.put((step, None))

    def fits(step: Step) -> bool:
        beside = [other for other, _ in running.values()]
        if any(
            other.kind == step.kind or {other.kind, step.kind} <= OF_THE_STORE for other in beside
        ) or not step.begins(done):
            return False
        return not beside or sum(map(memory_gb, [*beside, step])) <= room_gb

    try:
        while waiting or running:
            for step in list(waiting):
                if fits(step):
                    waiting.remove(step)
                    thread = Thread(target=copy_context().run, args=(work, step), name=step.id, daemon=True)
                    running[step.id] = step, thread
                    thread.start()
            try:
                step, error = ended.get(timeout=LOOK_SECONDS)
            except Empty:
                continue
            if error is not None:
                raise error
            del running[step.id]
            done.add(step.id)
    except BaseException:
        stop.set()
        for _, thread in running.values():
            thread.join(END_SECONDS)
        raise
