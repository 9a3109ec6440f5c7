"""A zygote for tests: forks a process per request, locks it as a worker is locked, and runs Python in it; the language is bypassed on purpose.

Arguments: the descriptor of the control socket, the level (`none` for processes that are not locked), Python to run before, the paths of modules.
A request is `[python, [memory, cpu, files]]` with the socket that the process keeps as `keep`; it is answered with the exit status.
"""

import contextlib
import ctypes
import ctypes.util
import fcntl
import json
import mmap
import os
import random
import resource
import select
import signal
import socket
import sys
import threading
import time

sys.path[:] = sys.argv[4:]

from mlpy.sandbox import calls, kernel, lockdown  # noqa: E402

with contextlib.suppress(Exception):  # where it is missing, too, the rest is tested
    calls.allowed()

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
# name → its numbers on x86-64 and on 64-bit ARM
NUMBERS = {
    "accept4": (288, 242), "acct": (163, 89), "add_key": (248, 217), "alarm": (37, -1), "bind": (49, 200), "bpf": (321, 280), "capset": (126, 91),
    "clock_settime": (227, 112), "clone": (56, 220), "clone3": (435, 435), "connect": (42, 203), "copy_file_range": (326, 285), "creat": (85, -1),
    "execveat": (322, 281), "fanotify_init": (300, 262), "finit_module": (313, 273), "fsopen": (430, 430), "init_module": (175, 105),
    "inotify_init1": (294, 26), "io_setup": (206, 0), "io_uring_setup": (425, 425), "iopl": (172, -1), "kcmp": (312, 272), "kexec_load": (246, 104),
    "keyctl": (250, 219), "landlock_create_ruleset": (444, 444), "listen": (50, 201), "madvise": (28, 233), "memfd_secret": (447, 447), "mlockall": (151, 230),
    "mmap": (9, 222), "modify_ldt": (154, -1), "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429), "mprotect": (10, 226),
    "mq_open": (240, 180), "msgget": (68, 186), "name_to_handle_at": (303, 264), "newfstatat": (262, 79), "open": (2, -1), "open_tree": (428, 428),
    "openat": (257, 56), "openat2": (437, 437), "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434),
    "pivot_root": (155, 41), "pkey_mprotect": (329, 288), "prctl": (157, 167), "prlimit64": (302, 261), "process_madvise": (440, 440),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60), "reboot": (169, 142),
    "remap_file_pages": (216, 234), "request_key": (249, 218), "rt_sigqueueinfo": (129, 138), "sched_setattr": (314, 274), "seccomp": (317, 277),
    "semget": (64, 190), "sethostname": (170, 161), "setns": (308, 268), "setrlimit": (160, 164), "setsid": (112, 157), "shmat": (30, 196), "shmget": (29, 194),
    "signalfd4": (289, 74), "splice": (275, 76), "stat": (4, -1), "statx": (332, 291), "swapon": (167, 224), "sysinfo": (99, 179), "syslog": (103, 116),
    "tgkill": (234, 131), "timer_create": (222, 107), "timerfd_create": (283, 85), "tkill": (200, 130), "umask": (95, 166), "umount2": (166, 39),
    "unshare": (272, 97), "userfaultfd": (323, 282), "vfork": (58, -1),
}  # fmt: skip
PRELOADED = (kernel, ctypes.util, fcntl, random, resource, select, signal, threading, time)  # for what is tried: nothing can be imported then
ARM = os.uname().machine == "aarch64"
# The bytes of `int 0x80` with the number of `getpid` of 32-bit programs; memory that can be executed has to be there before the lock.
page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
thirty_two_bit = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
control = socket.socket(fileno=int(sys.argv[1]))
spare = os.open(sys.executable, os.O_RDONLY)  # what a worker must not find open


class AbsentError(Exception):
    """What is tried does not exist on this machine."""


def number(name):
    found = NUMBERS[name][ARM]
    if found < 0:
        raise AbsentError(f"this processor has no `{name}`")
    return found


def call(name, *arguments):
    """A raw system call; raises OSError."""
    found = libc.syscall(ctypes.c_long(number(name) if isinstance(name, str) else name), *[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if found == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return found


def child(made):
    """Waits for a process that an attack made, and ends it where it is the one."""
    if made == 0:
        os._exit(0)
    return os.waitpid(made, 0)


def perform(python, keep):
    """Runs Python and tells what became of it over the socket that is kept."""
    names = globals() | {"keep": keep, "end": socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, keep)}
    try:
        exec(python, names)
        told = ["returned", names.get("found")]
    except OSError as error:
        told = ["OSError", error.errno]
    except BaseException as error:
        told = [type(error).__name__, str(error)]
    with contextlib.suppress(OSError):
        os.write(keep, json.dumps(told).encode() + b"\n")


def main():
    exec(sys.argv[3], globals())
    layers = lockdown.prepare_zygote(sys.argv[2]) if sys.argv[2] != "none" else []
    control.send(json.dumps([layers, lockdown.refusals]).encode())
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1 << 20, 1)
        if not request:
            os._exit(0)
        python, limits = json.loads(request)
        made = os.fork()
        if made == 0:
            if layers:
                try:
                    lockdown.lock_worker(lockdown.KernelLimits(*limits), descriptors[0])
                except OSError:
                    os._exit(99)
            perform(python, descriptors[0])
            os._exit(0)
        os.close(descriptors[0])
        control.send(str(os.waitstatus_to_exitcode(os.waitpid(made, 0)[1])).encode())


main()
