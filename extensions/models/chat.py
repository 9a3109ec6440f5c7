"""A conversation with a model: what is typed goes in, answers are written as they come, and lines that begin with `/` are commands.

On a terminal it is a prompt with a history; in a pipe each line is a message. Ctrl-C stops an answer, Ctrl-D or the end of the input ends the conversation.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.memory import Memory

from mlpy.cli import terminal
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlpy.extensions.models.runner import Options, Runner

HISTORY = "chat.jsonl"


class Conversation:
    """The messages so far, and what makes answers to them. `answers` and `tokens` count what the whole conversation had, `/reset` or not."""

    def __init__(self, runner: Runner, options: Options, *, system: str | None, say: Callable[[str], None]) -> None:
        self.runner = runner
        self.options = options
        self.system = system
        self.say = say
        self.messages: list[dict[str, str]] = []
        self.memory = Memory()
        self.answers = 0
        self.tokens = 0

    def whole(self) -> list[dict[str, str]]:
        """All messages, that of the system first."""
        return [*([{"role": "system", "content": self.system}] if self.system else []), *self.messages]

    def ask(self, text: str) -> None:
        """Writes the answer to a message. What Ctrl-C stops stays as far as it has come; what cannot be answered is forgotten."""
        asked = [*self.whole(), {"role": "user", "content": text}]
        pieces = self.runner.generate(asked, self.options, memory=self.memory)
        said: list[str] = []
        try:
            for piece in pieces:
                said.append(piece.text)
                self.say(piece.text)
                self.tokens += 1
        except KeyboardInterrupt:
            self.say(" …")
        self.say("\n")
        self.answers += 1
        self.messages += [{"role": "user", "content": text}, {"role": "assistant", "content": "".join(said)}]

    # ── commands ──

    def command(self, line: str) -> bool:
        """Does what a line that begins with `/` says; gives whether the conversation goes on."""
        name, _, rest = line[1:].partition(" ")
        if name not in COMMANDS:
            close = nearest(name, COMMANDS)
            raise ModelError("usage", f"unknown command `/{name}`", hint=f"did you mean `/{close}`?" if close else "`/help` lists the commands")
        return COMMANDS[name][1](self, rest.strip())

    def again(self, _rest: str) -> bool:
        """Forgets the last answer and makes another one, by another seed."""
        if not self.messages:
            raise ModelError("usage", "there is no answer yet", hint="type a message")
        seed = self.options.seed
        self.options = replace(self.options, seed=None if seed is None else seed + 1)
        text, self.messages = self.messages[-2]["content"], self.messages[:-2]
        self.ask(text)
        return True

    def exit(self, _rest: str) -> bool:
        return False

    def help(self, _rest: str) -> bool:
        width = max(map(len, COMMANDS)) + 2
        self.say("".join(f"/{name:<{width}}{does}\n" for name, (does, _) in COMMANDS.items()) + "Ctrl-C stops an answer, Ctrl-D ends the conversation.\n")
        return True

    def reset(self, _rest: str) -> bool:
        self.messages = []
        return True

    def save(self, rest: str) -> bool:
        """Writes the messages into a file of JSON; one that is there is not overwritten."""
        if not rest:
            raise ModelError("usage", "`/save` needs a file", hint="`/save talk.json` writes all messages")
        path = os.path.abspath(os.path.expanduser(rest))
        try:
            with open(path, "x", encoding="utf-8") as file:
                json.dump({"model": self.runner.name, "messages": self.whole()}, file, ensure_ascii=False, indent=2)
                file.write("\n")
        except OSError as error:
            raise ModelError("os_error", f"`{rest}` cannot be written: {terminal.reason(error)}", hint="choose another file") from error
        self.say(f"{len(self.whole())} messages are in {rest}\n")
        return True

    def set_system(self, rest: str) -> bool:
        """Shows the message of the system, or changes it from here on."""
        if rest:
            self.system = rest
        else:
            self.say(f"{self.system or '(none)'}\n")
        return True


COMMANDS: dict[str, tuple[str, Callable[[Conversation, str], bool]]] = {
    "again": ("another answer to the last message", Conversation.again),
    "exit": ("end the conversation, as Ctrl-D does", Conversation.exit),
    "help": ("this", Conversation.help),
    "reset": ("forget all messages but that of the system", Conversation.reset),
    "save": ("FILE: write the messages into a file, as JSON", Conversation.save),
    "system": ("[TEXT]: show or change what the model is to know and to obey", Conversation.set_system),
}


def converse(conversation: Conversation, lines: Iterator[str]) -> None:
    """Takes the lines in until they or the conversation end. What cannot be done is told, and the next line is taken."""
    for line in lines:
        text = line.strip()
        try:
            if text.startswith("/"):
                if not conversation.command(text):
                    return
            elif text:
                conversation.ask(text)
        except ModelError as failure:
            terminal.complain(failure.message, "`/reset` begins anew" if failure.type == "prompt_too_long" and conversation.messages else failure.hint)


def typed() -> Iterator[str]:
    """What a person types, with a history of its own beside that of the REPL; Ctrl-C empties the line."""
    from mlpy.repl.editor import Remembered  # noqa: PLC0415  a terminal only
    from mlpy.repl.history import History, place  # noqa: PLC0415  likewise
    from prompt_toolkit import PromptSession  # noqa: PLC0415  likewise
    from prompt_toolkit.auto_suggest import AutoSuggestFromHistory  # noqa: PLC0415  likewise
    from prompt_toolkit.completion import WordCompleter  # noqa: PLC0415  likewise
    from prompt_toolkit.styles import Style  # noqa: PLC0415  likewise

    beside = place()
    kept = None if beside is None else os.path.join(os.path.dirname(beside), HISTORY)
    session: PromptSession[str] = PromptSession(
        message=[("class:prompt", "you> ")],
        history=Remembered(History(kept)),
        auto_suggest=AutoSuggestFromHistory(),
        completer=WordCompleter([f"/{name}" for name in COMMANDS], sentence=True),
        complete_while_typing=False,
        enable_suspend=True,
        style=Style.from_dict({"prompt": "bold ansigreen"} if terminal.colored(sys.stdout) else {}),
    )
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def piped() -> Iterator[str]:
    """The lines of standard input."""
    if sys.stdin is None:
        return
    try:
        yield from sys.stdin
    except UnicodeDecodeError:
        raise ModelError("usage", "standard input is no text in UTF-8", hint="`iconv -t UTF-8` makes it one") from None
