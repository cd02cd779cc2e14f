"""Rules for queues: what is put is got, once, in the order of the queue's kind.

Who of several that wait gets an item, or a free place, is open, and a newcomer may be
faster than those that wait.
"""

from __future__ import annotations

from tests.labrt.differential import language as lang
from tests.labrt.differential.language import QueueKind
from tests.labrt.differential.reference.state import Machine, Queue, Rule, State, Steps


def _put(machine: Machine, state: State, who: int, op: lang.Put) -> Steps:
    spec, queue = machine.program.parts.queues[op.queue], state.queues[op.queue]
    possible = []
    if not spec.maxsize or len(queue.items) < spec.maxsize:
        following = state.copy()
        items = (*queue.items, op.item)
        following.queues[op.queue] = Queue(items, queue.unfinished + 1)
        possible.append((following, None))
    yield from machine.block_until(state, who, op.timeout, possible, late="Full")


def _get(machine: Machine, state: State, who: int, op: lang.Get) -> Steps:
    spec, queue = machine.program.parts.queues[op.queue], state.queues[op.queue]
    possible = []
    if queue.items:
        following = state.copy()
        place = _next(spec.kind, queue.items)
        items = queue.items[:place] + queue.items[place + 1 :]
        following.queues[op.queue] = queue._replace(items=items)
        possible.append((following, queue.items[place]))
    yield from machine.block_until(state, who, op.timeout, possible, late="Empty")


def _next(kind: QueueKind, items: tuple[int, ...]) -> int:
    """The place of the item that is next."""
    if kind is QueueKind.LIFO:
        return len(items) - 1
    return items.index(min(items)) if kind is QueueKind.PRIORITY else 0


def _task_done(machine: Machine, state: State, who: int, op: lang.TaskDone) -> Steps:
    following = state.copy()
    queue = state.queues[op.queue]
    if not queue.unfinished:
        yield from machine.finish(following, who, "ValueError")
        return
    following.queues[op.queue] = queue._replace(unfinished=queue.unfinished - 1)
    yield from machine.finish(following, who, None)


def _join(machine: Machine, state: State, who: int, op: lang.JoinQueue) -> Steps:
    # Read as a level: who joins may sleep through a moment in which all was done.
    done = not state.queues[op.queue].unfinished
    possible = [(state.copy(), None)] if done else []
    yield from machine.block_until(state, who, None, possible, late=None)


RULES: dict[type, Rule] = {
    lang.Put: _put,
    lang.Get: _get,
    lang.TaskDone: _task_done,
    lang.JoinQueue: _join,
}
