"""Asks the person at the terminal when a program wants what was not granted.

Only where both standard input and standard error are terminals, so that nothing that was piped in can answer; what was
typed ahead is thrown away first. The question shows exactly the resource that is meant, every character of it visible, and
the clock of the run stands still meanwhile (F33).
"""

from __future__ import annotations

import sys

from mlpy.cli import terminal
from mlpy.runtime.current import current

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.capabilities import Answer, Capability

SHOWN = 200
ANSWERS: dict[str, Answer] = {"o": "once", "once": "once", "y": "once", "yes": "once", "a": "run", "always": "run", "s": "run", "session": "run", "n": "no", "no": "no"}
TRIES = 3


def ask(capability: Capability, choices: str = "[o]nce, [a]lways in this run, [n]o") -> Answer:
    """One question; anything but a clear yes is a no. `choices` is what it offers."""
    run = current.get(None)
    if run is not None:
        run.poll()  # it may have ended while another of its threads was asking
        run.pause()
    try:
        return converse(f"the program asks for `{visible(whole(capability))}`\n  {choices}? ")
    finally:
        if run is not None:
            run.resume()


def confirmed(question: str) -> bool:
    """Whether the person says yes; anything but a clear yes is a no."""
    return converse(question) == "once"


def converse(question: str) -> Answer:
    """The answer to a question, which shows its letters in brackets: one of these words, or yes."""
    letters = [part[0] for part in question.rpartition("\n")[2].split("[")[1:]]
    if sys.stdout is not None:
        sys.stdout.flush()
    for _ in range(TRIES):
        forget_typed()
        terminal.write_error(question)
        line = typed()
        if not line:
            break
        word = line.strip().lower()
        if word in ANSWERS and word[0] in (*letters, "y"):
            return ANSWERS[word]
        question = f"  {', '.join(letters[:-1])} or {letters[-1]}? "
    return "no"


def whole(capability: Capability) -> str:
    """A capability with its resource as it is used, whatever detours the program wrote."""
    return f"{capability.kind}:{capability.resolved}" if capability.resolved else capability.kind


def visible(text: str) -> str:
    """A resource as it is asked about: printable ASCII, its middle left out where it is long."""
    escaped = "".join(char if " " <= char <= "~" and char != "`" else f"\\u{{{ord(char):x}}}" for char in text)
    half = SHOWN // 2
    return escaped if len(escaped) <= SHOWN else f"{escaped[:half]}…{escaped[-half:]}"


def forget_typed() -> None:
    """Throws away what was typed before the question."""
    import termios  # noqa: PLC0415  only a question needs it

    try:
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    except (OSError, termios.error):
        pass


def typed() -> str:
    """The next line from the terminal; gives up when the run ends meanwhile (Ctrl-C)."""
    import select  # noqa: PLC0415  only a question needs it

    run = current.get(None)
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        if run is not None:
            run.poll()
    return sys.stdin.readline()
