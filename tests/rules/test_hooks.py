"""Hooks tell what happens around the code under test, and change nothing there."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

import labgob
from kvraft1.rpc import PutArgs, PutReply
from raft1.raftapi import ApplyChannel, ApplyMsg
from tester1.contact import services
from tester1.contact.hooks import Hooks

OK = PutReply("OK")  # type: ignore[arg-type]  # as it is written on the wire
REQUEST = PutArgs("k", "v", 0)


class Machine:
    """A state machine with slots, whose reply is always the same object."""

    __slots__ = ()

    def DoOp(self, req: object) -> object:
        if req == "wrong":
            raise ValueError("no such request")
        return OK

    def Restore(self, data: bytes) -> None:
        pass


class Raft:
    def Start(self, command: object) -> tuple[int, int, bool]:
        return 3, 1, True

    def GetState(self) -> tuple[int, bool]:
        return 1, True

    def Snapshot(self, index: int, snapshot: bytes) -> None:
        pass

    @staticmethod
    def Kill() -> None:
        pass


class Rsm:
    def __init__(self, machine: Machine, raft: Raft) -> None:
        self.machine = machine
        self.raft = raft

    def Submit(self, req: object) -> tuple[str, object]:
        self.raft.Start(req)
        return "OK", self.machine.DoOp(req)


@dataclass
class Program:
    """The objects of one program, with hooks around them, and what they have told."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    machine: Machine = field(default_factory=Machine)
    raft: Raft = field(default_factory=Raft)
    channel: ApplyChannel = field(default_factory=ApplyChannel)

    def __post_init__(self) -> None:
        self.rsm = Rsm(self.machine, self.raft)
        self.hooks = Hooks(ApplyChannel, ApplyMsg, threading.get_ident)
        client = services.TesterClient.__new__(services.TesterClient)
        client.tell = lambda kind, *values: self.told.append((kind, *values))
        client.listens = client.keeps = True
        self.hooks.listen(client)

    def make(self) -> None:
        """Make everything, as a solution does."""
        self.hooks.make_raft(lambda *_: self.raft)([], 0, None, self.channel)
        make_rsm = self.hooks.make_rsm(lambda *_, **options: self.rsm)
        make_rsm([], 0, None, -1, sm=self.machine)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    """A program that is made; the classes are as they were afterwards."""
    for kind in Machine, Raft, Rsm, ApplyChannel:
        for name, method in list(vars(kind).items()):
            if callable(method) and not name.startswith("__"):
                monkeypatch.setattr(kind, name, method)
    made = Program()
    made.make()
    return made


def test_a_submit_and_what_it_does(program: Program) -> None:
    """Its start bears its number, and its reply is the one that was made."""
    assert program.rsm.Submit(REQUEST)[1] is OK
    request, reply = labgob.encode(REQUEST), labgob.encode(OK)
    assert program.told == [
        ("submit", 1, request),
        ("start", 1, request, 3, 1, True),
        ("performed", request, reply),
        ("submitted", 1, "OK", reply),
    ]


def test_arguments_by_name(program: Program) -> None:
    """Methods are called as their definitions allow."""
    program.rsm.Submit(req=REQUEST)
    program.raft.Snapshot(index=4, snapshot=b"four")
    program.machine.Restore(data=b"abc")
    assert ("submit", 1, labgob.encode(REQUEST)) in program.told
    assert program.told[-2:] == [("snapshot", 4, 4), ("restored", 3)]
    assert program.rsm.Submit.__name__ == "Submit"


def test_what_is_raised_passes(program: Program) -> None:
    """A Submit that raises has ended, and the next of its thread is another."""
    with pytest.raises(ValueError, match="no such request"):
        program.rsm.Submit("wrong")
    assert program.told[-1] == ("submitted", 1, "", b"")
    program.rsm.Submit(REQUEST)
    assert program.told[-1][:2] == ("submitted", 2)


def test_wrong_arguments_are_the_callers_mistake(program: Program) -> None:
    """The error is Python's own, about the method."""
    with pytest.raises(TypeError, match=r"Submit\(\) missing 1 required"):
        program.rsm.Submit()  # type: ignore[call-arg]  # that is the mistake


def test_what_comes_out_of_the_channel(program: Program) -> None:
    """Commands and snapshots; and another channel is not told of."""
    snapshot = ApplyMsg(
        SnapshotValid=True, Snapshot=b"12", SnapshotTerm=2, SnapshotIndex=9
    )
    for message in ApplyMsg(CommandValid=True, Command="c", CommandIndex=1), snapshot:
        for channel in program.channel, ApplyChannel():
            put = threading.Thread(target=channel.put, args=(message,))
            put.start()
            assert channel.get() is message
            put.join()
    assert program.told == [
        ("applied", 1, labgob.encode("c"), False),
        ("adopted", 9, 2, 2),
    ]


def test_what_raft_does_itself(program: Program) -> None:
    """Only calls from outside of its own modules count."""
    names = {"__name__": "raft1.raft@server-0-0#1", "raft": program.raft}
    exec("raft.GetState(); raft.Start('no-op')", names)
    assert program.told == []
    program.raft.GetState()
    assert program.told == [("state", 1, True)]


@pytest.mark.parametrize(
    "result", [None, (1, 2), (1, 2, 1), [1, 2, True], ("1", 2, True)]
)
def test_what_is_of_other_types_is_not_told(
    program: Program, monkeypatch: pytest.MonkeyPatch, result: object
) -> None:
    """It is for others to say that a solution returns something wrong."""
    raft = type("Raft", (), {"Start": lambda self, command: result})()
    other = Program(raft=raft)
    other.make()
    assert raft.Start("c") is result
    assert other.told == []


def test_a_second_one_is_not_told_of(program: Program) -> None:
    """What two of a kind tell could not be held apart."""
    raft, machine = Raft(), Machine()
    program.hooks.make_raft(lambda *_: raft)([], 0, None, ApplyChannel())
    program.hooks.make_rsm(lambda *_: Rsm(machine, raft))([], 0, None, -1, machine)
    Rsm(machine, raft).Submit(REQUEST)
    assert program.told == []


def test_what_cannot_be_hooked_is_left_alone(program: Program) -> None:
    """A static method stays one."""
    program.raft.Kill()
    assert program.told == []


def test_a_reply_that_changes() -> None:
    """Of an object that says now this and now that, nobody knows what it said."""
    reply = ["first"]
    machine = type("Machine", (), {"DoOp": lambda self, req: reply})()

    def submit(self: object, req: object) -> tuple[str, object]:
        machine.DoOp(req)
        reply[0] = "second"
        return "OK", machine.DoOp(req)

    program = Program(machine=machine)
    program.rsm = type("Rsm", (), {"Submit": submit})()
    program.make()
    assert program.rsm.Submit(REQUEST)[1] is reply
    assert program.told[-1] == ("submitted", 1, "OK", b"")
    assert [told[2] for told in program.told if told[0] == "performed"] == [
        labgob.encode(["first"]),
        labgob.encode(["second"]),
    ]


def test_without_a_listener() -> None:
    """Nothing is changed in any class."""
    hooks = Hooks(ApplyChannel, ApplyMsg, threading.get_ident)
    start, do_op = Raft.Start, Machine.DoOp
    hooks.make_raft(lambda *_: Raft())([], 0, None, ApplyChannel())
    hooks.make_rsm(lambda *_: Rsm(Machine(), Raft()))([], 0, None, -1, Machine())
    assert (Raft.Start, Machine.DoOp) == (start, do_op)


def test_functions_are_replaced_where_they_are_imported_from() -> None:
    """In the module that passes one on, and in the one that defines it."""
    defining: dict[str, Any] = {}
    exec("def make(): return 1\nMakeRSM = make", defining)
    passing = {"MakeRSM": defining["MakeRSM"], "other": 5}
    hooks = Hooks(ApplyChannel, ApplyMsg, threading.get_ident)
    hooks.put_around(passing, "MakeRSM", lambda make: lambda: make() + 1)
    assert passing["MakeRSM"]() == defining["make"]() == defining["MakeRSM"]() == 2
    hooks.put_around(passing, "other", lambda make: make)
    hooks.put_around(passing, "missing", lambda make: make)
    assert passing["other"] == 5


def test_a_command_is_for_the_rules_where_somebody_waits(program: Program) -> None:
    """Elsewhere it is only shown, if what is told is kept, and else not looked at."""
    message = ApplyMsg(CommandValid=True, Command="c", CommandIndex=1)
    for waits, keeps, data, counts in (
        (True, False, labgob.encode("c"), True),
        (False, True, labgob.encode("c"), False),
        (False, False, b"", False),
    ):
        program.hooks._keeps = keeps
        program.hooks._submits = {1: 1} if waits else {}
        put = threading.Thread(target=program.channel.put, args=(message,))
        put.start()
        program.channel.get()
        put.join()
        assert program.told[-1] == ("applied", 1, data, counts)
