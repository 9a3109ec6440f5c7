"""The prompt: what is typed on a terminal comes out as entries, and what is shown meanwhile stands above it."""

from __future__ import annotations

import gc
import sys
from collections import deque

from mlpy.repl import lexer
from mlpy.repl.completer import InputCompleter, signature_at
from mlpy.repl.highlighting import COLORS, InputLexer
from mlpy.repl.painting import keep_paint
from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app, run_in_terminal
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import CompletionState
from prompt_toolkit.completion import CompleteEvent, get_common_complete_suffix
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, has_completions, has_focus, is_searching, vi_navigation_mode
from prompt_toolkit.history import History as PromptHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor, TabsProcessor
from prompt_toolkit.styles import Style

from mlpy.cli import terminal
from mlpy.syntax.layout import INDENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlpy.repl.history import History
    from mlpy.repl.shell import Shell
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

STYLE = {
    **COLORS,
    "prompt": "bold ansigreen",
    "continuation": "ansibrightblack",
    "bottom-toolbar": "noreverse ansibrightblack",
    "bottom-toolbar.strong": "bold",
}
PAUSE = 0.02  # seconds until the next look whether the terminal has said where the cursor stands
TRIES = 10  # for one that never does
CALLS_SHOWN = 1_000  # lines up to which the status bar says what is being called
MODES = {"emacs": EditingMode.EMACS, "vi": EditingMode.VI}


class Remembered(PromptHistory):
    """The history as the prompt wants it: newest first; the shell writes it."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self.history = history

    def load_history_strings(self) -> Iterable[str]:
        return reversed(self.history.load())

    def store_string(self, string: str) -> None:
        self.history.add(string)


class Editor:
    """The line that is being typed. `read` gives an entry; `write` may be called from any thread."""

    def __init__(self, shell: Shell, history: History) -> None:
        self.shell = shell
        self.column = False  # whether the last line of what was written is still open
        self.pending: deque[str] = deque()
        self.stream = sys.stdout  # whatever it is redirected to while a module is reloaded
        color = terminal.colored(sys.stdout)
        self.prompt: PromptSession[str] = PromptSession(
            message=self.message,
            lexer=InputLexer() if color else None,
            history=Remembered(history),
            completer=InputCompleter(shell),
            complete_while_typing=Condition(lambda: shell.settings.suggestions),
            auto_suggest=AutoSuggestFromHistory(),
            input_processors=[TabsProcessor(tabstop=INDENT, char1=" ", char2=" "), HighlightMatchingBracketProcessor()],
            multiline=True,
            key_bindings=bindings(),
            enable_open_in_editor=True,
            enable_suspend=True,
            tempfile_suffix=".ml",
            search_ignore_case=True,
            prompt_continuation=continuation,
            bottom_toolbar=self.toolbar,
            style=Style.from_dict(STYLE if color else {"bottom-toolbar": "noreverse"}),
            include_default_pygments_style=False,
            reserve_space_for_menu=6,
        )
        keep_paint(self.prompt)

    def read(self) -> str:
        """The next entry; raises EOFError for Ctrl-D and KeyboardInterrupt for Ctrl-C."""
        self.flush()
        if self.column:
            self.put("\n")
        self.prompt.editing_mode = MODES[self.shell.settings.keys]
        gc.freeze()  # a collection between two keys looks only at what these made, and is over before anybody notices
        try:
            return self.prompt.prompt()
        finally:
            gc.unfreeze()

    def message(self) -> StyleAndTextTuples:
        return [("class:prompt", f"ml:{len(self.shell.evaluations) + 1}> ")]

    def toolbar(self) -> StyleAndTextTuples:
        """What holds: the grants first, as they are what one forgets."""
        room = self.prompt.output.get_size().columns
        document = self.prompt.default_buffer.document
        called = signature_at(self.shell, document.text, document.cursor_position) if document.line_count < CALLS_SHOWN else ""
        return [("class:bottom-toolbar", cut(" " + "  ·  ".join([*([called] if called else []), *self.shell.status()]), room))]

    # ── what is shown meanwhile ──

    def write(self, text: str) -> None:
        """Writes text where the terminal is: above the prompt while one is typing, else where the cursor stands."""
        app = self.prompt.app
        loop = app.loop
        if not app.is_running or loop is None:
            self.flush()  # what came too late for the prompt before
            self.put(text)
            return
        self.pending.append(text)
        if len(self.pending) == 1:
            try:
                loop.call_soon_threadsafe(self.insert)
            except RuntimeError:  # the loop has ended meanwhile
                self.flush()

    def insert(self, tries: int = TRIES) -> None:
        """Writes what has come together above the prompt, which stays raw meanwhile: a key that is pressed now is not echoed into it."""
        app = self.prompt.app
        if not self.pending:
            return
        if app.renderer.waiting_for_cpr and tries and app.loop is not None:  # the terminal would say where the prompt was before, and it be drawn too high
            app.loop.call_later(PAUSE, self.insert, tries - 1)
            return
        if app._running_in_terminal:  # noqa: SLF001  prompt-toolkit has no other way to ask; an external editor has the terminal
            run_in_terminal(self.flush)
            return
        app.renderer.erase()
        self.flush()
        app.renderer.request_absolute_cursor_position()
        app.invalidate()

    def flush(self) -> None:
        """Writes what has come together, in whole lines: the prompt is drawn below."""
        parts = []
        while self.pending:  # one by one, as another thread may add some
            parts.append(self.pending.popleft())
        text = "".join(parts)
        if text:
            self.put(text if text.endswith("\n") else text + "\n")

    def put(self, text: str) -> None:
        if text:
            terminal.write(text, self.stream)
            self.column = not text.endswith("\n")
            self.stream.flush()


def cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def continuation(width: int, _line: int, wraps: int) -> StyleAndTextTuples:
    return [("class:continuation", " " * width if wraps else "… ".rjust(width))]


TYPING = has_focus("DEFAULT_BUFFER") & ~is_searching


@Condition
def chosen() -> bool:
    """Whether one of the completions is marked."""
    state = get_app().current_buffer.complete_state
    return state is not None and state.current_completion is not None


@Condition
def looking() -> bool:
    """Whether completions are looked for: prompt-toolkit moves among them then, of which there are none yet."""
    return get_app().current_buffer.complete_state is not None


def bindings() -> KeyBindings:
    """The keys that know ML: Enter, the arrows, Tab, closing brackets, Alt-Enter."""
    keys = KeyBindings()
    add_enter(keys)
    add_arrows(keys)
    add_tab(keys)
    add_brackets(keys)
    return keys


def add_enter(keys: KeyBindings) -> None:
    """Takes a completion, ends an entry that is complete or begins its next line; Alt-Enter ends any."""

    @keys.add("enter", filter=TYPING & has_completions & chosen)
    def take(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    @keys.add("enter", filter=TYPING & ~(has_completions & chosen))
    def enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        document = buffer.document
        last = not document.text_after_cursor.strip() or document.line_count == 1
        if last and lexer.is_complete(document.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n" + lexer.indentation(document.text_before_cursor))

    @keys.add("escape", "enter", filter=TYPING)
    def submit(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()


def add_arrows(keys: KeyBindings) -> None:
    """Moves through the history while completions are still looked for."""

    @keys.add("up", filter=TYPING & looking & ~has_completions)
    def up(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None
        event.current_buffer.auto_up(event.arg)

    @keys.add("down", filter=TYPING & looking & ~has_completions)
    def down(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None
        event.current_buffer.auto_down(event.arg)


def add_tab(keys: KeyBindings) -> None:
    """Completes what all completions have in common, or shows them."""

    @keys.add("tab", filter=TYPING & ~has_completions & ~vi_navigation_mode)
    def complete(event: KeyPressEvent) -> None:
        """What prompt-toolkit does, but at once: it would drop a Tab that comes while completions are looked for."""
        buffer = event.current_buffer
        document = buffer.document
        found = [*buffer.completer.get_completions(document, CompleteEvent(completion_requested=True))]
        common = get_common_complete_suffix(document, found)
        buffer.insert_text(common)
        if len(found) == 1 and not common:
            buffer.apply_completion(found[0])
        elif len(found) > 1:
            buffer.complete_state = CompletionState(buffer.document, [one.new_completion_from_position(len(common)) for one in found])


def add_brackets(keys: KeyBindings) -> None:
    """A bracket that closes a block stands under what opened it."""

    def close(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        blanks = lexer.closing_indentation(buffer.document.text_before_cursor)
        if blanks is not None:
            buffer.delete_before_cursor(len(buffer.document.current_line_before_cursor))
            buffer.insert_text(blanks)
        buffer.insert_text(event.data)

    for bracket in lexer.CLOSERS:
        if len(bracket) == 1:
            keys.add(bracket, filter=TYPING & ~vi_navigation_mode)(close)
