"""The text of an answer as its tokens come in: whole characters, without markers of the template, cut exactly before what ends it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlpy.extensions.models.markers import Markers
    from mlx_lm.tokenizer_utils import TokenizerWrapper

BROKEN = "\ufffd"  # what an unfinished character is decoded to


class Answer:
    """Takes tokens in and gives out the text that is certain by now. `done` is set when a token or a stop string has ended it, `tokens` counts what belongs to it."""

    def __init__(self, tokenizer: TokenizerWrapper, markers: Markers, *, stop: Iterable[str] = (), trim: bool = False) -> None:
        """Begins an answer; `trim` leaves out a blank at its beginning, which many tokenizers put before the first word."""
        self.markers = markers
        self.cutter = Cutter([*stop, *markers.texts])
        self.detokenizer = tokenizer.detokenizer
        if not trim and "text" in vars(self.detokenizer):  # a text that has begun loses no blank
            self.detokenizer.text, self.detokenizer.offset = ".", 1
        self.trim = trim
        self.tokens = 0
        self.done = False

    def add(self, token: int) -> str:
        """The text that a token makes certain, possibly none."""
        if token in self.markers.ends:
            self.done = True
            return self.rest()
        self.tokens += 1
        if token in self.markers.hidden:
            return ""
        self.detokenizer.add_token(token)
        text = self.cutter.add(self.fresh())
        self.done = self.cutter.done
        return text

    def rest(self) -> str:
        """What was held back, once no more tokens come; half a character is left out."""
        if self.cutter.done:
            return ""
        self.detokenizer.finalize()
        return self.cutter.add(self.fresh().rstrip(BROKEN)) + self.cutter.rest()

    def fresh(self) -> str:
        text: str = self.detokenizer.last_segment
        if self.trim and text:
            self.trim = False
            return text.removeprefix(" ")
        return text


class Cutter:
    """Text up to the first of some strings, however it is divided into pieces: what may be the beginning of one is held back until that is known."""

    def __init__(self, stops: Iterable[str]) -> None:
        self.stops = tuple(stop for stop in stops if stop)
        self.held = ""
        self.done = False

    def add(self, text: str) -> str:
        """What is certain of the text so far and was not given out yet."""
        if self.done:
            return ""
        self.held += text
        found = min(((at + len(stop), at) for stop in self.stops if (at := self.held.find(stop)) >= 0), default=None)
        self.done = found is not None
        certain = found[1] if found is not None else len(self.held) - self.possible()
        given, self.held = self.held[:certain], self.held[certain:]
        return given

    def possible(self) -> int:
        """How many characters at the end of what is held may begin a stop string."""
        longest = max(map(len, self.stops), default=1) - 1
        ends = (self.held[-length:] for length in range(min(longest, len(self.held)), 0, -1))
        return next((len(end) for end in ends if any(stop.startswith(end) for stop in self.stops)), 0)

    def rest(self) -> str:
        """What is held, when no more text comes."""
        given, self.held = ("" if self.done else self.held), ""
        return given
