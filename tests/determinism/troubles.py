"""A program for each thing that differs between processes; all of them print it.

`SEEN_BY_CODE` are world programs: `main` is run in a simulated world. What they print
has to be the same in every process, whatever its hash seed and its memory.
"""

from __future__ import annotations

from typing import Final

_OBJECTS: Final = """
class Thing:
    def __init__(self, number): self.number = number
things = [Thing(number) for number in range(40)]
"""

SEEN_BY_CODE: Final = {
    "sets of strings": """
def main():
    names = {"alice", "bob", "carol", "dave", *map(str, range(20))}
    print(names, [*names], sorted(names, key=len), {n[::-1] for n in names})
    print(set("hello"), frozenset("world"), set("hello") | {"x", "y"}, names.pop())
""",
    "sets of objects": _OBJECTS
    + """
def main():
    chosen = {thing for thing in things if thing.number % 3}
    print([thing.number for thing in chosen], [t.number for t in {*things} - chosen])
    groups = {frozenset(things[:3]), frozenset(things[3:])}
    print([[thing.number for thing in group] for group in groups])
""",
    "views of dictionaries": """
def main():
    one, other = dict.fromkeys("abcdefgh"), dict.fromkeys("hgfedcxyz")
    print(one.keys() - other.keys(), one.keys() | other, one.items() & other.items())
    keys = one.keys()
    keys ^= set("axq")
    print(keys, [*(other.keys() & one.keys())], {*"qrst"} - one.keys())
""",
    "a class derived from set": """
import collections.abc, typing
class Names(set): pass
class More(set, typing.Generic[typing.TypeVar("T")]): pass
class Most(set, collections.abc.MutableSet): pass
class Fixed(frozenset): pass
def main():
    for kind in (Names, More, Most, Fixed):
        print(kind("some letters"), kind("abc") | set("xyz"), set("pq") - kind("q"))
""",
    "id": _OBJECTS
    + """
def main():
    table = {id(thing): thing for thing in things}
    print(sorted(table), hex(id(main)), id("text"), id([]), id(object()))
    print([thing.number for thing in sorted(things, key=id)])
    print([thing.number for thing in sorted(reversed(things), key=id)])
""",
    "hash": _OBJECTS
    + """
import datetime, enum, pathlib, typing
from dataclasses import dataclass
class Role(enum.Enum):
    LEADER = "leader"
class Flag(enum.StrEnum):
    UP = "up"
@dataclass(frozen=True)
class Vote:
    who: str
    term: int
@dataclass(frozen=True, slots=True, order=True)
class Slotted:
    who: str
class Pair(typing.NamedTuple):
    left: str
    right: bytes
class Own:
    def __hash__(self): return hash("own") ^ ("a", 1).__hash__()
def main():
    print("s".__hash__() == hash("s"), (("s", 2).__hash__()))
    values = ["text", b"data", ("a", 1), frozenset("abc"), None, ..., 3.5, float("nan")]
    values += [Role.LEADER, Flag.UP, Vote("me", 1), Slotted("x"), Pair("l", b""), Own()]
    values += [datetime.datetime(2024, 1, 2), datetime.date(2024, 1, 2), range(3)]
    values += [datetime.time(1), pathlib.Path("/a/b"), list[str], int | None, main]
    values += [things[0], Thing, "".join, things[0].__init__, len, typing.Optional[int]]
    for value in values:
        print(type(value).__name__, hash(value))
    print([thing.number for thing in sorted(things, key=hash)])
""",
    "dictionaries of objects": _OBJECTS
    + """
def main():
    counts = dict.fromkeys(things, 0)
    for thing in set(things) & counts.keys():
        counts[thing] += thing.number
    print(list(counts.values()), [t.number for t in {thing: 1 for thing in things}])
""",
    "addresses in what is printed": _OBJECTS
    + """
import logging, sys, traceback
def main():
    print(things[0], things[1:3], main, things[0].__init__, (x for x in "a"))
    print(repr(things[4]), sorted(map(repr, things[:12])), f"{things[5]}")
    sys.stdout.write(f"{things[6]!r}\\n")
    logging.warning("%s %r", things[7], object())
    try:
        raise ValueError(things[8])
    except ValueError as error:
        print(error, repr(error))
""",
    "folders": """
import glob, os, pathlib, tempfile
def main():
    here = pathlib.Path(__file__).parent / "many"
    print(os.listdir(here), [entry.name for entry in os.scandir(here)])
    print(sorted(os.listdir(here)) == os.listdir(here), os.listdir(str(here))[:1])
    print([path.name for path in here.iterdir()], [p.name for p in here.glob("*")])
    print([path.name for path in here.rglob("*.b")])
    print([os.path.basename(path) for path in glob.glob(str(here / "*"))])
    print([(len(where), folders, files) for where, folders, files in os.walk(here)])
""",
    "threads": """
import threading, time
def main():
    for name in {"alice", "bob", "carol", "dave"}:
        threading.Thread(target=time.sleep, args=(1,), name=name).start()
    print([thread.name for thread in threading.enumerate()], threading.get_ident())
    print({thread.name: thread.ident for thread in {*threading.enumerate()}})
""",
    "executors": """
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait
def work(number):
    time.sleep(number % 4 / 10)
    return number
def main():
    with ThreadPoolExecutor(16) as pool:
        futures = {pool.submit(work, number): number for number in range(16)}
        done, rest = wait(futures, timeout=0.15)
        print([futures[f] for f in done], [futures[f] for f in rest])
        done, rest = wait(rest, return_when=FIRST_COMPLETED)
        print([futures[f] for f in done], [futures[f] for f in rest])
        print([future.result() for future in as_completed(rest)])
""",
    "weak references": _OBJECTS
    + """
import gc, weakref
def main():
    alive = weakref.WeakSet(things)
    by_key = weakref.WeakKeyDictionary((thing, thing.number) for thing in things)
    by_value = weakref.WeakValueDictionary((id(thing), thing) for thing in things)
    print([thing.number for thing in alive], list(by_key.values()), list(by_value))
    del things[5:35]
    print([thing.number for thing in alive - {things[0]}], len(by_key), len(by_value))
    loop = Thing(-1)
    loop.loop = loop
    alive.add(loop)
    number = id(loop)
    gone = weakref.ref(loop, lambda _: print("callback", number))
    del loop
    print(len(alive), gc.collect(), len(alive), gone())
""",
    "the collector": """
import gc, threading, time
made = []
class Loop:
    def __init__(self): self.me = self
    def __del__(self): made.append(threading.current_thread().name)
def main():
    gc.callbacks.append(lambda phase, info: print("gc", phase, info, len(made)))
    for _ in range(60_000):
        Loop()
        time.sleep(0.001)
    print(len(made), {*made}, gc.get_count(), gc.get_threshold(), gc.isenabled())
""",
    "what a library has in sets": """
import json, pickle, copy, pprint, collections
def main():
    names = {f"name-{number}" for number in range(12)}
    for other in (pickle.loads(pickle.dumps(names)), copy.copy(names)):
        print(other, other == names)
    print(copy.deepcopy({"a": names, "b": frozenset(names)}), json.dumps([*names]))
    print(collections.Counter(names).most_common(3), collections.deque(names))
    pprint.pprint({"a": names})
""",
}
