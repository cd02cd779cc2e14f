"""What `threading` offers in a world, and that its classes can be built upon."""

from __future__ import annotations

import threading

import pytest

from tests.labrt.conftest import RunProgram


def test_every_public_name_is_there(run_program: RunProgram) -> None:
    """Whatever this Python's own `threading` offers, a world's does."""
    names = [name for name in dir(threading) if not name.startswith("_")]
    public = sorted({*names, *threading.__all__} - {"WeakSet", "functools", "warnings"})
    missing = run_program(
        f"""
        import threading

        def main():
            return [name for name in {public} if not hasattr(threading, name)]
        """
    )
    assert missing == []


def test_a_timer_that_repeats(run_program: RunProgram) -> None:
    """A subclass of `Timer` finds the attributes that the library documents."""
    hits = run_program(
        """
        import threading, time

        class Heartbeat(threading.Timer):
            def run(self):
                while not self.finished.wait(self.interval):
                    self.function(*self.args, **self.kwargs)

        def main():
            hits = []
            heartbeat = Heartbeat(0.1, hits.append, args=(1,))
            heartbeat.start()
            time.sleep(0.35)
            heartbeat.cancel()
            heartbeat.join()
            return len(hits)
        """
    )
    assert hits == 3


@pytest.mark.parametrize(
    "base", ["Condition", "Event", "Semaphore", "BoundedSemaphore"]
)
def test_classes_can_be_derived_from(run_program: RunProgram, base: str) -> None:
    """A subclass calls its base's methods, with and without naming it."""
    arguments = "" if base in ("Condition", "Event") else "1"
    result = run_program(
        f"""
        import threading

        class Mine(threading.{base}):
            def __init__(self, *args):
                super().__init__(*args)
                self.name = "mine"

        def main():
            mine = Mine({arguments})
            if hasattr(mine, "acquire"):
                with mine: pass
            return mine.name, isinstance(mine, threading.{base})
        """
    )
    assert result == ("mine", True)


def test_what_one_world_sets_another_does_not_see(run_program: RunProgram) -> None:
    """Hooks are a world's own: a second world, and a restart, have none."""
    source = """
        import sys, threading

        def main():
            before = (threading.gettrace(), threading.getprofile(),
                      threading.excepthook is threading.__excepthook__)
            threading.settrace(main)
            threading.setprofile(main)
            threading.excepthook = print
            return before, threading.gettrace() is threading.getprofile() is main
        """
    assert [run_program(source) for _ in range(2)] == [((None, None, True), True)] * 2


def test_threads_inherit_being_daemons(run_program: RunProgram) -> None:
    """As in the library: from the thread that makes them, until they are told."""
    result = run_program(
        """
        import threading

        def main():
            seen = [threading.Thread().daemon]
            def work(): seen.append(threading.Thread().daemon)
            thread = threading.Thread(target=work, daemon=True)
            thread.start(); thread.join()
            try:
                threading.current_thread().daemon = True
            except RuntimeError as error:
                seen.append(str(error))
            return seen
        """
    )
    assert result == [False, True, "cannot set daemon status of active thread"]


def test_a_constructor_that_was_not_called(run_program: RunProgram) -> None:
    """A subclass that forgot its base's `__init__` is told so."""
    result = run_program(
        """
        import threading

        class Hasty(threading.Thread):
            def __init__(self): pass

        def main():
            errors = []
            for action in (Hasty().start, Hasty().join, Hasty().is_alive):
                try:
                    action()
                except RuntimeError as error:
                    errors.append(str(error))
            return errors
        """
    )
    assert result == ["Thread.__init__() not called"] * 3


def test_low_level_threads(run_program: RunProgram) -> None:
    """`_thread` starts threads, ends them and counts them."""
    result = run_program(
        """
        import _thread, time

        def main():
            seen, lock = [], _thread.allocate_lock()
            def work(name):
                seen.append((name, _thread.get_ident() != mine, _thread._count()))
                lock.release()
                _thread.exit()
                seen.append("never")
            mine = _thread.get_ident()
            lock.acquire()
            _thread.start_new_thread(work, ("one",))
            lock.acquire()
            time.sleep(1)
            return seen, _thread._count(), isinstance(lock, _thread.LockType)
        """
    )
    assert result == ([("one", True, 1)], 0, True)


def test_waits_that_are_too_long_are_refused(run_program: RunProgram) -> None:
    """A timeout that no clock can hold is an error, as it is for real threads."""
    result = run_program(
        """
        import threading

        def main():
            lock = threading.Lock()
            lock.acquire()
            errors = []
            condition, event = threading.Condition(), threading.Event()
            for timeout in (threading.TIMEOUT_MAX * 2, float("inf")):
                for wait in (lambda: lock.acquire(timeout=timeout),
                             lambda: condition.wait(timeout),
                             lambda: event.wait(timeout)):
                    try:
                        with condition: wait()
                    except OverflowError as error:
                        errors.append(str(error))
            return errors
        """
    )
    assert result == ["timeout value is too large"] * 6


@pytest.mark.parametrize(
    "made", ["Lock()", "RLock()", "Condition()", "Event()", "Semaphore()", "Thread()"]
)
def test_what_holds_a_lock_is_not_copied(run_program: RunProgram, made: str) -> None:
    """Copying and pickling fail as they do for real threads, and as clearly."""
    errors = run_program(
        f"""
        import copy, pickle, threading

        def main():
            thing, errors = threading.{made}, []
            for action in (pickle.dumps, copy.deepcopy):
                try:
                    action(thing)
                except TypeError as error:
                    errors.append(str(error))
            return errors
        """
    )
    assert len(errors) == 2
    assert all(error.startswith("cannot pickle '_thread.") for error in errors)
