"""What the kernel takes from a worker before it sees a byte of a program, and how much of that this machine can do.

The zygote calls `prepare_zygote` once, when it has imported everything; each process that it forks calls `lock_worker`, whose end
cannot be undone. Layers that are missing have a reason in `refusals`; a layer that the zygote counted on and a worker does
not get raises OSError, upon which the worker has to end.
"""

from __future__ import annotations

import errno
import math
import os
import resource
import signal
import sys

from mlpy.errors import MLError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import ModuleType

LEVELS = ("process", "filtered", "locked")
LAYERS = ("rlimits", "privileges", "seccomp", "landlock", "user", "mount", "net", "ipc", "uts", "pid")
LAYERS_OF = {"process": LAYERS[:1], "filtered": LAYERS[:3], "locked": LAYERS}
NAMESPACES = LAYERS[4:]
NOBODY = 65534
STACK = 64 << 20  # bytes of a program's
ROOM = 48 << 20  # bytes of address space beyond the limit of memory: stacks grow, and maps have gaps
UNKNOWN_SIZE = 1 << 30  # bytes of address space of a zygote that cannot ask for it: a generous guess
TASKS = 512  # that may appear beside the ones there are: the kernel counts a user's processes and threads, not those of one process
MOST_DESCRIPTORS = (1 << 31) - 1
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes that the system counts a process's peak in
CPU_SIGNALS = (signal.SIGPROF, signal.SIGXCPU)  # which of them ends a process says that its CPU time was over

ANSWERS = {
    errno.EACCES: "it is not allowed here (EACCES)",
    errno.ENOSPC: "there may be no more of them (ENOSPC)",
    errno.ENOSYS: "the kernel does not have it (ENOSYS)",
    errno.EOPNOTSUPP: "the kernel was started without it (EOPNOTSUPP)",
    errno.EPERM: "it is not allowed here (EPERM)",
}

refusals: dict[str, str] = {}  # layer → why this process does not have it


class KernelLimits:
    """What the kernel holds a worker to: `memory` in bytes beyond what it begins with, `cpu` in seconds, `files` open at a time; None means no limit."""

    __slots__ = ("cpu", "files", "memory")

    def __init__(self, memory: int | None, cpu: float | None, files: int) -> None:
        self.memory = memory
        self.cpu = cpu
        self.files = files


class Status:
    """The layers that a machine has: `layers` maps each name to None, or to the reason why it is missing; `level` is the highest that they reach."""

    __slots__ = ("layers", "level")

    def __init__(self, layers: dict[str, str | None]) -> None:
        self.layers = layers
        self.level = reached([name for name, reason in layers.items() if reason is None])


class Prepared:
    """What the zygote keeps for its workers."""

    __slots__ = ("descriptors", "filter", "kernel", "layers", "level", "roomy")

    def __init__(self, level: str, kernel: ModuleType) -> None:
        self.level = level
        self.kernel = kernel
        self.layers: list[str] = []
        self.filter: bytes | None = None
        self.roomy = False  # whether the first thread of a worker has the stack that a program needs
        self.descriptors: list[int | None] = [None, None, None]


prepared: Prepared | None = None


def reached(layers: Collection[str]) -> str:
    """The highest level that all layers are there for; the empty text where not even limits are."""
    return next((level for level in reversed(LEVELS) if set(LAYERS_OF[level]) <= set(layers)), "")


# ── the zygote ───────────────────────────────────────────────────────────────────────────────────────────────────


def prepare_zygote(level: str) -> list[str]:
    """Readies this process, which has one thread and has imported all that it needs, for workers of a level; returns the layers that it has.

    At `locked` it goes on as the first process of a namespace of its own, in a fork: the process that called it only waits for that one,
    has no descriptor left and ends with its exit status. Raises ValueError for a level that there is not.
    """
    global prepared  # noqa: PLW0603  there is one zygote in a process
    if level not in LEVELS:
        raise ValueError(f"there is no level `{level}`: it is one of {', '.join(LEVELS)}")
    from mlpy.sandbox import kernel  # noqa: PLC0415  ctypes, which who only asks for a status does not need

    made = prepared = Prepared(level, kernel)
    refusals.clear()
    os.environ.clear()
    kernel.one_heap()
    made.layers.append("rlimits")
    made.roomy = grow_stack()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    lower(resource.RLIMIT_CORE, 0)
    if level == "process" or sys.platform != "linux":
        refusals.update(dict.fromkeys(LAYERS_OF[level][1:], "only Linux has it"))
        made.descriptors = descriptors()
        lower(resource.RLIMIT_FSIZE, 0)
        return list(made.layers)
    prepare_filters(made)  # which writes to a file in memory
    lower(resource.RLIMIT_FSIZE, 0)
    if level == "locked":
        enter_namespaces(made)
    else:
        made.descriptors = descriptors()
        leave_root()
    drop_privileges(made)
    made.layers.sort(key=LAYERS.index)
    return list(made.layers)


def grow_stack() -> bool:
    """Lets the first thread of this process and of its forks have a program's stack; False where that is not for us to say."""
    if sys.platform != "linux":  # it has been laid out by then
        return False
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if resource.RLIM_INFINITY in (soft, hard) or hard >= STACK:
        resource.setrlimit(resource.RLIMIT_STACK, (STACK, hard))
        return True
    return False


def descriptors() -> list[int | None]:
    """What workers read and write in place of files that they cannot open: nothing, this process's size, the tasks of the system."""
    return [opened(os.devnull, os.O_RDWR), opened("/proc/self/statm", os.O_RDONLY), opened("/proc/loadavg", os.O_RDONLY)]


def opened(path: str, flags: int) -> int | None:
    try:
        return os.open(path, flags | os.O_CLOEXEC)
    except OSError:
        return None


def attempt(made: Prepared, layer: str, act: Callable[[], object]) -> None:
    """Counts a layer as there if what makes it works, and keeps the reason if not."""
    try:
        act()
    except ImportError:
        refusals[layer] = "`pyseccomp` is not installed"
    except OSError as error:
        refusals[layer] = ANSWERS.get(error.errno or 0, f"the kernel answers {errno.errorcode.get(error.errno or 0, 'with an error')}")
    except RuntimeError:
        refusals[layer] = "`libseccomp` is not installed"
    else:
        made.layers.append(layer)


def prepare_filters(made: Prepared) -> None:
    """What can be made before there is a worker: the program of the filter."""
    from mlpy.sandbox import calls, kernel  # noqa: PLC0415  as above

    def compile_filter() -> None:
        kernel.ask_seccomp()
        made.filter = calls.program()

    attempt(made, "seccomp", compile_filter)


def enter_namespaces(made: Prepared) -> None:
    """Leaves everything that processes of this machine share.

    Who may do so without a user namespace becomes nobody afterwards and enters one then, so that not even its kernel-side identity is root's.
    """
    from mlpy.sandbox import kernel  # noqa: PLC0415  as above

    flags = {"mount": kernel.CLONE_NEWNS, "net": kernel.CLONE_NEWNET, "ipc": kernel.CLONE_NEWIPC, "uts": kernel.CLONE_NEWUTS, "pid": kernel.CLONE_NEWPID}
    root = may_leave_root() and bool(kernel.capabilities() >> kernel.CAP_SYS_ADMIN & 1)
    if not root:
        leave_root()
        attempt(made, "user", lambda: kernel.unshare(kernel.CLONE_NEWUSER))
    for name, flag in flags.items():
        attempt(made, name, lambda flag=flag: kernel.unshare(flag))  # type: ignore[misc]  # mypy takes no default of a lambda
    if "pid" in made.layers:
        go_on_in_fork()
    made.descriptors = descriptors()
    if "mount" in made.layers:
        made.layers.remove("mount")
        attempt(made, "mount", kernel.empty_root)
    if root:
        leave_root()
        attempt(made, "user", lambda: kernel.unshare(kernel.CLONE_NEWUSER))
    if "pid" in made.layers:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def go_on_in_fork() -> None:
    """Returns in a child, the first process of the namespace; this process waits until it has ended."""
    from mlpy.sandbox import kernel  # noqa: PLC0415  as above

    first = os.fork()
    if first:
        kernel.close_between(0, MOST_DESCRIPTORS)
        code = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1])
        os._exit(code if code >= 0 else 128 - code)


def may_leave_root() -> bool:
    """Whether this process is root and can be somebody else, whom the present root may still signal."""
    from mlpy.sandbox import kernel  # noqa: PLC0415  as above

    needed = 1 << kernel.CAP_KILL | 1 << kernel.CAP_SETGID | 1 << kernel.CAP_SETUID
    return os.geteuid() == 0 and kernel.capabilities() & needed == needed


def leave_root() -> None:
    """Becomes nobody, if this process is root: the files of root are writable for root without any capability."""
    if may_leave_root():
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        except OSError:  # a user namespace that knows nobody but root: what is outside of it is not root's anyway
            pass


def drop_privileges(made: Prepared) -> None:
    """Gives up what all processes that are forked from here will not need either."""
    from mlpy.sandbox import kernel  # noqa: PLC0415  as above

    def drop() -> None:
        kernel.drop_capabilities()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)

    attempt(made, "privileges", drop)
    attempt(made, "landlock", lambda: kernel.landlock(kernel.landlock_version()))


# ── a worker ─────────────────────────────────────────────────────────────────────────────────────────────────────


def lock_worker(limits: KernelLimits, keep: int, alarm: float = 0.0) -> list[str]:
    """Locks this process, a fork of a prepared zygote with one thread, for good; returns the layers that hold it.

    `keep` is the one descriptor that stays open beside 0, 1 and 2, which lead nowhere. After `alarm` seconds of computing, if any, it gets one SIGVTALRM, as no
    worker can set a clock itself. Raises OSError where a layer that the zygote
    counted on does not hold: the process must then end.
    """
    assert prepared is not None
    kernel = prepared.kernel
    assert keep > 2
    nothing, *measures = prepared.descriptors
    pages, tasks = [measured(each) for each in measures]
    for each in (0, 1, 2):
        if nothing is not None:
            os.dup2(nothing, each)
        else:
            os.close(each)
    kernel.close_between(3, keep - 1)
    kernel.close_between(keep + 1, MOST_DESCRIPTORS)
    limit(limits, address_space(pages), task_count(tasks))
    signal.setitimer(signal.ITIMER_VIRTUAL, alarm)
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if prepared.filter is not None:
        kernel.seccomp(prepared.filter)
    return list(prepared.layers)


def first_thread_has_room() -> bool:
    """Whether a program can run on the first thread of this worker."""
    return prepared is not None and prepared.roomy


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * PEAK_UNIT


def measured(descriptor: int | None) -> bytes:
    """What a file of the kernel says at this moment."""
    return os.pread(descriptor, 128, 0) if descriptor is not None else b""


def address_space(statm: bytes) -> int:
    """The bytes that the zygote's maps take, which are those of its fork."""
    return int(statm.split()[0]) * resource.getpagesize() if statm else UNKNOWN_SIZE


def task_count(loadavg: bytes) -> int | None:
    """How many processes and threads the system has, of all users."""
    return int(loadavg.split()[3].partition(b"/")[2]) if loadavg else None


def limit(limits: KernelLimits, size: int, tasks: int | None) -> None:
    """Sets the limits of resources, which can only be lowered from then on."""
    lower(resource.RLIMIT_NOFILE, limits.files)
    if tasks is not None:
        lower(resource.RLIMIT_NPROC, tasks + TASKS)
    if limits.memory is not None and sys.platform == "linux":  # the maps of a process are of any size elsewhere
        lower(resource.RLIMIT_AS, size + limits.memory + ROOM)
    if limits.cpu is not None:
        seconds = math.ceil(limits.cpu) + 1
        lower(resource.RLIMIT_CPU, seconds, seconds + 1)
        signal.setitimer(signal.ITIMER_PROF, limits.cpu)  # to the millisecond; the kernel's limit, to the second, stands behind it




def lower(kind: int, soft: int, hard: int | None = None) -> None:
    """Lowers a limit to at most what it is already."""
    before = resource.getrlimit(kind)
    wanted = [min(new, old) if old != resource.RLIM_INFINITY else new for new, old in zip((soft, soft if hard is None else hard), before, strict=True)]
    try:
        resource.setrlimit(kind, (wanted[0], wanted[1]))
    except (OSError, ValueError):  # macOS knows some of them by name only
        if sys.platform == "linux":
            raise


# ── what this machine has ────────────────────────────────────────────────────────────────────────────────────────

BOOT = "import sys; sys.path[:] = sys.argv[1:]; from mlpy.sandbox.lockdown import probe; probe()"
PATIENCE = 20  # seconds


def status() -> Status:
    """Tries every layer in a process of its own, about 0.1 s, and tells which it got."""
    import json  # noqa: PLC0415  the zygote needs neither
    import subprocess  # noqa: PLC0415  likewise

    line = [sys.executable or "python", "-I", "-c", BOOT, *map(os.path.abspath, sys.path)]
    try:
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True, env={})  # noqa: S603  this interpreter
        layers, reasons = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        layers, reasons = [], {}
    return Status({name: None if name in layers else reasons.get(name, "a process that tried ended before it could tell") for name in LAYERS})


def probe() -> None:
    """Locks this process as far as it goes and writes to where its output went which layers it got, and why not the others."""
    import json  # noqa: PLC0415  as above

    prepare_zygote("locked")
    told = os.dup(1)
    layers = lock_worker(KernelLimits(None, None, 16), told)
    os.write(told, json.dumps([layers, refusals]).encode())
    os._exit(0)


def require(level: str, layers: Collection[str] | None = None) -> None:
    """Raises MLError unless all layers of a level are there; those of this machine where none are given."""
    found = [name for name, reason in status().layers.items() if reason is None] if layers is None else layers
    missing = [name for name in LAYERS_OF[level] if name not in found]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise MLError(f"this machine cannot reach the sandbox level `{level}`: {names} {'is' if len(missing) == 1 else 'are'} missing", "SandboxError", hint=f"{advice(missing)}{instead(found)}")


def instead(layers: Collection[str]) -> str:
    """What works on a machine with these layers."""
    level = reached(layers)
    return f'; here `level="{level}"` works, on the command line `--sandbox-level {level}`' if level else ""


def advice(missing: Collection[str]) -> str:
    """What to do about layers that are missing; the one that the others hang on first."""
    if sys.platform != "linux":
        return "only Linux has more than the level `process`"
    if "seccomp" in missing:
        return "install `mlpy[sandbox]` and the system's `libseccomp` (`apt-get install libseccomp2`, `dnf install libseccomp`, `apk add libseccomp`)"
    if set(NAMESPACES) & set(missing):
        return "allow user namespaces (`sysctl user.max_user_namespaces`, `kernel.unprivileged_userns_clone`, `kernel.apparmor_restrict_unprivileged_userns`), or take the level `filtered`"
    return "`mlpy sandbox status` tells why; the level `filtered` does without"
