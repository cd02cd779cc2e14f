"""System calls that code under test may not make: a filter in the kernel.

What is refused is what reaches beyond the process: signals to others, other processes'
memory and limits, new processes and programs, the network, the owner and the mode of
files, and what changes the machine for everybody. It fails with EPERM, which the code
sees as an `OSError` at the line that tried. Threads, timers, files and pipes work.

The filter stays for the life of the process and of each of its threads. It is written
for x86-64; elsewhere there is none, and `available` says so.

It lists what is refused, not what is allowed: Python, its extension modules and the C
library use calls that differ from version to version, and a grade must not depend on
which. What a new kernel brings is open until it is listed here, so nothing rests on the
filter alone: files are Landlock's, and memory is the limits'.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

__all__ = ["available", "install"]

# Instructions of the kernel's packet filter: opcode, jump if true, if false, operand.
_INSTRUCTION: Final = struct.Struct("<HBBI")
_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_JUMP_IF_AT_LEAST: Final = 0x35
_JUMP_IF_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06

# Offsets in struct seccomp_data.
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_FIRST_ARGUMENT: Final = 16

# What becomes of a call; the lower half of `_FAIL` is the error's number.
_ALLOW: Final = 0x7FFF0000
_FAIL: Final = 0x00050000
_KILL: Final = 0x80000000

_X86_64: Final = 0xC000003E
_X32_BIT: Final = 0x40000000
"""System calls of the x32 interface, which nothing uses, have numbers from here on."""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_SECCOMP: Final = 22
_PR_GET_SECCOMP: Final = 21
_MODE_FILTER: Final = 2
_CLONE_THREAD: Final = 0x10000
"""In the flags of `clone`: a thread of this process, not a new process."""

_CLONE: Final = 56
_CLONE3: Final = 435
_PRCTL: Final = 157

_REFUSED: Final = {
    # Limits count for each process, so that many of them use up the machine within all
    # limits; and one could outlive the run.
    "processes and programs": (
        57,  # fork
        58,  # vfork
        59,  # execve
        322,  # execveat
    ),
    # Landlock refuses signals from version 6 on only. The descriptors of processes are
    # other ways to the same, and to their open files and memory.
    "other processes": (
        101,  # ptrace
        129,  # rt_sigqueueinfo
        200,  # tkill
        297,  # rt_tgsigqueueinfo
        310,  # process_vm_readv
        311,  # process_vm_writev
        312,  # kcmp
        424,  # pidfd_send_signal
        434,  # pidfd_open
        438,  # pidfd_getfd
        440,  # process_madvise
        448,  # process_mrelease
    ),
    # A run that slows others down could make them run out of time.
    "how much of the machine others get": (
        141,  # setpriority
        142,  # sched_setparam
        144,  # sched_setscheduler
        203,  # sched_setaffinity
        251,  # ioprio_set
        256,  # migrate_pages
        279,  # move_pages
        314,  # sched_setattr
    ),
    # What is shared by name between processes of a user: two submissions could pass
    # results to each other, or leave something behind that no folder holds. A pair of
    # sockets, which reaches nobody else, is not refused: `socketpair` is another call.
    "the network, and channels between processes": (
        29,  # shmget
        41,  # socket
        42,  # connect
        49,  # bind
        50,  # listen
        64,  # semget
        68,  # msgget
        240,  # mq_open
    ),
    # Any file of the tester's user could be opened to everybody, or taken from its
    # owner.
    "owner and mode of files, which Landlock does not guard": (
        90,  # chmod
        91,  # fchmod
        92,  # chown
        93,  # fchown
        94,  # lchown
        188,  # setxattr
        189,  # lsetxattr
        190,  # fsetxattr
        197,  # removexattr
        198,  # lremovexattr
        199,  # fremovexattr
        260,  # fchownat
        268,  # fchmodat
        452,  # fchmodat2
    ),
    # Most need a privilege, which a grader in a container may well have: root.
    "the machine": (
        103,  # syslog
        155,  # pivot_root
        159,  # adjtimex
        161,  # chroot
        163,  # acct
        164,  # settimeofday
        165,  # mount
        166,  # umount2
        167,  # swapon
        168,  # swapoff
        169,  # reboot
        170,  # sethostname
        171,  # setdomainname
        175,  # init_module
        176,  # delete_module
        227,  # clock_settime
        246,  # kexec_load
        272,  # unshare
        305,  # clock_adjtime
        308,  # setns
        313,  # finit_module
        320,  # kexec_file_load
        428,  # open_tree
        429,  # move_mount
        430,  # fsopen
        442,  # mount_setattr
    ),
    # io_uring makes system calls that no filter sees; a file in memory is below no
    # folder; the others are where the kernel's own mistakes are found most often.
    "ways round this filter, or into the kernel": (
        248,  # add_key
        249,  # request_key
        250,  # keyctl
        298,  # perf_event_open
        319,  # memfd_create
        321,  # bpf
        323,  # userfaultfd
        425,  # io_uring_setup
        426,  # io_uring_enter
        427,  # io_uring_register
    ),
}

_OWN_PROCESS_ONLY: Final = (
    62,  # kill
    234,  # tgkill
    302,  # prlimit64
)
"""Their first argument is a process, which has to be the own one.

For `kill` 0 means the caller's group, and other groups have negative numbers, so only
the number of the process itself will do. For `prlimit64` 0 is the caller."""
_PRLIMIT64: Final = 302


def available() -> bool:
    """Whether this kernel and machine can filter system calls."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0)) >= 0


def install() -> None:
    """Filter the system calls of the calling thread and of all that it starts.

    The process must have given up gaining privileges before. Raises `OSError`.
    """
    code = b"".join(_program(os.getpid()))
    # The kernel copies the program, so it need not live longer than the call.
    instructions = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    program = Program(len(code) // _INSTRUCTION.size, ctypes.addressof(instructions))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp filter not accepted")


def _program(own_pid: int) -> Iterable[bytes]:
    """The filter for the process `own_pid`, one instruction after another."""
    # First of all: by the 32-bit interface the same calls have other numbers, so a
    # process that uses it is not answered but killed.
    yield _op(_LOAD, _ARCHITECTURE)
    yield _op(_JUMP_IF_EQUAL, _X86_64, if_true=1)
    yield _op(_RETURN, _KILL)
    yield _op(_LOAD, _NUMBER)
    yield _op(_JUMP_IF_AT_LEAST, _X32_BIT, if_false=1)
    yield _op(_RETURN, _FAIL | errno.EPERM)
    # The C library asks for clone3 first, whose flags no filter can see, and makes do
    # with clone if the kernel does not know it.
    yield from _when(_CLONE3, [_op(_RETURN, _FAIL | errno.ENOSYS)])
    yield from _when(_CLONE, _allowed_if(_op(_JUMP_IF_ANY_BIT, _CLONE_THREAD)))
    # It must not outlive the tester: see `confine.die_with_parent`.
    yield from _when(_PRCTL, _refused_if(_PR_SET_PDEATHSIG))
    for number in _OWN_PROCESS_ONLY:
        yield from _when(number, _own_process(number, own_pid))
    for number in (one for group in _REFUSED.values() for one in group):
        yield from _when(number, [_op(_RETURN, _FAIL | errno.EPERM)])
    yield _op(_RETURN, _ALLOW)


def _op(code: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    """One instruction; a jump skips as many instructions as it says."""
    return _INSTRUCTION.pack(code, if_true, if_false, operand)


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """The instructions of `body`, skipped for all but one system call.

    A body has to end with a verdict, since it leaves another word loaded.
    """
    return [_op(_JUMP_IF_EQUAL, number, if_false=len(body)), *body]


def _allowed_if(test: bytes) -> list[bytes]:
    """A verdict by a test of the first argument, whose jumps are set to fit."""
    code, _, _, operand = _INSTRUCTION.unpack(test)
    return [
        _op(_LOAD, _FIRST_ARGUMENT),
        _op(code, operand, if_false=1),
        _op(_RETURN, _ALLOW),
        _op(_RETURN, _FAIL | errno.EPERM),
    ]


def _refused_if(argument: int) -> list[bytes]:
    return [
        _op(_LOAD, _FIRST_ARGUMENT),
        _op(_JUMP_IF_EQUAL, argument, if_false=1),
        _op(_RETURN, _FAIL | errno.EPERM),
        _op(_RETURN, _ALLOW),
    ]


def _own_process(number: int, own_pid: int) -> list[bytes]:
    # The lower 32 bits of the argument are all that is compared, and all that the
    # kernel takes of a process's number.
    allowed = [own_pid, 0] if number == _PRLIMIT64 else [own_pid]
    checks = [
        _op(_JUMP_IF_EQUAL, pid, if_true=len(allowed) - position)
        for position, pid in enumerate(allowed)
    ]
    return [
        _op(_LOAD, _FIRST_ARGUMENT),
        *checks,
        _op(_RETURN, _FAIL | errno.EPERM),
        _op(_RETURN, _ALLOW),
    ]
