"""What is kept between the paints of a prompt: a window that keeps its lines shows what one that keeps nothing shows."""

from __future__ import annotations

import random

import pytest
from mlpy.repl.highlighting import InputLexer
from mlpy.repl.painting import Page, Prefixes, Touched
from prompt_toolkit.application import DummyApplication
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.layout import BufferControl, Window
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor, HighlightSelectionProcessor, TabsProcessor
from prompt_toolkit.layout.screen import Screen, WritePosition
from prompt_toolkit.selection import SelectionState

PROCESSORS = [HighlightSelectionProcessor(), TabsProcessor(tabstop=4, char1=" ", char2=" "), HighlightMatchingBracketProcessor()]
TEXT = 'function f(a) {\n\tif (a > [1, 2][0]) {\n        return "日本語 a long line that is wrapped, as it has no room";\n    }\n}\n' * 6


@pytest.fixture(autouse=True)
def app():
    """One application that does not run, as asking for one where there is none makes another each time."""
    with set_app(DummyApplication()):
        yield


def prefix(line, wraps):
    return [("class:prompt", "ml:1> " if line == 0 and not wraps else "      " if wraps else "    … ")]


def typed(text):
    made = Buffer(document=Document(text))
    made.load_history_if_not_yet_loaded = lambda: None  # no loop runs that would
    return made


def windows(buffer):
    """The window of the prompt, and one of prompt-toolkit alone."""
    page = Page(BufferControl(buffer, lexer=InputLexer(), input_processors=[Touched(PROCESSORS)], include_default_input_processors=False), get_line_prefix=Prefixes(prefix), wrap_lines=True)
    page.strips = {}
    return page, Window(BufferControl(buffer, lexer=InputLexer(), input_processors=PROCESSORS, include_default_input_processors=False), get_line_prefix=prefix, wrap_lines=True)


def shown(window, columns, rows):
    """The cells of a screen with text or a style, where the cursor stands, and which line each row is of."""
    screen = Screen()
    window.write_to_screen(screen, MouseHandlers(), WritePosition(0, 1, columns, rows), "", erase_bg=False, z_index=None)
    cells = {(y, x): (cell.char, cell.style.split()) for y, row in screen.data_buffer.items() if y <= rows for x, cell in row.items()}
    begun = {y: at for y, at in window.render_info.visible_line_to_row_col.items() if y < rows}
    return cells, window.render_info.cursor_position, begun, screen.height


@pytest.mark.parametrize("seed", range(4))
def test_a_window_that_keeps_its_lines_shows_what_one_shows_that_keeps_none(seed):
    dice = random.Random(seed)
    buffer = typed(TEXT)
    page, window = windows(buffer)
    columns, rows = 40, 12
    for turn in range(60):
        at = dice.randrange(len(buffer.text) + 1)
        buffer.cursor_position = dice.choice([at, buffer.cursor_position, buffer.cursor_position])
        match dice.randrange(8):
            case 0:
                buffer.delete(dice.choice([1, 40]))
            case 1:
                buffer.selection_state = SelectionState(dice.randrange(len(buffer.text) + 1)) if buffer.selection_state is None else None
            case 2:
                columns, rows = dice.choice([(40, 12), (25, 7), (90, 30)])
            case _:
                buffer.insert_text(dice.choice(["x", "(", "]", '"', "/*", "\n", "\t", "日", "é", "a" * 90]))
        kept, fresh = shown(page, columns, rows), shown(window, columns, rows)
        assert kept[1:] == fresh[1:], turn
        assert [(at, cell) for at, cell in kept[0].items() if fresh[0].get(at) != cell] == [], turn
        assert kept[0].keys() == fresh[0].keys(), turn


def test_lines_that_have_not_changed_are_not_copied_again(monkeypatch):
    buffer = typed(TEXT)
    page, _ = windows(buffer)
    copied = []
    copy = Window._copy_body
    monkeypatch.setattr(Window, "_copy_body", lambda self, *arguments, **options: copied.append(1) or copy(self, *arguments, **options))
    shown(page, 120, 60)
    assert len(copied) == TEXT.count("\n") + 1
    copied.clear()
    buffer.insert_text("x")
    shown(page, 120, 60)
    assert len(copied) == 1
