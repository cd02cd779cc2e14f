"""What the visualization page is told: a result and annotations as its data.

The page draws; everything it needs is worked out here, so that it can be tested
without a browser. Rules that keep it honest:

- Operations are numbered by the time of their call, over the whole history. That
  number is what the page, its links and `window.raftlab` mean by an operation.
- Nothing is left out in silence: a text that is shortened says by how much, and
  partial linearizations that found no room are counted.
- Equal arguments give equal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from labrt.texts import harmless, harmless_lines
from tester1.porcupine.model import (
    NEVER,
    AnyModel,
    Linearization,
    Operation,
    PartitionResult,
    Result,
    Time,
    Verdict,
)
from tester1.porcupine.reasons import when
from tester1.porcupine.witness import common_length
from tester1.timeline.clock import PageClock
from tester1.timeline.pool import TextPool, encodable
from tester1.timeline.run_schema import RunIndex
from tester1.timeline.schema import (
    AnnotationData,
    Fragment,
    OperationColumns,
    PageData,
    PartData,
    PathData,
)

MAX_EXTRA_STEPS = 60_000
"""Steps that a page spends on linearizations beyond each partition's longest."""
PREFIX_CANDIDATES = 8
"""How many earlier linearizations are compared in search of a common beginning."""


class ColourLike(Protocol):
    """An enum member whose value is a colour."""

    @property
    def value(self) -> str:
        """The colour, "#RRGGBB"."""
        ...


class AnnotationLike(Protocol):
    """A coloured label on the time axis: a point (no end) or an interval."""

    @property
    def tag(self) -> str:
        """The row it belongs to."""
        ...

    @property
    def start(self) -> float:
        """Seconds, on the clock of the operations."""
        ...

    @property
    def end(self) -> float | None:
        """Seconds; None for a point."""
        ...

    @property
    def text(self) -> str:
        """The label."""
        ...

    @property
    def details(self) -> str:
        """The longer text, shown on request."""
        ...

    @property
    def colour(self) -> ColourLike | str:
        """Its background."""
        ...


def page_data(
    result: Result | None,
    annotations: Sequence[AnnotationLike],
    title: str,
    run: RunIndex | None = None,
) -> PageData:
    """What a page about this result, these annotations and this run contains."""
    partitions = result.partitions if result else ()
    clock = PageClock.of(_times(partitions, annotations))
    numbered = _NumberedOperations(partitions, clock)
    pool = TextPool()
    columns = numbered.columns(result.model, pool) if result else _NO_OPERATIONS
    # Reasons, cores and linearizations are worked out here at the latest, so this is
    # what takes long.
    parts = _parts(result, numbered, pool) if result else []
    return PageData(
        title=encodable(title),
        verdict=result.verdict.value if result else "",
        elapsed=result.elapsed_s if result else 0.0,
        clock=clock.note,
        clients=numbered.clients,
        # All that shows a text has added it by now.
        strings=pool.fitted(),
        operations=columns,
        parts=parts,
        annotations=[_annotation(a, clock) for a in annotations],
        run=run,
    )


def _times(
    partitions: Iterable[PartitionResult], annotations: Iterable[AnnotationLike]
) -> Iterator[Time]:
    for partition in partitions:
        for operation in partition.operations:
            yield operation.call
            yield operation.ret
    for annotation in annotations:
        yield annotation.start
        if annotation.end is not None:
            yield annotation.end


# For pages of annotations alone; nobody adds to it.
_NO_OPERATIONS = OperationColumns([], [], [], [], [], [], [])


class _NumberedOperations:
    """The operations of all partitions under one numbering."""

    def __init__(self, partitions: Sequence[PartitionResult], clock: PageClock) -> None:
        self._clock = clock
        entries = [
            (operation.call, operation.ret, part, place)
            for part, partition in enumerate(partitions)
            for place, operation in enumerate(partition.operations)
        ]
        # Part and place tell any two apart, so that equal times leave nothing open.
        entries.sort()
        self._operations: list[tuple[int, Operation]] = []
        self.numbers = [[0] * len(p.operations) for p in partitions]
        """The number of each partition's operations, by position in it."""
        for number, (_, _, part, place) in enumerate(entries):
            self.numbers[part][place] = number
            self._operations.append((part, partitions[part].operations[place]))
        self.clients = sorted({operation.client for _, operation in self._operations})

    def columns(self, model: AnyModel, pool: TextPool) -> OperationColumns:
        """The operations as the page wants them."""
        lane = {client: i for i, client in enumerate(self.clients)}
        columns = OperationColumns([], [], [], [], [], [], [])
        # The first call counts from the clock's origin.
        previous = 0
        for part, operation in self._operations:
            call = self._clock.nanoseconds(operation.call)
            columns.client.append(lane[operation.client])
            # Differences have fewer digits than times. None is negative, since
            # operations are numbered by their calls.
            columns.call.append(call - previous)
            columns.duration.append(self._duration(operation, call))
            columns.part.append(part)
            _add_texts(columns, operation, model, pool)
            previous = call
        return columns

    def _duration(self, operation: Operation, call_ns: int) -> int:
        if operation.ret == NEVER:
            return -1
        return self._clock.nanoseconds(operation.ret) - call_ns


def _add_texts(
    columns: OperationColumns, operation: Operation, model: AnyModel, pool: TextPool
) -> None:
    # -1 and not an empty text, as any text may be somebody's output.
    known = operation.output is not None
    described = model.describe_operation(operation.input, operation.output)
    columns.text.append(pool.add(harmless(described)))
    columns.input.append(pool.add(harmless_lines(_plain(operation.input))))
    output = harmless_lines(_plain(operation.output)) if known else ""
    columns.output.append(pool.add(output) if known else -1)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _parts(
    result: Result, numbered: _NumberedOperations, pool: TextPool
) -> list[PartData]:
    # The longest path of each partition is written in any case; what the others take
    # comes from one account for the page.
    room = MAX_EXTRA_STEPS
    parts = []
    for partition, numbers in zip(result.partitions, numbered.numbers, strict=True):
        writer = _PathWriter(result.model, numbers, pool)
        paths = writer.write(partition.linearizations, room)
        room -= sum(len(path.order) for path in paths[1:])
        parts.append(
            PartData(
                name=encodable(harmless(partition.name)),
                verdict=partition.verdict.value,
                engine=partition.engine.value,
                size=len(numbers),
                initial=pool.add(result.model.describe_state(result.model.init())),
                reason=_linked(partition, numbers),
                contradiction=[numbers[place] for place in partition.contradiction],
                core=[numbers[place] for place in partition.core],
                paths=paths,
                omitted=len(partition.linearizations) - len(paths),
            )
        )
    return parts


def _linked(partition: PartitionResult, numbers: Sequence[int]) -> list[Fragment]:
    """The partition's reason with a link behind each operation in it.

    Sentences name an operation by its client and times (`when`), which no two
    operations share, so that is where its link belongs.
    """
    if partition.verdict is not Verdict.ILLEGAL:
        return []
    fragments: list[Fragment] = [encodable(harmless(partition.reason))]
    # In a fixed order, since each link splits the text that the next is looked for in.
    for place in sorted({*partition.contradiction, *partition.core}):
        # What the sentence does not name gets no link: nothing is found then.
        name = when(partition.operations[place])
        fragments = _link_first(fragments, name, numbers[place])
    return fragments


def _link_first(fragments: list[Fragment], name: str, number: int) -> list[Fragment]:
    for i, fragment in enumerate(fragments):
        # In texts only: a number is a link that is there already.
        if isinstance(fragment, str) and name in fragment:
            before, after = fragment.split(name, 1)
            rest = [after] if after else []
            return [
                *fragments[:i],
                f"{before}{name} ",
                number,
                *rest,
                *fragments[i + 1 :],
            ]
    return fragments


class _PathWriter:
    """Writes the linearizations of one partition, sharing their beginnings.

    Longest partial linearizations mostly differ in their last few steps. The model
    is pure, so that an equal beginning has equal states.
    """

    def __init__(self, model: AnyModel, numbers: Sequence[int], pool: TextPool) -> None:
        self._model = model
        self._numbers = numbers
        self._pool = pool

    def write(self, paths: Iterable[Linearization], room: int) -> list[PathData]:
        """The first path, and as many others as fit into `room` steps."""
        written: list[PathData] = []
        orders: list[tuple[int, ...]] = []
        for path in paths:
            base, keep = _longest_common_beginning(orders, path.order)
            new_steps = len(path.order) - keep
            # The first one is written whatever it takes: a partition without any shows
            # nothing.
            if written and new_steps > room:
                break
            room -= new_steps if written else 0
            written.append(self._path(path, base, keep))
            # With the order as it is in full: later paths share what this one shares.
            orders.append(path.order)
        return written

    def _path(self, path: Linearization, base: int, keep: int) -> PathData:
        describe, add = self._model.describe_state, self._pool.add
        return PathData(
            base=base,
            keep=keep,
            order=[self._numbers[place] for place in path.order[keep:]],
            states=[add(describe(state)) for state in path.states[keep:]],
        )


def _longest_common_beginning(
    orders: Sequence[tuple[int, ...]], order: tuple[int, ...]
) -> tuple[int, int]:
    """Which of the latest orders shares most with `order`, and how much."""
    # Without anything in common the base does not matter: nothing of it is kept.
    best = (0, 0)
    # The latest only: they were found one after the other, and neighbours share most.
    for i in range(max(0, len(orders) - PREFIX_CANDIDATES), len(orders)):
        common = common_length(orders[i], order)
        if common > best[1]:
            best = (i, common)
    return best


def _annotation(annotation: AnnotationLike, clock: PageClock) -> AnnotationData:
    colour = annotation.colour
    end = annotation.end
    return AnnotationData(
        tag=encodable(harmless(annotation.tag)),
        start=clock.nanoseconds(annotation.start),
        end=None if end is None else clock.nanoseconds(end),
        text=encodable(harmless(annotation.text)),
        details=encodable(harmless_lines(annotation.details)),
        colour=colour if isinstance(colour, str) else colour.value,
    )
