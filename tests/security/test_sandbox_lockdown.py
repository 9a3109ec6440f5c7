"""What the kernel refuses to a worker when the language is bypassed: Python runs in the locked process as if an escape had succeeded."""

from __future__ import annotations

import ast
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlpy.errors import MLError
from mlpy.sandbox import lockdown

HOOK = str(Path(__file__).with_name("bare_zygote.py"))
PATIENCE = 60
FILES = 64
THREAD = 0x3D_0F00  # the flags that threads are started with, by pthread_create
DETACHED = 0x40_0000  # means nothing to the kernel
REFUSED = ["OSError", errno.EPERM]
NOBODY = "os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)"
# As root would be allowed more by the kernel than anybody else, all is tried as somebody else, too.
ZYGOTES = {"filtered": ("filtered", ""), "locked": ("locked", ""), "locked, not root": ("locked", NOBODY)}


class Zygote:
    """The hook in a process of its own; `run(python)` gives what became of it and how its process ended."""

    def __init__(self, level: str, before: str = "") -> None:
        self.level = level
        self.control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            line = [sys.executable, "-I", HOOK, str(other.fileno()), level, before, *map(os.path.abspath, sys.path)]
            self.process = subprocess.Popen(line, pass_fds=[other.fileno()], env={"SECRET": "hunter2"}, stdin=subprocess.DEVNULL)
        self.control.settimeout(PATIENCE)
        self.layers, self.refusals = json.loads(self.control.recv(1 << 16) or b"[[], {}]")

    def start(self, python: str, memory: int | None = 256 << 20, cpu: float | None = 30, files: int = FILES) -> socket.socket:
        """A worker that runs Python, and the end of the socket that it keeps."""
        mine, its = socket.socketpair()
        mine.settimeout(PATIENCE)
        with its:
            socket.send_fds(self.control, [json.dumps([python, [memory, cpu, files]]).encode()], [its.fileno()])
        return mine

    def run(self, python: str, memory: int | None = 256 << 20, cpu: float | None = 30, files: int = FILES) -> tuple[list[object] | None, int]:
        with self.start(python, memory, cpu, files) as told:
            said = bytearray()
            while piece := told.recv(1 << 16):
                said += piece
        return (json.loads(said.splitlines()[-1]) if said else None), int(self.control.recv(64))

    def close(self) -> None:
        self.control.close()
        self.process.wait(PATIENCE)


MACHINE = lockdown.status()


def started(level: str, before: str = "") -> Zygote:
    if sys.platform != "linux":
        pytest.skip("only Linux can lock a process")
    missing = {name: MACHINE.layers[name] for name in lockdown.LAYERS_OF[level] if MACHINE.layers[name] is not None}
    if missing:
        pytest.skip(f"this machine lacks {missing}")
    if before == NOBODY and os.geteuid() != 0:
        pytest.skip("these tests do not run as root anyway")
    return Zygote(level, before)


@pytest.fixture(scope="module", params=ZYGOTES)
def zygote(request):
    made = started(*ZYGOTES[request.param])
    yield made
    made.close()


@pytest.fixture(scope="module")
def unlocked():
    if sys.platform != "linux":
        pytest.skip("only Linux has these calls")
    made = Zygote("none")
    yield made
    made.close()


@pytest.fixture(scope="module")
def bystander():
    """Another process of the same user."""
    with subprocess.Popen(["sleep", "1000"]) as made:
        yield made.pid
        made.kill()


# What is refused: name → Python. `call` is a raw system call, `child` ends a process that should not have come to be, `victim` is the
# number of another process of this user. Every one of them gets further without the lock, but for those of the second table.
ATTACKS = {
    # files
    "open to read": 'open("/usr/bin/env", "rb")',
    "open to write": 'open(f"/tmp/mlpy-{os.getpid()}", "wb"); os.unlink(f"/tmp/mlpy-{os.getpid()}")',
    "open to append": 'open("/dev/null", "ab")',
    "open the list of users": 'open("/etc/passwd")',
    "open its own environment": 'open("/proc/self/environ", "rb")',
    "open its own memory": 'open("/proc/self/mem", "r+b")',
    "open its own maps": 'open("/proc/self/maps")',
    "open a device": 'open("/dev/zero", "rb")',
    "open the kernel's settings": 'open("/proc/sys/kernel/ostype")',
    "open a relative path": 'os.open(".", os.O_RDONLY)',
    "open a path without a file": 'os.open("/", os.O_PATH)',
    "open a folder": 'os.open("/", os.O_RDONLY | os.O_DIRECTORY)',
    "open a file without a name": 'os.open("/tmp", os.O_TMPFILE | os.O_RDWR)',
    "open beside a descriptor": 'os.open("passwd", os.O_RDONLY, dir_fd=keep)',
    "open through the folder of descriptors": 'os.open("/proc/self/fd/1", os.O_WRONLY)',
    "openat": 'call("openat", -100, b"/etc/passwd", 0, 0)',
    "openat2": 'call("openat2", -100, b"/etc/passwd", (ctypes.c_uint64 * 3)(), 24)',
    "the old open": 'call("open", b"/etc/passwd", 0, 0)',
    "creat": 'call("creat", f"/tmp/mlpy-{os.getpid()}".encode(), 0o600); os.unlink(f"/tmp/mlpy-{os.getpid()}")',
    "name_to_handle_at": 'call("name_to_handle_at", -100, b"/", 0, 0, 0)',
    "stat": 'os.stat("/etc/passwd")',
    "the old stat": 'call("stat", b"/etc/passwd", ctypes.create_string_buffer(512))',
    "newfstatat of an empty path": 'call("newfstatat", -100, b"", ctypes.create_string_buffer(512), 0x1000)',
    "statx": 'call("statx", -100, b"/etc/passwd", 0, 0xFFF, ctypes.create_string_buffer(512))',
    "access": 'os.access("/etc/passwd", os.R_OK) or (_ for _ in ()).throw(PermissionError(1, ""))',
    "statfs": 'os.statvfs("/")',
    "list a folder": 'os.listdir("/")',
    "walk to another folder": 'os.chdir("/tmp")',
    "the present folder": "os.getcwd()",
    "mkdir": 'os.mkdir(f"/tmp/mlpy-{os.getpid()}"); os.rmdir(f"/tmp/mlpy-{os.getpid()}")',
    "rmdir": 'os.rmdir("/tmp/mlpy-there-is-none")',
    "unlink": 'os.unlink("/tmp/mlpy-there-is-none")',
    "rename": 'os.rename("/tmp/mlpy-there-is-none", "/tmp/mlpy-there-is-none-either")',
    "symlink": 'os.symlink("/etc/passwd", "/tmp/mlpy-there-is-none/link")',
    "link": 'os.link("/tmp/mlpy-there-is-none", "/tmp/mlpy-there-is-none-either")',
    "readlink": 'os.readlink("/proc/self/exe")',
    "chmod": 'os.chmod("/tmp/mlpy-there-is-none", 0o777)',
    "chown": 'os.chown("/tmp/mlpy-there-is-none", 0, 0)',
    "truncate": 'os.truncate("/tmp/mlpy-there-is-none", 0)',
    "mknod of a pipe": 'os.mkfifo("/tmp/mlpy-there-is-none/pipe")',
    "change the mode of a descriptor's file": "os.fchmod(keep, 0o777)",
    "truncate a descriptor's file": "os.ftruncate(keep, 1 << 20)",
    "give a descriptor's file room": "os.posix_fallocate(keep, 0, 1 << 20)",
    "flock": "fcntl.flock(keep, fcntl.LOCK_EX)",
    "read attributes": 'os.getxattr("/", "user.none")',
    "inotify": 'os.close(call("inotify_init1", 0))',
    "umask": 'call("umask", 0)',
    "io_setup": 'call("io_setup", 1, ctypes.byref(ctypes.c_ulong()))',
    # descriptors
    "pipe": "os.pipe()",
    "socketpair": "socket.socketpair()",
    "dup": "os.dup(keep)",
    "dup2 onto standard output": "os.dup2(keep, 1)",
    "duplicate by fcntl": "fcntl.fcntl(keep, fcntl.F_DUPFD, 0)",
    "epoll": "select.epoll()",
    "eventfd": "os.eventfd(0)",
    "signalfd": 'os.close(call("signalfd4", -1, ctypes.byref(ctypes.c_uint64()), 8, 0))',
    "timerfd": 'os.close(call("timerfd_create", 1, 0))',
    "memfd": 'os.memfd_create("program")',
    "memfd that is hidden": 'call("memfd_secret", 0x7FFF)',
    "send a descriptor": 'socket.send_fds(end, [b"\\n"], [keep])',
    "receive a descriptor": "end.recvmsg(1, 64, socket.MSG_DONTWAIT)",
    "splice": 'call("splice", keep, 0, keep, 0, 1, 0)',
    "sendfile": "os.sendfile(keep, keep, 0, 1)",
    "copy_file_range": 'call("copy_file_range", keep, 0, keep, 0, 1, 0)',
    "ask who is at the other end": "end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)",
    "signals from a descriptor": "fcntl.fcntl(keep, fcntl.F_SETOWN, victim)",
    "leases": "fcntl.fcntl(keep, fcntl.F_SETLEASE, fcntl.F_UNLCK)",
    "type into a terminal": 'fcntl.ioctl(0, 0x5412, b"x")',
    "the size of a terminal": "fcntl.ioctl(0, 0x5413, bytes(8))",
    "signals from a descriptor by ioctl": "fcntl.ioctl(keep, 0x8901, victim.to_bytes(4, sys.byteorder))",
    # the network
    "socket over TCP": "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
    "socket over UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "socket over IPv6": "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "socket of this machine": "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
    "socket to the kernel": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "socket to the kernel's ciphers": "socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "connect": 'call("connect", keep, b"\\2\\0\\0\\x50\\x7f\\0\\0\\1" + bytes(8), 16)',
    "connect over IPv6": 'call("connect", keep, b"\\x0a\\0\\0\\x50" + bytes(24), 28)',
    "connect to a path": 'call("connect", keep, b"\\1\\0/run/dbus\\0", 12)',
    "connect to an abstract name": 'call("connect", keep, b"\\1\\0\\0name", 7)',
    "bind": 'call("bind", keep, b"\\2\\0\\x1f\\x90\\0\\0\\0\\0" + bytes(8), 16)',
    "bind to an abstract name": 'call("bind", keep, b"\\1\\0\\0mlpy" + os.getpid().to_bytes(4), 11)',
    "listen": 'call("listen", keep, 1)',
    "accept": 'call("accept4", keep, 0, 0, 0)',
    "send to an address": 'end.sendto(b"0", "/tmp/mlpy-there-is-none")',
    # processes
    "fork": "child(os.fork())",
    "vfork": 'libc.vfork.restype = ctypes.c_int; call("vfork") or os._exit(0)',
    "clone": 'child(call("clone", signal.SIGCHLD, 0, 0, 0, 0))',
    "clone that shares memory": 'call("clone", signal.SIGCHLD | 0x4100, 0, 0, 0, 0) or os._exit(0)',
    "clone into a namespace": 'child(call("clone", signal.SIGCHLD | 0x1000_0000, 0, 0, 0, 0))',
    "execve": 'os.execv("/mlpy-there-is-none", ["mlpy"])',
    "execveat": 'call("execveat", -1, b"", 0, 0, 0x1000)',
    "posix_spawn": 'child(os.posix_spawn("/bin/true", ["true"], {}))',
    "system": 'os.system("true") and os.fork()',
    "kill another": "os.kill(victim, 0)",
    "kill its parent": "os.kill(os.getppid(), 0)",
    "kill a group by its number": "os.kill(-os.getppid(), 0)",
    "kill itself": "os.kill(os.getpid(), 0)",
    "kill a group": "os.killpg(os.getppid(), 0)",
    "tgkill": 'call("tgkill", victim, victim, 0)',
    "tkill": 'call("tkill", victim, 0)',
    "send a signal with a value": 'call("rt_sigqueueinfo", victim, 0, (ctypes.c_int * 32)(0, 0, -1))',
    "pidfd_open": "os.pidfd_open(victim)",
    "pidfd_open of its own": 'os.close(call("pidfd_open", os.getpid(), 0))',
    "pidfd_send_signal": "signal.pidfd_send_signal(keep, 0)",
    "pidfd_getfd": 'call("pidfd_getfd", keep, 0, 0)',
    "wait for others": "os.waitpid(-1, os.WNOHANG)",
    "read the environment of another": 'open(f"/proc/{victim}/environ", "rb")',
    "read the command of another": 'open(f"/proc/{victim}/cmdline", "rb")',
    "list the descriptors of another": 'os.listdir(f"/proc/{victim}/fd")',
    "read its parent's memory": 'open(f"/proc/{os.getppid()}/mem", "rb")',
    "ptrace": 'call("ptrace", 0x4206, victim, 0, 0)',
    "be traced": 'call("ptrace", 0, 0, 0, 0)',
    "read another's memory": 'call("process_vm_readv", victim, 0, 0, 0, 0, 0)',
    "write another's memory": 'call("process_vm_writev", victim, 0, 0, 0, 0, 0)',
    "advise another's memory": 'call("process_madvise", keep, 0, 0, 0, 0)',
    "compare with another": 'call("kcmp", victim, victim, 0, 0, 0)',
    "move another to other processors": "os.sched_setaffinity(victim, [0])",
    "ask for another's processors": "os.sched_getaffinity(victim)",
    "change how another is scheduled": 'call("sched_setattr", victim, 0, 0)',
    "change its own priority": "os.setpriority(os.PRIO_PROCESS, 0, 19)",
    "ask for another's priority": "os.getpriority(os.PRIO_PROCESS, victim)",
    "change the limits of another": "resource.prlimit(victim, resource.RLIMIT_CORE)",
    "raise its own limit": 'call("prlimit64", 0, resource.RLIMIT_NOFILE, (ctypes.c_uint64 * 2)(9, 9), 0)',
    "raise its own limit the old way": 'call("setrlimit", resource.RLIMIT_CORE, (ctypes.c_uint64 * 2)())',
    "a session of its own": 'call("setsid")',
    "a group of its own": "os.setpgid(0, 0)",
    "a timer that sends signals": "signal.setitimer(signal.ITIMER_REAL, 0)",
    "a timer of POSIX": 'call("timer_create", 1, 0, ctypes.byref(ctypes.c_int()))',
    "alarm": 'call("alarm", 0)',
    # namespaces, mounts, identity
    "unshare the user": 'call("unshare", 0x1000_0000)',
    "unshare the mounts": 'call("unshare", 0x2_0000)',
    "unshare the network": 'call("unshare", 0x4000_0000)',
    "unshare nothing": 'call("unshare", 0)',
    "setns": 'call("setns", keep, 0)',
    "mount": 'call("mount", b"none", b"/mlpy-there-is-none", b"tmpfs", 0, 0)',
    "umount": 'call("umount2", b"/mlpy-there-is-none", 0)',
    "pivot_root": 'call("pivot_root", b"/mlpy-there-is-none", b"/mlpy-there-is-none")',
    "chroot": 'os.chroot("/mlpy-there-is-none")',
    "fsopen": 'call("fsopen", b"there is none", 0)',
    "open_tree": 'call("open_tree", -100, b"/mlpy-there-is-none", 0)',
    "move_mount": 'call("move_mount", -1, b"", -1, b"", 0)',
    "mount_setattr": 'call("mount_setattr", -1, b"", 0, 0, 0)',
    "setuid": "os.setuid(os.getuid())",
    "setgid": "os.setgid(os.getgid())",
    "setresuid": "os.setresuid(-1, -1, -1)",
    "capset": 'call("capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())',
    "personality": 'call("personality", 0xFFFFFFFF)',
    "let others read it": 'call("prctl", 4, 1, 0, 0, 0)',
    "ask whether others may": 'call("prctl", 3, 0, 0, 0, 0)',
    "outlive its parent": 'call("prctl", 1, 0, 0, 0, 0)',
    "take its parent's orphans": 'call("prctl", 36, 1, 0, 0, 0)',
    "let somebody trace it": 'call("prctl", 0x59616D61, -1, 0, 0, 0)',
    "another name": 'call("prctl", 15, b"init", 0, 0, 0)',
    "seccomp that allows all": 'call("seccomp", 1, 1 << 20, (ctypes.c_uint64 * 2)())',
    "seccomp by prctl": 'call("prctl", 22, 2, 0, 0, 0)',
    "landlock": 'call("landlock_create_ruleset", 0, 0, 1)',
    # the kernel
    "io_uring": 'os.close(call("io_uring_setup", 1, ctypes.create_string_buffer(120)))',
    "userfaultfd": 'os.close(call("userfaultfd", 0))',
    "bpf": 'call("bpf", 9999, 0, 0)',
    "perf_event_open": 'call("perf_event_open", 0, 0, -1, -1, 0)',
    "add_key": 'call("add_key", b"user", b"mlpy", 0, 1, 0)',
    "keyctl": 'call("keyctl", 9999, 0, 0, 0, 0)',
    "request_key": 'call("request_key", b"mlpy", b"mlpy", 0, 0)',
    "kexec": 'call("kexec_load", 0, 0, 0, 0xFFFF)',
    "load a module of the kernel": 'call("init_module", 0, 0, 0)',
    "load a module of the kernel from a file": 'call("finit_module", -1, b"", 0)',
    "reboot": 'call("reboot", 0, 0, 0, 0)',
    "name the machine": 'call("sethostname", b"", -1)',
    "ask for the machine": "os.uname()",
    "ask for the state of the system": 'call("sysinfo", ctypes.create_string_buffer(256))',
    "read the log of the kernel": 'call("syslog", 9999, 0, 0)',
    "set the clock": 'call("clock_settime", 9999, 0)',
    "swap": 'call("swapon", b"/mlpy-there-is-none", 0)',
    "acct": 'call("acct", b"/mlpy-there-is-none")',
    "quotactl": 'call("quotactl", -1, 0, 0, 0)',
    "fanotify": 'call("fanotify_init", -1, 0)',
    "a queue of messages": 'call("msgget", 0, 0)',
    "shared memory": 'call("shmget", 0, 4096, 0)',
    "semaphores": 'call("semget", 0, 1, 0)',
    "a named queue": 'call("mq_open", b"mlpy", 0, 0, 0)',
    "the ports of the machine": 'call("iopl", 9)',
    # memory that can be executed
    "map memory to execute": "mmap.mmap(-1, mmap.PAGESIZE, prot=7)",
    "map memory to execute only": "mmap.mmap(-1, mmap.PAGESIZE, prot=4)",
    "make memory executable": 'call("mprotect", ctypes.addressof(ctypes.c_char.from_buffer(page)), mmap.PAGESIZE, 7)',
    "make memory executable by key": 'call("pkey_mprotect", ctypes.addressof(ctypes.c_char.from_buffer(page)), mmap.PAGESIZE, 7, -1)',
    "attach shared memory to execute": 'call("shmat", -1, 0, 0o100000)',
    "remap pages": 'call("remap_file_pages", 0, 0, 0, 0, 0)',
    "keep memory from being paged out": 'call("mlockall", 1)',
    "a segment of the processor": 'call("modify_ldt", 0, ctypes.create_string_buffer(16), 16)',
}  # fmt: skip
UNTRIED = {"vfork", "clone that shares memory"}  # without the lock two processes would run on one stack


def test_a_zygote_has_all_layers_of_its_level(zygote):
    assert set(zygote.layers) >= set(lockdown.LAYERS_OF[zygote.level])
    assert zygote.refusals == {}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_kernel_refuses_to(zygote, bystander, attack):
    said, code = zygote.run(f"victim = {bystander}\n{ATTACKS[attack]}")
    if said is not None and said[0] == "AbsentError":
        pytest.skip(said[1])
    assert (said, code) == (REFUSED, 0)


@pytest.mark.parametrize("attack", sorted(ATTACKS.keys() - UNTRIED))
def test_it_is_the_lock_that_refuses_to(unlocked, bystander, attack):
    if os.geteuid() != 0:
        pytest.skip("the kernel refuses some of it to everybody but root")
    said, _ = unlocked.run(f"victim = {bystander}\n{ATTACKS[attack]}")
    assert said != REFUSED


def test_the_numbers_of_system_calls_are_those_of_libseccomp():
    kernel = pytest.importorskip("pyseccomp", reason="pyseccomp is not installed", exc_type=Exception)
    tree = ast.parse(Path(HOOK).read_bytes())
    (table,) = [node.value for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "NUMBERS"]
    for name, numbers in ast.literal_eval(table).items():
        known = [max(kernel.resolve_syscall(arch, name), -1) for arch in (kernel.Arch.X86_64, kernel.Arch.AARCH64)]
        if known != [-1, -1]:  # newer than the library
            assert (name, *known) == (name, *numbers)


def test_every_system_call_that_is_not_listed_is_refused(zygote):
    calls = pytest.importorskip("mlpy.sandbox.calls")
    kernel = pytest.importorskip("pyseccomp", reason="pyseccomp is not installed", exc_type=Exception)
    conditional = ["clone", "clone3", "fcntl", "ioctl", "mmap", "mprotect", "prlimit64", "recvfrom", "sched_getaffinity", "sendto"]
    listed = {kernel.resolve_syscall(kernel.Arch.NATIVE, name) for name in [*calls.ALWAYS, *conditional]}
    uprobes = {335, 336} if os.uname().machine == "x86_64" else set()  # of which the kernel kills whoever calls them without one, before any filter
    tried = [number for number in range(1000) if number not in listed | uprobes]
    python = f"""
found = []
for number in {tried}:
    try:
        call(number, -1, -1, -1, -1, -1, -1)
    except OSError as error:
        if error.errno == {errno.EPERM}:
            continue
    found.append(number)
"""
    assert len(tried) > 900
    assert zygote.run(python) == (["returned", []], 0)


def test_every_command_of_fcntl_that_is_not_listed_is_refused(zygote):
    python = f"""
found = []
for command in range(2_000):
    try:
        libc.fcntl(keep, command, 0) == -1 and ctypes.get_errno() == {errno.EPERM} or found.append(command)
    except OSError: pass
"""
    assert zygote.run(python) == (["returned", [1, 2, 3, 4]], 0)  # F_GETFD, F_SETFD, F_GETFL, F_SETFL


def test_threads_cannot_be_told_from_processes_by_flags_in_memory(zygote):
    assert zygote.run('call("clone3", 0, 0)') == (["OSError", errno.ENOSYS], 0)


@pytest.mark.parametrize("flag", [1 << bit for bit in range(32) if 1 << bit != DETACHED])
def test_the_flags_of_a_thread_are_the_only_ones(zygote, flag):
    assert zygote.run(f'call("clone", {THREAD ^ flag}, 0, 0, 0, 0) or os._exit(0)') == (REFUSED, 0)


@pytest.mark.parametrize("python", ["thirty_two_bit()", "call(0x4000_0000 | 39)", "call(0x4000_0000 | 59, 0, 0, 0)"], ids=["int 0x80", "x32", "execve of x32"])
def test_the_numbers_of_another_architecture_kill(zygote, unlocked, python):
    if os.uname().machine != "x86_64":
        pytest.skip("this processor has no second set of numbers")
    if unlocked.run("thirty_two_bit()")[1] != 0:
        pytest.skip("this kernel runs no programs of 32 bits")
    assert zygote.run(python) == (None, -signal.SIGSYS)


# ── what has to work ──

WORKS = {
    "threads": """
seen = []
threads = [threading.Thread(target=lambda one=one: seen.append(one)) for one in range(8)]
for each in threads: each.start()
for each in threads: each.join()
found = sorted(seen)
""",
    "threads with large stacks": """
threading.stack_size(64 << 20)
threads = [threading.Thread(target=lambda: None) for _ in range(2)]
for each in threads: each.start()
for each in threads: each.join()
found = list(range(8))
""",
    "deep recursion on a thread": """
def down(n): return n and 1 + down(n - 1)
sys.setrecursionlimit(20_000)
threading.stack_size(64 << 20)
reached = []
made = threading.Thread(target=lambda: reached.append(down(15_000)))
made.start(); made.join()
assert reached == [15_000]
found = list(range(8))
""",
    "exceptions in another thread": """
told = []
def work():
    try:
        while True: time.sleep(0.001)
    except KeyboardInterrupt: told.append(1)
made = threading.Thread(target=work); made.start()
ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(made.ident), ctypes.py_object(KeyboardInterrupt))
made.join()
assert told
found = list(range(8))
""",
    "waiting for a lock": """
lock = threading.Lock(); lock.acquire()
assert lock.acquire(timeout=0.05) is False
found = list(range(8))
""",
    "the clocks": """
before = time.monotonic(); time.sleep(0.01)
assert time.monotonic() > before and time.time() > 1e9 and time.process_time() > 0 and time.thread_time() > 0 and time.perf_counter_ns() > 0
found = list(range(8))
""",
    "random numbers": """
assert len(set([os.urandom(16), os.urandom(16), random.SystemRandom().randbytes(16), random.Random().randbytes(16)])) == 4
found = list(range(8))
""",
    "memory": """
with mmap.mmap(-1, 1 << 20) as made: made.write(b"x" * (1 << 20))
block = bytearray(64 << 20); del block
address = call("mmap", 0, mmap.PAGESIZE, 0, 0x22, -1, 0)
call("mprotect", address, mmap.PAGESIZE, 3); ctypes.memset(address, 1, mmap.PAGESIZE); call("madvise", address, mmap.PAGESIZE, 4)
found = list(range(8))
""",
    "usage": """
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0 and resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 64
found = list(range(8))
""",
    "its own numbers": """
assert os.getpid() > 0 and os.getppid() > 0 and threading.get_native_id() > 0 and os.sched_getaffinity(0)
found = list(range(8))
""",
    "the socket": """
os.set_blocking(keep, False)
try: os.read(keep, 1)
except BlockingIOError: pass
assert select.select([], [keep], [], 0)[1] and select.poll().poll(0) == []
os.set_blocking(keep, True)
end.sendall(b"\\n"); os.write(keep, b"\\n")
found = list(range(8))
""",
    "signals in itself": """
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
found = list(range(8))
""",
    "what is imported": """
import math, json
assert json.loads(json.dumps([math.pi])) == [math.pi]
found = list(range(8))
""",
    "a failed import": """
try: import there_is_no_such_module
except ImportError: pass
found = list(range(8))
""",
    "printing to nowhere": """
print("lost"); sys.stderr.write("lost"); sys.stdout.flush()
assert sys.stdin.read() == ""
found = list(range(8))
""",
    "sorting": """
assert sorted(range(100_000, 0, -1))[0] == 1
found = list(range(8))
""",
}


@pytest.mark.parametrize("case", WORKS)
def test_a_program_still_has(zygote, case):
    assert zygote.run(WORKS[case]) == (["returned", list(range(8))], 0)


def test_exit_codes_are_told(zygote):
    assert zygote.run("os._exit(7)") == (None, 7)


def test_a_crash_is_told(zygote):
    assert zygote.run("ctypes.string_at(0)") == (None, -signal.SIGSEGV)


def test_abort_ends_the_process(zygote):
    said, code = zygote.run("os.abort()")
    assert said is None
    assert code < 0


# ── what is there ──


def test_nothing_is_open_but_the_socket_and_three_ways_to_nowhere(zygote):
    said, _ = zygote.run("""
found = []
for each in range(4096):
    try:
        fcntl.fcntl(each, fcntl.F_GETFD)
    except OSError:
        continue
    found.append(each)
found = [found[:3], found[3:] == [keep]]
""")
    assert said == ["returned", [[0, 1, 2], True]]


def test_the_environment_is_empty(zygote):
    assert zygote.run("libc.getenv.restype = ctypes.c_char_p; found = [dict(os.environ), libc.getenv(b'SECRET')]") == (["returned", [{}, None]], 0)


def identity_outside(zygote: Zygote) -> list[str]:
    """The user that a worker is for the system, whatever it takes itself for."""
    with zygote.start("os.read(keep, 1)") as told:
        lines = status_of_child(zygote)
        told.send(b"0")
        zygote.control.recv(64)
    return next(line.split()[1:] for line in lines if line.startswith("Uid:"))


def test_root_is_nobody(zygote):
    assert zygote.run("found = os.getuid() != 0 and os.getgid() != 0") == (["returned", True], 0)
    assert identity_outside(zygote) == ["65534"] * 4 if os.geteuid() == 0 else [str(os.getuid())] * 4


def test_root_of_a_container_is_nobody():
    if os.geteuid() != 0:
        pytest.skip("these tests do not run as root")
    without_sys_admin = (1 << 21) - 1
    made = started("locked", f"assert libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)({without_sys_admin}, {without_sys_admin})) == 0")
    try:
        assert made.refusals == {}
        assert made.run('open("/etc/passwd")')[0] == REFUSED
        assert identity_outside(made) == ["65534"] * 4
    finally:
        made.close()


def test_there_are_no_capabilities(zygote):
    python = "found = [libc.capget((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()), ctypes.get_errno()]"
    assert zygote.run(python)[0] == ["returned", [-1, errno.EPERM]]  # which cannot even be asked
    with zygote.start("os.read(keep, 1)") as told:
        found = {line.partition(":")[0]: line.partition(":")[2].strip() for line in status_of_child(zygote)}
        told.send(b"0")
        zygote.control.recv(64)
    assert {name: found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs", "Seccomp", "Threads")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapAmb"), "0" * 16
    ) | {
        "NoNewPrivs": "1",
        "Seccomp": "2",
        "Threads": "1",
    }


def status_of_child(zygote: Zygote) -> list[str]:
    """`/proc/PID/status` of the one worker, once it is behind its filter."""
    for _ in range(1000):
        for pid in descendants(zygote.process.pid):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            if "Seccomp:\t2" in lines:
                return lines
        time.sleep(0.01)
    raise AssertionError("no worker is locked")


def descendants(pid: int) -> list[int]:
    found = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found + [each for one in found for each in descendants(one)]


@pytest.mark.parametrize("layer", ["user", "mnt", "net", "pid", "ipc", "uts"])
def test_a_locked_worker_shares_no_namespace(zygote, layer):
    if zygote.level != "locked":
        pytest.skip("the level `filtered` has none")
    with zygote.start("os.read(keep, 1)") as told:
        status_of_child(zygote)
        try:
            own = os.readlink(f"/proc/{descendants(zygote.process.pid)[-1]}/ns/{layer}")
        except PermissionError:
            pytest.skip("only root may look")
        finally:
            told.send(b"0")
            zygote.control.recv(64)
    assert own != os.readlink(f"/proc/self/ns/{layer}")


# ── limits ──


def test_memory_ends_in_an_error_that_can_be_handled(zygote):
    assert zygote.run(
        """
try:
    bytearray(500 << 20)
except MemoryError:
    found = len(bytearray(50 << 20))
""",
        memory=64 << 20,
    ) == (["returned", 50 << 20], 0)


def test_small_pieces_of_memory_are_counted_too(zygote):
    said, code = zygote.run(
        """
kept = []
try:
    while True: kept.append(bytearray(100_000))
except MemoryError:
    found = len(kept)
    del kept
""",
        memory=64 << 20,
    )
    assert code == 0
    assert said is not None
    assert 600 < said[1] < 2_000


def test_memory_cannot_be_taken_by_raw_calls(zygote):
    said, _ = zygote.run('call("mmap", 0, 1 << 30, 3, 0x22, -1, 0)', memory=64 << 20)
    assert said == ["OSError", errno.ENOMEM]


def test_stacks_of_threads_count(zygote):
    said, code = zygote.run(
        """
threading.stack_size(64 << 20)
found = 0
try:
    for _ in range(100):
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
        found += 1
except RuntimeError: pass
os.write(keep, json.dumps(["returned", found]).encode() + b"\\n")
os._exit(0)
""",
        memory=64 << 20,
    )
    assert code == 0
    assert said is not None
    assert 1 <= said[1] <= 2


def test_cpu_time_ends_it(zygote):
    assert zygote.run("while True: pass", cpu=0.2) == (None, -signal.SIGPROF)


def test_cpu_time_of_all_threads_counts(zygote):
    assert zygote.run(
        """
for _ in range(3): threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
while True: pass
""",
        cpu=0.2,
    ) == (None, -signal.SIGPROF)


def test_waiting_takes_no_cpu_time(zygote):
    assert zygote.run("time.sleep(0.5); found = 1", cpu=0.2) == (["returned", 1], 0)


def test_the_signal_of_the_limit_can_be_ignored_but_not_the_limit(zygote):
    assert zygote.run("signal.signal(signal.SIGPROF, signal.SIG_IGN)\nwhile True: pass", cpu=0.2) == (None, -signal.SIGXCPU)


@pytest.mark.slow
def test_no_signal_of_the_limit_saves_it(zygote):
    assert zygote.run("[signal.signal(one, signal.SIG_IGN) for one in (signal.SIGPROF, signal.SIGXCPU)]\nwhile True: pass", cpu=0.2) == (None, -signal.SIGKILL)


def test_limits_are_set_and_cannot_be_raised(zygote):
    names = ("CORE", "FSIZE", "NOFILE", "CPU", "AS", "NPROC")
    said, _ = zygote.run(f"found = [list(resource.getrlimit(getattr(resource, 'RLIMIT_' + one))) for one in {names}]", memory=64 << 20, cpu=5, files=10)
    assert said is not None
    core, size, files, cpu, memory, tasks = said[1]
    assert (core, size, files, cpu) == ([0, 0], [0, 0], [10, 10], [6, 7])
    assert memory[0] == memory[1]
    assert 64 << 20 < memory[0] < 2 << 30
    assert tasks[0] == tasks[1] > lockdown.TASKS


def test_limits_hold_without_a_filter_too(tmp_path):
    made = Zygote("process")
    try:
        assert made.layers == ["rlimits"]
        assert made.run(f"os.write(os.open({str(tmp_path / 'made')!r}, os.O_CREAT | os.O_WRONLY), b'x')")[0] == ["OSError", errno.EFBIG]
        assert made.run("for _ in range(100): os.dup(keep)", files=20)[0] == ["OSError", errno.EMFILE]
        assert made.run("while True: pass", cpu=0.2) == (None, -signal.SIGPROF)
        assert made.run("found = [dict(os.environ), os.read(0, 1).decode()]") == (["returned", [{}, ""]], 0)
        if sys.platform == "linux":
            assert made.run("bytearray(500 << 20)", memory=64 << 20)[0] == ["MemoryError", ""]
    finally:
        made.close()


# ── each layer for itself ──

WITHOUT_FILTER = "kernel.seccomp = lambda code: None"
PORT = """
port = socket.socket()
port.connect(("127.0.0.1", 9))
"""
NAME = f"mlpy-lockdown-{os.getpid()}"
ABSTRACT = f"socket.socket(socket.AF_UNIX).connect(chr(0) + '{NAME}')"
# What Landlock refuses without the filter: the version that can, Python, the answer.
LANDLOCK = {
    "read a file": (1, 'open("/etc/passwd")', errno.EACCES),
    "list a folder": (1, 'os.listdir("/")', errno.EACCES),
    "make a folder": (1, 'os.mkdir(f"/tmp/mlpy-{os.getpid()}")', errno.EACCES),
    "run a program": (1, 'os.execv("/bin/true", ["true"])', errno.EACCES),
    "rename a file": (2, 'os.rename(f"/tmp/mlpy-{os.getpid()}", "/tmp/mlpy")', errno.ENOENT),
    "connect": (4, PORT, errno.EACCES),
    "bind": (4, 'socket.socket().bind(("127.0.0.1", 0))', errno.EACCES),
    "connect to an abstract name": (6, ABSTRACT, errno.EPERM),
    "signal another": (6, "os.kill(victim, 0)", errno.EPERM),
    "trace another": (1, 'call("ptrace", 0x4206, victim, 0, 0)', errno.EPERM),
    "mount": (1, 'call("mount", b"none", b"/", b"tmpfs", 0, 0)', errno.EPERM),
}


@pytest.fixture(scope="module")
def with_landlock_only():
    made = started("filtered", WITHOUT_FILTER)
    if "landlock" not in made.layers:
        made.close()
        pytest.skip(f"this machine lacks Landlock: {made.refusals['landlock']}")
    yield made
    made.close()


@pytest.mark.parametrize("case", LANDLOCK)
def test_landlock_alone_refuses_to(with_landlock_only, bystander, case):
    since, python, answer = LANDLOCK[case]
    kernel = pytest.importorskip("mlpy.sandbox.kernel")
    if kernel.landlock_version() < since:
        pytest.skip(f"Landlock refuses this since its version {since}")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0" + NAME)
        listening.listen()
        assert with_landlock_only.run(f"victim = {bystander}\n{python}") == (["OSError", answer], 0)


# What is there in the namespaces of a worker, without the filter and Landlock: Python whose `found` is false, or the answer.
NAMESPACES = {
    "a file": ('open("/etc/passwd")', errno.ENOENT),
    "a process to look at": ('os.listdir("/proc")', errno.ENOENT),
    "anything at all": ('found = os.listdir("/")', []),
    "room for a file": ('open("/made", "w")', errno.EROFS),
    "room for a folder": ('os.mkdir("/made")', errno.EROFS),
    "a way to this machine": (PORT, errno.ENETUNREACH),
    "an abstract name": (ABSTRACT, errno.ECONNREFUSED),
    "a process to signal": ("os.kill(victim, 0)", errno.ESRCH),
    "a network card but its own": ("found = [name for _, name in socket.if_nameindex() if name != 'lo']", []),
    "a mount to make": ('call("mount", b"none", b"/", b"tmpfs", 0, 0)', errno.EPERM),
    "a way to root": ("os.setuid(0)", errno.EINVAL),
    "a way to another network": ('call("unshare", 0x4000_0000)', errno.EPERM),
    "shared memory of others": ('call("shmget", 0x6D6C7079, 4096, 0)', errno.ENOENT),
}


@pytest.fixture(scope="module")
def with_namespaces_only():
    made = started("locked", WITHOUT_FILTER + "; kernel.landlock = lambda version: None")
    yield made
    made.close()


@pytest.mark.parametrize("case", NAMESPACES)
def test_the_namespaces_alone_hide(with_namespaces_only, bystander, case):
    python, answer = NAMESPACES[case]
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0" + NAME)
        listening.listen()
        said, code = with_namespaces_only.run(f"victim = {bystander}\n{python}")
    assert (said, code) == (["OSError", answer] if isinstance(answer, int) else ["returned", answer], 0)


# ── what a machine lacks ──

# Each is Python that makes the hook's process one of a machine that lacks something, the layers that are lost by it, and the level that is left.
LACKING = {
    "namespaces": ("kernel.unshare = refuse", {"user", "mount", "net", "ipc", "uts", "pid"}, "filtered"),
    "mounts": ("kernel.mount = refuse", {"mount"}, "filtered"),
    "landlock": ("kernel.landlock_version = refuse", {"landlock"}, "filtered"),
    "filters": ("kernel.ask_seccomp = refuse", {"seccomp"}, "process"),
    "pyseccomp": ("sys.modules['pyseccomp'] = None", {"seccomp"}, "process"),
    "libseccomp": (
        "calls.SONAMES = {'c': None, 'seccomp': 'libmlpy-there-is-none.so'}; ctypes.util.find_library = calls.SONAMES.__getitem__; sys.modules.pop('pyseccomp', None)",
        {"seccomp"},
        "process",
    ),
    "capabilities to drop": ("kernel.drop_capabilities = refuse", {"privileges"}, "process"),
}
REFUSE = """
def refuse(*_):
    raise PermissionError(1, "")
"""


@pytest.mark.parametrize("case", LACKING)
def test_what_is_missing_is_told_and_the_rest_holds(case):
    started("locked").close()
    change, lost, level = LACKING[case]
    made = Zygote("locked", REFUSE + change)
    try:
        assert set(made.refusals) == lost == set(lockdown.LAYERS) - set(made.layers)
        assert lockdown.reached(made.layers) == level
        assert made.run('open("/etc/passwd")')[0] in (REFUSED, ["OSError", errno.ENOENT])
    finally:
        made.close()


def test_where_no_user_namespace_can_be_made_the_others_count():
    if os.geteuid() != 0:
        pytest.skip("only root may forbid them")
    started("locked").close()
    outer = """
libc.unshare(0x1000_0000)
for name, text in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
    pathlib.Path("/proc/self/" + name).write_text(text)
libc.unshare(0x1000_0000)
"""
    made = Zygote("locked", f"import pathlib{outer}\npathlib.Path('/proc/sys/user/max_user_namespaces').write_text('0')")
    try:
        assert "user" in made.refusals
        assert lockdown.reached(made.layers) == "filtered"
        assert made.run("open('/etc/passwd')")[0] == REFUSED
    finally:
        made.close()


def test_on_another_system_there_are_limits():
    made = Zygote("filtered", "sys.platform = 'darwin'")
    try:
        assert made.layers == ["rlimits"]
        assert made.refusals == dict.fromkeys(lockdown.LAYERS_OF["filtered"][1:], "only Linux has it")
        assert made.run("found = len(resource.getrlimit(resource.RLIMIT_CORE))") == (["returned", 2], 0)
        assert made.run("while True: pass", cpu=0.2) == (None, -signal.SIGPROF)
        assert made.run("for _ in range(100): os.dup(keep)", files=20)[0] == ["OSError", errno.EMFILE]
    finally:
        made.close()


def test_memory_is_limited_where_the_system_does_not_tell_how_much_there_is():
    made = started("filtered", "lockdown.opened = lambda path, flags: os.open(path, flags) if path == os.devnull else None")
    try:
        assert made.run("bytearray(3 << 30)", memory=64 << 20)[0] == ["MemoryError", ""]
        assert made.run("threading.Thread(target=int).start(); found = 1", memory=64 << 20) == (["returned", 1], 0)
    finally:
        made.close()


def test_a_worker_that_loses_a_layer_ends():
    made = started("filtered")
    made.close()
    made = Zygote("filtered", f"{REFUSE}kernel.seccomp = refuse")
    try:
        assert made.run("found = 1") == (None, 99)
    finally:
        made.close()


@pytest.mark.parametrize("level", lockdown.LEVELS)
def test_a_level_that_is_there_is_not_refused(level):
    lockdown.require(level, lockdown.LAYERS)


@pytest.mark.parametrize(
    ("level", "layers", "missing", "hint"),
    [
        ("filtered", {"rlimits", "privileges"}, "`seccomp` is missing", "libseccomp"),
        ("locked", {"rlimits", "privileges", "seccomp", "landlock"}, "`user`, `mount`, `net`, `ipc`, `uts`, `pid` are missing", "user.max_user_namespaces"),
        ("locked", set(lockdown.LAYERS) - {"landlock"}, "`landlock` is missing", "the level `filtered` does without"),
    ],
)
def test_a_level_that_is_not_reached_is_refused(level, layers, missing, hint, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(MLError) as caught:
        lockdown.require(level, layers)
    assert str(caught.value) == f"this machine cannot reach the sandbox level `{level}`: {missing}"
    assert caught.value.hint is not None
    assert hint in caught.value.hint
    works = "filtered" if "seccomp" in layers else "process"
    assert caught.value.hint.endswith(f'; here `level="{works}"` works, on the command line `--sandbox-level {works}`')


def test_other_systems_have_limits_only(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(MLError) as caught:
        lockdown.require("filtered", ["rlimits"])
    assert caught.value.hint == 'only Linux has more than the level `process`; here `level="process"` works, on the command line `--sandbox-level process`'
    lockdown.require("process", ["rlimits"])


def test_a_level_that_there_is_not_is_a_mistake():
    with pytest.raises(ValueError, match="there is no level `full`: it is one of process, filtered, locked"):
        lockdown.prepare_zygote("full")


def test_a_status_that_cannot_be_had_says_so(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/mlpy-there-is-none")
    found = lockdown.status()
    assert found.level == ""
    assert set(found.layers.values()) == {"a process that tried ended before it could tell"}


# ── ends ──


@pytest.mark.parametrize("level", ["filtered", "locked"])
def test_workers_end_with_their_zygote(level):
    made = started(level)
    with made.start("time.sleep(1000)") as told:
        status_of_child(made)
        made.process.kill()
        made.process.wait(PATIENCE)
        assert told.recv(1) == b""  # the end of the socket is closed: it has ended
    made.close()


def test_the_status_of_the_first_process_is_passed_on():
    made = started("locked")
    made.control.close()
    assert made.process.wait(PATIENCE) == 0


def test_a_worker_cannot_be_traced_by_others_of_its_user(zygote):
    if os.geteuid() == 0:
        pytest.skip("root may trace anybody")
    with zygote.start("os.read(keep, 1)") as told:
        status_of_child(zygote)
        with pytest.raises(PermissionError):
            Path(f"/proc/{descendants(zygote.process.pid)[-1]}/environ").read_bytes()
        told.send(b"0")
        zygote.control.recv(64)
