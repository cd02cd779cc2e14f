"""What a world lets through: a decision for every name that could matter.

Each module that tells time, waits, draws random numbers, starts threads or processes,
looks at threads or acts on the process is here. `world` are the names that are the
world's own there: simulated, or refused. `own` are those of the process's that a
world gets as they are, by the reason why that is harmless. `absent` are missing.
What is data, or an exception, is no decision.

A name that a new version of Python adds is in none of them, and fails the test until
somebody has looked at it. Names of other versions and systems may be listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Decided:
    """The decisions about the names of one module; names are separated by spaces."""

    world: str = ""
    own: Mapping[str, str] = field(default_factory=dict)
    absent: str = ""


REFUSED_MODULES = """
asyncio concurrent.futures.process ftplib http.client http.server multiprocessing
multiprocessing.pool select selectors signal smtplib socket socketserver ssl subprocess
urllib.request xmlrpc.client
"""
"""Modules whose import is refused."""

FRESH_MODULES = """
_threading_local argparse calendar code concurrent.futures concurrent.futures.thread
copy
email.utils fileinput gzip importlib importlib.util logging logging.handlers optparse
pkgutil pprint queue reprlib runpy sched secrets shelve statistics tarfile tempfile
timeit traceback warnings zipfile
"""
"""Modules that are run once more in the world, over the other modules of the world."""

_PURE = "computes from its arguments, and knows no time, thread or process"
_KIND = "a type or helper of the module's own, without state"
_FILES = "works on the file system, which does not wait for other threads of the run"
_DESCRIPTORS = "works on a file that is open; pipes and terminals cannot be opened"
_ASKS = "tells what the process or the machine is, which does not change in a run"
_STATUS = "takes the status of a child apart, of which there is none"
_HOOK = "is called by the process, which looks at its own; here it is a mere attribute"
_MEMORY = "tells about the memory of the process"
_EITHER = "the order of its results may be the world's"

DECISIONS = {
    "time": Decided(
        world="""asctime clock_getres clock_gettime clock_gettime_ns clock_settime
            clock_settime_ns ctime get_clock_info gmtime localtime monotonic
            monotonic_ns
            perf_counter perf_counter_ns process_time process_time_ns
            pthread_getcpuclockid sleep strftime thread_time thread_time_ns time
            time_ns""",
        own={
            _PURE: "mktime strptime struct_time",
            "reads the time zone of the process anew": "tzset",
        },
    ),
    "datetime": Decided(
        world="date datetime",
        own={_PURE: "UTC datetime_CAPI time timedelta timezone tzinfo"},
    ),
    "threading": Decided(
        world="""Barrier BoundedSemaphore BrokenBarrierError Condition Event Lock RLock
            Semaphore Thread Timer activeCount active_count currentThread current_thread
            enumerate excepthook get_ident get_native_id getprofile gettrace local
            main_thread setprofile setprofile_all_threads settrace settrace_all_threads
            stack_size serialize_iterator synchronized_iterator concurrent_tee
            ExceptHookArgs""",
        own={_KIND: "ExceptHookArgs"},
        absent="WeakSet functools warnings",
    ),
    "_thread": Decided(
        world="""LockType RLock allocate allocate_lock daemon_threads_allowed exit
            exit_thread get_ident get_native_id interrupt_main lock set_name stack_size
            start_joinable_thread
            start_joinable_thread start_new start_new_thread""",
    ),
    "random": Decided(
        world="""Random SystemRandom betavariate binomialvariate choice choices
            expovariate gammavariate gauss getrandbits getstate lognormvariate
            normalvariate paretovariate randbytes randint random randrange sample seed
            setstate shuffle triangular uniform vonmisesvariate weibullvariate""",
        own={"the module's command line": "main"},
    ),
    "uuid": Decided(
        world="getnode main os uuid1 uuid3 uuid4 uuid5 uuid6 uuid7 uuid8",
        own={
            _KIND: """Enum NAMESPACE_DNS NAMESPACE_OID NAMESPACE_URL NAMESPACE_X500
                SafeUUID UUID bytes_ int_""",
        },
    ),
    "os": Decided(
        world="""abort chdir chroot closerange dup2 environ environb eventfd
            eventfd_read
            eventfd_write execl execle execlp execlpe execv execve execvp execvpe fchdir
            fork forkpty get_exec_path getenv getenvb getloadavg getpid getppid
            getrandom
            initgroups kill killpg lockf login_tty mkfifo mknod nice openpty pidfd_open
            pipe pipe2 popen posix_openpt posix_spawn posix_spawnp putenv read readv
            sched_setaffinity sched_setparam sched_setscheduler sched_yield setegid
            seteuid setgid setgroups setns setpgid setpgrp setpriority setregid
            setresgid
            setresuid setreuid setsid setuid spawnl spawnle spawnlp spawnlpe spawnv
            spawnve spawnvp spawnvpe startfile system tcsetpgrp timerfd_create
            timerfd_gettime timerfd_gettime_ns timerfd_settime timerfd_settime_ns times
            umask unsetenv unshare urandom wait wait3 wait4 waitid waitpid
            fwalk listdir scandir walk""",
        own={
            _FILES: """access chflags chmod chown lchflags lchmod lchown link listxattr
                getxattr setxattr removexattr lstat makedirs mkdir open readlink remove
                removedirs rename renames replace rmdir stat statvfs symlink sync
                truncate unlink utime getcwd getcwdb pathconf listdrives listmounts
                listvolumes""",
            _EITHER: "fwalk listdir scandir walk",
            _DESCRIPTORS: """close copy_file_range device_encoding dup fchmod fchown
                fdatasync fdopen fpathconf fstat fstatvfs fsync ftruncate get_blocking
                get_inheritable isatty lseek memfd_create posix_fadvise
                posix_fallocate pread preadv pwrite pwritev sendfile set_blocking
                set_inheritable splice tcgetpgrp ttyname write writev grantpt ptsname
                unlockpt""",
            _PURE: """fsdecode fsencode fspath major makedev minor strerror""",
            _ASKS: """confstr confstr_names cpu_count ctermid get_terminal_size getegid
                geteuid getgid getgrouplist getgroups getlogin getpgid getpgrp
                getpriority getresgid getresuid getsid getuid pathconf_names
                process_cpu_count sched_get_priority_max sched_get_priority_min
                sched_getaffinity sched_getparam sched_getscheduler
                sched_rr_get_interval sysconf sysconf_names uname supports_dir_fd
                supports_effective_ids supports_fd supports_follow_symlinks""",
            _STATUS: """WCOREDUMP WEXITSTATUS WIFCONTINUED WIFEXITED WIFSIGNALED
                WIFSTOPPED WSTOPSIG WTERMSIG waitstatus_to_exitcode waitid_result""",
            _KIND: """DirEntry GenericAlias Mapping MutableMapping PathLike sched_param
                stat_result statvfs_result terminal_size times_result uname_result""",
        },
        absent="register_at_fork",
    ),
    "sys": Decided(
        world="""activate_stack_trampoline addaudithook argv deactivate_stack_trampoline
            getprofile getswitchinterval gettrace meta_path modules monitoring path
            path_hooks path_importer_cache remote_exec set_asyncgen_hooks
            set_coroutine_origin_tracking_depth setdlopenflags setprofile
            setrecursionlimit setswitchinterval settrace stderr stdin stdout
            warnoptions""",
        own={
            _HOOK: "breakpointhook displayhook excepthook unraisablehook",
            _ASKS: """get_asyncgen_hooks get_coroutine_origin_tracking_depth
                get_int_max_str_digits getdefaultencoding getdlopenflags
                getfilesystemencodeerrors getfilesystemencoding getrecursionlimit
                implementation is_finalizing is_stack_trampoline_active orig_argv
                is_remote_debug_enabled""",
            _MEMORY: "getallocatedblocks getrefcount getsizeof getunicodeinternedsize",
            _PURE: "audit call_tracing exc_info exception exit intern",
            "a limit of the interpreter, which no result depends on": (
                "set_int_max_str_digits"
            ),
        },
    ),
    "functools": Decided(
        world="cached_property",
        own={
            "holds no lock while it calls back": "cache cached_property lru_cache",
            _PURE: """cmp_to_key get_cache_token namedtuple partial partialmethod reduce
                singledispatch singledispatchmethod total_ordering update_wrapper wraps
                GenericAlias Placeholder""",
            "what the module imports, not what it offers": "RLock recursive_repr",
        },
    ),
    "contextvars": Decided(
        own={
            "a context belongs to a greenlet, as it does to a thread": (
                "Context ContextVar Token copy_context"
            ),
        },
    ),
    "weakref": Decided(
        world="finalize WeakSet",
        own={
            "calls back when an object dies, in the thread that let it go": """
                CallableProxyType KeyedRef ProxyType ReferenceType WeakKeyDictionary
                WeakMethod WeakSet WeakValueDictionary getweakrefcount getweakrefs proxy
                ref""",
        },
    ),
    "atexit": Decided(world="register unregister"),
    "faulthandler": Decided(
        world="""cancel_dump_traceback_later disable dump_traceback_later enable
            is_enabled register unregister""",
        own={"writes once, for somebody to read": "dump_traceback dump_c_stack"},
    ),
    "fcntl": Decided(
        world="flock lockf",
        own={_DESCRIPTORS: "fcntl ioctl"},
    ),
    "resource": Decided(
        world="getrusage prlimit setrlimit",
        own={_ASKS: "getpagesize getrlimit", _KIND: "struct_rusage"},
    ),
    "getpass": Decided(
        world="getpass unix_getpass",
        own={
            _ASKS: "getuser",
            "asks the streams that it is given": "fallback_getpass",
            "only on Windows": "win_getpass",
        },
    ),
    "pickle": Decided(
        world="Pickler Unpickler dump dumps load loads",
        own={
            _PURE: """FunctionType PickleBuffer compatible_formats decode_long
                encode_long islice pack partial unpack whichmodule""",
            "the process's; a pickler of the world takes the world's": "dispatch_table",
        },
    ),
    "copyreg": Decided(
        world="dispatch_table pickle",
        own={
            _PURE: "constructor pickle_complex pickle_union pickle_super",
            "numbers of classes by their names, which every world knows by others": (
                "add_extension clear_extension_cache remove_extension"
            ),
        },
    ),
    "io": Decided(
        own={
            _FILES: "open open_code FileIO",
            _KIND: """BufferedIOBase BufferedRWPair BufferedRandom BufferedReader
                BufferedWriter BytesIO IOBase IncrementalNewlineDecoder RawIOBase Reader
                StringIO TextIOBase TextIOWrapper Writer text_encoding""",
        },
    ),
    "builtins": Decided(
        world="exit frozenset hash id input license print quit repr set sorted",
        own={
            _FILES: "open",
            "the debugger's, which stops the whole run on purpose": "breakpoint",
            "texts for a reader": "copyright credits help",
            _PURE: """Ellipsis NotImplemented abs aiter all anext any ascii bin bool
                bytearray bytes callable chr classmethod compile complex delattr dict
                dir
                divmod enumerate eval exec filter float format frozenset getattr globals
                hasattr hash hex id int isinstance issubclass iter len list locals map
                max memoryview min next object oct ord pow property range repr reversed
                round set setattr slice sorted staticmethod str sum super tuple type
                vars
                zip""",
        },
    ),
}

_TOOLS = "a tool that looks at programs from outside, and is no part of one"
_PRINTS = "only its command line, or a report that it is asked for, prints"
_CONVERTS = "converts times that it is given"
_CHILD = "may run a compiler or `uname` for a moment, and caches the answer"

SHARED_MODULES = {
    _TOOLS: """_pyrepl bdb cProfile compileall doctest pdb profile pstats pydoc trace
        unittest""",
    _PRINTS: """_colorize _py_abc _pylong abc aifc ast base64 cgi cgitb codecs dbm dis
        filecmp getopt heapq imghdr inspect json locale mailcap mimetypes modulefinder
        netrc pickletools pipes py_compile pyclbr quopri re shlex site sndhdr symtable
        tabnanny textwrap tokenize typing uu xml zipapp""",
    _CONVERTS: "_strptime plistlib sqlite3 tomllib zipimport zoneinfo",
    _CHILD: "_aix_support _osx_support ctypes platform",
    "for other systems": "_android_support _ios_support",
    "asks the terminal for its size": "shutil",
    "its interactive texts are replaced among the built-ins": "_sitebuiltins",
    "holds a lock while it computes, and calls nobody back": "sysconfig",
    "names constants of the library": "wave",
}
"""Modules of the library that use something watched, and are the process's own."""
