"""Commands: run without a shell, in a process group of their own that ends with the call, whatever ends it.

A command is outside of the confinement: it does what the user may do. It inherits no descriptors and of the environment only
`INHERITED`, next to what the program set with `env.set` under grants that still hold.
"""

from __future__ import annotations

import os
import select
from _signal import SIGKILL  # type: ignore[import-not-found]  # the module round it makes enumerations
from _thread import RLock
from time import monotonic

from mlpy.stdlib.env import changes_of_run

from mlpy import files
from mlpy.capabilities import charge, in_use
from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.runtime.values import MAX_TEXT
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from subprocess import Popen

    from mlpy.capabilities import Use
    from mlpy.runtime.run import Run

SEARCHED = tuple(folder for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(folder))  # as the process began: nothing a program does moves it
INHERITED = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LOGNAME", "SHELL", "TERM", "TMPDIR", "TZ", "USER")
LOADING = ("LD_", "DYLD_", "GLIBC_")  # a command would take code from where these say
MAX_ARGUMENTS = 1 << 20  # bytes in all; systems take a few times as much
TICK = 0.02  # seconds between two looks at whether the run goes on and the command lives
PIECE = 1 << 16
PATIENCE = 2  # seconds that the end of the process waits for a command that is being started


@ml_module("process", version="1.0.0")
class Process:
    r"""Commands of the system, run without a shell.

    ```ml
    import process;
    found = process.run("sort", input: "pear\napple\n", timeout: 10);
    print(found.status, found.stdout);
    ```

    A grant names the command: `--allow process.run:git`. A name is looked for in the folders of the PATH that mlpy was started with,
    which nothing that a program does changes. An absolute path is granted as such: `process.run:/opt/tools/report`. Any other path is a
    `ValueError`. Arguments are strings and whole numbers, and no shell reads them: `*`, `$HOME` and `;` are plain characters.

    **A command is not confined.** It does whatever the user may do, as its own arguments make it: who grants `process.run:git`
    grants what every option of `git` can do. Grant single commands, and none that runs others, to programs that you do not trust.

    It starts in the folder where relative paths of the program begin, or in `cwd`, which demands `file.read` of that folder. It inherits no
    open files, and of the environment only `HOME LANG LC_ALL LC_CTYPE LC_MESSAGES LOGNAME PATH SHELL TERM TMPDIR TZ USER`, next to what the
    program set with [env](env.md) as far as it may still set it; variables from which programs are loaded (`LD_…`, `DYLD_…`) are not
    handed on.

    The result is `{status, stdout, stderr}`; bytes that are no UTF-8 show as `�`. A status other than 0 is no error. It is an `IOError`
    when there is no such command, when it runs longer than `timeout` seconds, or writes more than `maxOutput` bytes. Then, when the program
    meets a limit or is cancelled, and also when the command has ended, all that it has started is ended with it, but for what has left
    its process group.
    """


@ml_function(capability="process.run:{command}")
def run(
    command: str,
    *args: str,
    input: str | None = None,  # noqa: A002  the name in the language
    timeout: float | None = None,
    cwd: str | None = None,
    maxOutput: int = 10_000_000,  # noqa: N803  the name in the language
) -> dict[str, object]:
    r"""Runs a command to its end: `{status, stdout, stderr}`, where a signal N that ended it is the status -N.

    The command is a name that is looked for in the host's PATH, or an absolute path. `input` is its standard input, which is
    empty otherwise; `timeout` in seconds and `maxOutput` in bytes end it with an IOError. Example: `process.run("echo", "hi").stdout` → `"hi\n"`.
    """
    line = [executable(command), *[argument(one) for one in args]]
    if sum(len(os.fsencode(one)) + 1 for one in line) > MAX_ARGUMENTS:
        raise MLError(f"the arguments of `{shown(command)}` have more than {MAX_ARGUMENTS:,} bytes", "ValueError", hint="hand over large data with `input`")
    data = b"" if input is None else given_text(input, "input").encode()
    deadline = None if timeout is None else monotonic() + seconds(timeout)
    if type(maxOutput) is not int:
        raise wrong_type(maxOutput, "maxOutput", "a whole number")
    if not 0 < maxOutput <= MAX_TEXT:
        raise MLError(f"`maxOutput` must be from 1 to {MAX_TEXT:,}", "ValueError")
    charge(len(data), kind="process.run")
    folder = None if cwd is None else opened(cwd)
    try:
        with starting:
            work = Work(start(command, line, folder), shown(command), data, deadline, maxOutput)
    finally:
        if folder is not None:
            os.close(folder)
    return work.result(current.get())


# ── what is run ──


def executable(command: str) -> str:
    """The file of a command; an IOError where there is none."""
    if "/" not in command:
        found = next((path for path in (os.path.join(folder, command) for folder in SEARCHED) if os.path.isfile(path) and os.access(path, os.X_OK)), None)
        if found is None or command in (".", ".."):
            raise MLError(f"there is no command `{shown(command)}`", "IOError")
        return found
    if not os.path.isabs(command) or os.path.normpath(command) != command:
        raise MLError(f"`{shown(command)}` is neither the name of a command nor an absolute path without `..`", "ValueError")
    return command


def start(command: str, line: list[str], folder: int | None) -> Popen[bytes]:
    """The process of a command."""
    import subprocess  # noqa: PLC0415  brings threading and more

    use = in_use.get()
    place = use.grants.root if folder is None else place_of(folder)
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, env=environment(use), cwd=place, start_new_session=True, bufsize=0)  # noqa: S603  what the grant is for
    except (OSError, ValueError) as error:
        raise MLError(f"the command `{shown(command)}` cannot be started", "IOError") from error


def environment(use: Use) -> dict[str, str]:
    """What a command finds in its environment; what the program set only as far as this call could set it."""
    made = {name: os.environ[name] for name in INHERITED if name in os.environ}
    for name, value in changes_of_run().items():
        if name.startswith(LOADING) or not use.grants.allows(f"env.write:{name}"):
            continue
        if value is None:
            made.pop(name, None)
        else:
            made[name] = value
    return {**made, "PATH": os.pathsep.join(SEARCHED)}


def opened(path: str) -> int:
    """The folder that the command is to start in, which demands `file.read` of it."""
    with files.Walk(given_text(path, "cwd"), "file.read") as walk:
        folder = walk.open(files.LISTED)
        try:
            files.verify(walk, os.fstat(folder), folder)
        except BaseException:
            os.close(folder)
            raise
        return folder


def place_of(folder: int) -> str:
    """A path that is the open folder."""
    if os.path.isdir("/proc/self/fd"):
        return f"/proc/self/fd/{folder}"
    import fcntl  # noqa: PLC0415  only where there is no /proc

    return os.fsdecode(fcntl.fcntl(folder, fcntl.F_GETPATH, b"\0" * 1024).rstrip(b"\0"))  # type: ignore[attr-defined]  # of macOS


# ── its work ──


class Work:
    """A running command: what goes in and what comes out, until it has ended or is ended."""

    __slots__ = ("command", "data", "deadline", "errors", "killed", "most", "output", "process", "size")

    def __init__(self, process: Popen[bytes], command: str, data: bytes, deadline: float | None, most: int) -> None:
        self.process = process
        self.command = command
        self.data = memoryview(data)
        self.deadline = deadline
        self.most = most
        self.size = 0
        self.killed = False
        self.output: list[bytes] = []
        self.errors: list[bytes] = []
        running.add(self)

    def result(self, run: Run) -> dict[str, object]:
        """Status and output; raises when the run ends, the time is up or the output too large, and nothing of the command is left then."""
        process = self.process
        pipes = [pipe for pipe in (process.stdin, process.stdout, process.stderr) if pipe is not None]
        reading = {pipes[1].fileno(): self.output, pipes[2].fileno(): self.errors}
        try:
            for pipe in pipes:
                os.set_blocking(pipe.fileno(), False)
            pause = 0.001
            while not self.ended():
                if reading:
                    self.turn(reading)
                else:
                    run.wait(pause)
                    pause = min(2 * pause, TICK)
                self.look(run)
            self.kill()  # what it left running in its group
            for handle, found in reading.items():
                self.take(handle, found)
        finally:
            self.kill()
            running.discard(self)
            for pipe in pipes:
                pipe.close()
            status = process.wait()
        return {"status": status, "stdout": text(self.output), "stderr": text(self.errors)}

    def turn(self, reading: dict[int, list[bytes]]) -> None:
        """Waits a little for the pipes and moves what can be moved."""
        process = self.process
        assert process.stdin is not None
        if not self.data and not process.stdin.closed:
            process.stdin.close()
        poll = select.poll()  # unlike `select` it knows no largest descriptor
        for handle in reading:
            poll.register(handle, select.POLLIN | select.POLLHUP)
        into = None if process.stdin.closed else process.stdin.fileno()
        if into is not None:
            poll.register(into, select.POLLOUT | select.POLLERR)
        for handle, _ in poll.poll(TICK * 1000):
            if handle == into:
                self.feed(handle)
            elif not self.take(handle, reading[handle]):
                del reading[handle]

    def feed(self, handle: int) -> None:
        """Writes a piece of the input; a command that closed its input gets no more."""
        try:
            self.data = self.data[os.write(handle, self.data[:PIECE]) :]
        except BlockingIOError:
            pass
        except OSError:
            self.data = self.data[:0]

    def take(self, handle: int, found: list[bytes]) -> bool:
        """Reads what there is; false at its end."""
        while True:
            try:
                piece = os.read(handle, PIECE)
            except BlockingIOError:
                return True
            if not piece:
                return False
            self.size += len(piece)
            if self.size > self.most:
                raise MLError(
                    f"`{self.command}` wrote more than its limit of {self.most:,} bytes", "IOError", hint="give it a larger `maxOutput`" if self.most < MAX_TEXT else None
                )
            charge(len(piece), kind="process.run")
            found.append(piece)

    def look(self, run: Run) -> None:
        """Raises when the run or the time of the command is at its end."""
        run.poll()
        if self.deadline is not None and monotonic() >= self.deadline:
            raise MLError(f"`{self.command}` ran longer than its timeout", "IOError", hint="give it a longer `timeout`")

    def ended(self) -> bool:
        """Whether the command itself has ended; where the system can say so, its id stays taken until its group is killed."""
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self.process.poll() is not None
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self) -> None:
        """Ends the whole group, once."""
        if not self.killed:
            self.killed = True
            try:
                os.killpg(self.process.pid, SIGKILL)
            except (ProcessLookupError, PermissionError):  # all of it has ended
                pass


running: set[Work] = set()
starting = RLock()  # held while a command runs that is not yet among them


def end_all() -> None:
    """Ends what runs, for a process that is about to be ended, and lets nothing else begin."""
    starting.acquire(timeout=PATIENCE)
    for work in [*running]:
        work.kill()


def text(pieces: list[bytes]) -> str:
    """Output as text; bytes that are no UTF-8 show as `�`."""
    return b"".join(pieces).decode("utf-8", "replace")


# ── arguments ──


def argument(value: object) -> str:
    """An argument of a command line."""
    if type(value) is int:
        return str(value)
    if "\0" in given_text(value, "args"):
        raise MLError("an argument of a command has no NUL character", "ValueError")
    return str(value)


def given_text(value: object, name: str) -> str:
    """The value, or a TypeError unless it is a string."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    return value


def seconds(value: object) -> float:
    """A time, or an error."""
    if type(value) is not int and type(value) is not float:
        raise wrong_type(value, "timeout", "a number")
    if not 0 < value < float("inf"):
        raise MLError("`timeout` must be more than zero, and finite", "ValueError")
    return value


def shown(command: str) -> str:
    """A command in a message."""
    return command if len(command) <= 100 else command[:99] + "…"
