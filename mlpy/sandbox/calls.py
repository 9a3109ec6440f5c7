"""The system calls that a locked-down worker may make: enough for an interpreter with threads that has imported what it needs.

Whatever is not listed is answered with EPERM, which Python shows as an OSError; a call by the numbers of another architecture kills
the process. Nothing listed takes a path, an address, the number of another process, or makes memory executable.
"""

from __future__ import annotations

import errno
import os
from mmap import PROT_EXEC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Filter: TypeAlias = Any  # pyseccomp has no types

WORD = (1 << 32) - 1  # of these arguments the kernel reads no more
POINTER = (1 << 64) - 1
# What glibc and musl start threads with; musl adds a flag without meaning.
THREAD = 0x0000_0100 | 0x200 | 0x400 | 0x800 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x10_0000 | 0x20_0000
DETACHED = 0x40_0000
F_GETFD, F_SETFD, F_GETFL, F_SETFL = 1, 2, 3, 4
FIONBIO = 0x5421

ALWAYS = """
    brk clock_getres clock_gettime clock_nanosleep close exit exit_group fstat futex getegid geteuid getgid getpid getppid getrandom getrusage
    gettid gettimeofday getuid lseek madvise mremap munmap nanosleep poll ppoll pselect6 read readv restart_syscall rseq
    rt_sigaction rt_sigprocmask rt_sigreturn sched_yield select set_robust_list sigaltstack time write writev
""".split()


SONAMES: dict[str, str | None] = {"c": None, "seccomp": "libseccomp.so.2"}  # None: what this process has loaded anyway


def binding() -> Filter:
    """pyseccomp, which runs other programs to find its libraries, 30 ms, unless they are where they nearly always are."""
    import ctypes.util  # noqa: PLC0415  as below

    search = ctypes.util.find_library
    ctypes.util.find_library = SONAMES.__getitem__  # type: ignore[assignment]  # mypy allows a function only what was declared as one
    try:
        import pyseccomp  # noqa: PLC0415  an extra, and not on every platform
    except OSError:
        ctypes.util.find_library = search
        import pyseccomp  # noqa: PLC0415  likewise
    finally:
        ctypes.util.find_library = search
    return pyseccomp


def program() -> bytes:
    """The filter as the kernel takes it; raises ImportError without pyseccomp, RuntimeError or OSError where libseccomp is missing or does not work."""
    made = allowed()
    with open(os.memfd_create("filter"), "rb", buffering=0) as file:
        made.export_bpf(file)
        return os.pread(file.fileno(), 1 << 20, 0)


def allowed() -> Filter:
    """The filter as a table of libseccomp."""
    kernel = binding()
    made = kernel.SyscallFilter(kernel.ERRNO(errno.EPERM))
    made.set_attr(kernel.Attr.ACT_BADARCH, kernel.KILL_PROCESS)

    def allow(name: str, *conditions: tuple[int, int, int]) -> None:
        if kernel.resolve_syscall(kernel.Arch.NATIVE, name) >= 0:  # those of another architecture have negative numbers
            made.add_rule(kernel.ALLOW, name, *[kernel.Arg(position, kernel.MASKED_EQ, mask, value) for position, mask, value in conditions])

    for name in ALWAYS:
        allow(name)
    allow("clone", (0, WORD & ~DETACHED, THREAD))
    for name in ("mmap", "mprotect"):
        allow(name, (2, PROT_EXEC, 0))
    for command in (F_GETFD, F_SETFD, F_GETFL, F_SETFL):
        allow("fcntl", (1, WORD, command))
    allow("ioctl", (1, WORD, FIONBIO))
    allow("prlimit64", (0, WORD, 0), (2, POINTER, 0))  # its own, without new ones
    allow("recvfrom", (4, POINTER, 0))
    allow("sendto", (4, POINTER, 0))
    allow("sched_getaffinity", (0, WORD, 0))
    made.add_rule(kernel.ERRNO(errno.ENOSYS), "clone3")  # its flags lie in memory, where no filter sees them: the C library falls back to `clone`
    return made
