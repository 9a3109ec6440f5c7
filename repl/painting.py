"""The text that is being typed, painted at each key: what a key has not changed is kept from the paint before.

prompt-toolkit sends every visible line through all processors, asks for what stands before it, and copies it to the screen character by
character, at each key anew; with a screen full of text that is most of what a key costs. Here it does so for lines that are other ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prompt_toolkit.application import get_app
from prompt_toolkit.document import Document
from prompt_toolkit.filters import is_searching, vi_insert_multiple_mode
from prompt_toolkit.layout import BufferControl, ConditionalContainer, Layout, Window
from prompt_toolkit.layout.controls import UIContent
from prompt_toolkit.layout.processors import Processor, Transformation, merge_processors
from prompt_toolkit.layout.screen import Screen, WritePosition

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import AnyFormattedText
    from prompt_toolkit.layout.controls import GetLinePrefixCallable
    from prompt_toolkit.layout.processors import TransformationInput
    from prompt_toolkit.layout.screen import Char

    Copied = tuple[dict[int, tuple[int, int]], dict[tuple[int, int], tuple[int, int]]]
    Strip = list[tuple[int, dict[int, Char]]]  # the rows that a line takes: the column that each begins with, and its cells

BRACKETS = frozenset("[](){}<>")  # whose counterpart shows
DISTANCE = 1_000  # characters in which it is looked for


def keep_paint(prompt: PromptSession[str]) -> None:
    """Gives a prompt a window that keeps what it has painted."""
    old = prompt.layout.current_window
    control = old.content
    assert isinstance(control, BufferControl)
    control.input_processors = [Touched(control.input_processors or [])]
    prefix = None if old.get_line_prefix is None else Prefixes(old.get_line_prefix)
    page = Page(control, height=old.height, get_line_prefix=prefix, wrap_lines=old.wrap_lines)
    page.strips = {}
    for container in prompt.layout.walk():
        if isinstance(container, ConditionalContainer) and container.content is old:
            container.content = page
    prompt.layout = prompt.app.layout = Layout(prompt.layout.container, page)


class Prefixes:
    """What stands before the rows of a text, made once for each paint: it differs only between the first row, other lines, and rows that go on with a line."""

    def __init__(self, prefix: GetLinePrefixCallable) -> None:
        self.prefix = prefix
        self.painted = -1
        self.made: dict[tuple[bool, bool], AnyFormattedText] = {}

    def __call__(self, line: int, wraps: int) -> AnyFormattedText:
        now = get_app().render_counter
        if now != self.painted:
            self.painted = now
            self.made.clear()
        key = line == 0, wraps > 0
        if key not in self.made:
            self.made[key] = self.prefix(line, wraps)
        return self.made[key]


class Touched(Processor):
    """Applies processors to the lines that they may change: those of the cursor, of a matching bracket, with a suggestion or a tab; in a search or a selection to all."""

    def __init__(self, processors: list[Processor]) -> None:
        self.processor = merge_processors(processors)
        self.painted: tuple[int, Document | None] = -1, None
        self.rows: set[int] | None = None  # None: all

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """The pieces of a line as they show."""
        given = transformation_input
        now = get_app().render_counter, given.document
        if now != self.painted:
            self.painted, self.rows = now, touched(given.document)
        if self.rows is None or given.lineno in self.rows or any("\t" in piece[1] for piece in given.fragments):
            return self.processor.apply_transformation(given)
        return Transformation(given.fragments)


def touched(document: Document) -> set[int] | None:
    """The rows of a text that processors may change; None for all."""
    if document.selection is not None or is_searching() or vi_insert_multiple_mode():
        return None
    rows = {document.cursor_position_row, document.line_count - 1}
    at = document
    if at.current_char not in BRACKETS and at.cursor_position:
        at = Document(at.text, at.cursor_position - 1)
    if at.current_char in BRACKETS:
        rows.add(at.translate_index_to_position(at.cursor_position + at.find_matching_bracket_position(at.cursor_position - DISTANCE, at.cursor_position + DISTANCE))[0])
    return rows


class Page(Window):
    """A window that copies to the screen the lines that its last paint had not, and that of the cursor."""

    strips: dict[object, Strip]  # of the last paint

    def _copy_body(
        self,
        ui_content: UIContent,
        new_screen: Screen,
        write_position: WritePosition,
        move_x: int,
        width: int,
        vertical_scroll: int = 0,
        horizontal_scroll: int = 0,
        *more: Any,  # noqa: ANN401  passed on as they come, as releases of prompt-toolkit may add some
        **options: Any,  # noqa: ANN401  as above
    ) -> Copied:
        """Copies the visible lines; gives line and column of each row, and where the columns of the line of the cursor stand: only a mouse would ask for others."""
        cursor, menu = ui_content.cursor_position, ui_content.menu_position
        if horizontal_scroll or options.get("vertical_scroll_2") or not options.get("wrap_lines") or (menu is not None and menu.y != cursor.y):
            return super()._copy_body(ui_content, new_screen, write_position, move_x, width, vertical_scroll, horizontal_scroll, *more, **options)
        before, self.strips = self.strips, {}
        prefix = options.get("get_line_prefix")
        rows: dict[int, tuple[int, int]] = {}
        columns: dict[tuple[int, int], tuple[int, int]] = {}
        line = vertical_scroll
        while len(rows) < write_position.height and line < ui_content.line_count:
            top = len(rows)
            below = WritePosition(write_position.xpos, write_position.ypos + top, write_position.width, write_position.height - top)
            if line == cursor.y:
                own = UIContent(ui_content.get_line, line + 1, cursor, menu, ui_content.show_cursor)
                begun, columns = super()._copy_body(own, new_screen, below, move_x, width, line, **options)
                rows.update({top + at: begun[at] for at in sorted(begun)})
            else:
                key = move_x + write_position.xpos, width, tuple(ui_content.get_line(line)), None if line or prefix is None else tuple(prefix(0, 0))
                strip = before.get(key)
                if strip is None:
                    fresh = Screen()
                    begun, _ = super()._copy_body(UIContent(ui_content.get_line, line + 1), fresh, below, move_x, width, line, wrap_lines=True, get_line_prefix=prefix)
                    strip = [(begun[at][1], fresh.data_buffer[below.ypos + at]) for at in sorted(begun)]
                if len(strip) <= below.height:
                    self.strips[key] = strip
                for at, (column, cells) in enumerate(strip[: below.height]):
                    new_screen.data_buffer[below.ypos + at].update(cells)
                    rows[top + at] = line, column
            line += 1
        return rows, columns
