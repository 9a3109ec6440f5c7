"""The few system calls that Python has no function for: namespaces, mounts, capabilities, process attributes and Landlock.

Each takes plain numbers and raises OSError with the kernel's reason. Numbers are those of Linux's own headers, the same on
x86-64 and 64-bit ARM; see unshare(2), mount(2), capabilities(7), prctl(2), landlock(7).
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x1000_0000, 0x2000_0000, 0x4000_0000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_REC, MS_PRIVATE = 0x1, 0x2, 0x4, 0x8, 0x20, 0x4000, 0x4_0000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SECCOMP_MODE_FILTER = 2
CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN = 5, 6, 7, 21

_CLOSE_RANGE, _LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 436, 444, 446
_LANDLOCK_VERSION = 1
# What the first version of Landlock that knows it can refuse: of files (bits 0-12, then one more a version), of TCP ports, and of what lies outside its domain.
_FILES = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
_PORTS = {4: 0x3}
_OUTSIDE = {6: 0x3}
_CAPABILITY_VERSION = 0x2008_0522  # 64 bits in two halves
_M_ARENA_MAX = -8

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("outside", ctypes.c_uint64))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def checked(result: int) -> int:
    """The result of a call; raises OSError for -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unshare(flags: int) -> None:
    """Puts this process (its children, for CLONE_NEWPID) into new namespaces."""
    checked(_libc.unshare(ctypes.c_int(flags)))


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    checked(_libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), options.encode()))


def empty_root() -> None:
    """Makes an empty, read-only file system the root of this process's mount namespace and lets go of the old one; needs a namespace of its own."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("none", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,nr_inodes=1,mode=0555")
    os.chdir("/proc")
    checked(_libc.pivot_root(b".", b"."))
    checked(_libc.umount2(b".", ctypes.c_int(MNT_DETACH)))
    os.chdir("/")
    mount("none", "/", None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)


def close_between(first: int, last: int) -> None:
    """Closes every descriptor from one to another."""
    if sys.platform != "linux" or _libc.syscall(ctypes.c_long(_CLOSE_RANGE), ctypes.c_uint(first), ctypes.c_uint(last), ctypes.c_uint(0)) == -1:
        os.closerange(first, min(last, os.sysconf("SC_OPEN_MAX")) + 1)  # before Linux 5.9, too


def prctl(option: int, value: int) -> None:
    checked(_libc.prctl(ctypes.c_int(option), *[ctypes.c_ulong(one) for one in (value, 0, 0, 0)]))


def capabilities() -> int:
    """The effective capabilities of this process, one bit each."""
    found = (_Capabilities * 2)()
    checked(_libc.capget(ctypes.byref(_Header(_CAPABILITY_VERSION, 0)), found))
    return int(found[0].effective) | int(found[1].effective) << 32


def drop_capabilities() -> None:
    """Gives up every capability for good."""
    checked(_libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION, 0)), (_Capabilities * 2)()))


def one_heap() -> None:
    """Lets all threads share a heap: glibc gives each its own otherwise, with 64 MB of address space that nobody uses but that limits count."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(ctypes.c_int(_M_ARENA_MAX), ctypes.c_int(1))


def landlock_version() -> int:
    """The version of Landlock that the kernel has; raises OSError where it has none or does not use it."""
    return checked(_libc.syscall(ctypes.c_long(_LANDLOCK_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(_LANDLOCK_VERSION)))


def landlock(version: int) -> None:
    """Takes from this thread, and from those that it starts, all that a version of Landlock can refuse; needs `PR_SET_NO_NEW_PRIVS`."""
    rules = _Ruleset(*[max((mask for since, mask in table.items() if since <= version), default=0) for table in (_FILES, _PORTS, _OUTSIDE)])
    size = 8 if version < 4 else 16 if version < 6 else 24
    descriptor = checked(_libc.syscall(ctypes.c_long(_LANDLOCK_CREATE_RULESET), ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint(0)))
    try:
        checked(_libc.syscall(ctypes.c_long(_LANDLOCK_RESTRICT_SELF), ctypes.c_int(descriptor), ctypes.c_uint(0)))
    finally:
        os.close(descriptor)


def ask_seccomp() -> None:
    """Raises OSError where the kernel takes no filters: one that does cannot read an address that is none, which seccomp(2) recommends to ask with."""
    try:
        checked(_libc.prctl(ctypes.c_int(PR_SET_SECCOMP), ctypes.c_ulong(SECCOMP_MODE_FILTER), None, ctypes.c_ulong(0), ctypes.c_ulong(0)))
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise


def seccomp(code: bytes) -> None:
    """Puts this thread, and those that it starts, behind a filter of system calls (instructions of 8 bytes); needs `PR_SET_NO_NEW_PRIVS`."""
    program = _Program(len(code) // 8, code)
    checked(_libc.prctl(ctypes.c_int(PR_SET_SECCOMP), ctypes.c_ulong(SECCOMP_MODE_FILTER), ctypes.byref(program), ctypes.c_ulong(0), ctypes.c_ulong(0)))
