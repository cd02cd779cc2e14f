"""Programs that make objects like a sample, with other parts."""

from __future__ import annotations

from labrt.records.patterns import Program


def test_objects_that_are_gone_are_not_taken_for_others() -> None:
    """What was shown and dropped has an identity that the next object may get."""
    program = Program("part")
    shown = [program.of({"number": [number]}) for number in range(20)]
    make = program.compile(f"[{', '.join(shown)}]")
    assert make(None) == [{"number": [number]} for number in range(20)]


def test_one_object_in_two_places_is_one_in_the_result() -> None:
    """It is made once for each result, and shared by no two of them."""
    program = Program("part")
    inner: list[int] = []
    make = program.compile(program.of([inner, inner]))
    one, other = make(None), make(None)
    assert one[0] is one[1]
    assert one[0] is not other[0]
