"""What ends an answer besides its length: a model's end tokens, and the markers by which its chat template tells turns apart.

Many models declare one end token and are trained to write another, the one that their template puts behind a turn. So the template is asked:
what it writes between an answer and the next message ends an answer, too.
"""

from __future__ import annotations

import re

from mlpy.extensions.models.rendering import EndlessError, render

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlx_lm.tokenizer_utils import TokenizerWrapper

ASKED, ANSWERED = "qqaskedqq", "qqansweredqq"
# A marker that is plain text to the tokenizer: `<|im_end|>`, `</s>`, `[INST]`, `### User:`.
MARKER = re.compile(r"<\|[^<>|\s]{1,40}\|>|</?[a-z_]{1,40}>|\[/?[A-Z_]{1,40}\]|#{2,4} ?[A-Z][A-Za-z ]{1,40}:")


class Markers:
    """`ends`: tokens that end an answer; `texts`: strings that do; `hidden`: tokens that are never shown."""

    __slots__ = ("ends", "hidden", "texts")

    def __init__(self, *, ends: frozenset[int], hidden: frozenset[int], texts: tuple[str, ...]) -> None:
        self.ends = ends
        self.hidden = hidden
        self.texts = texts


def find(tokenizer: TokenizerWrapper) -> Markers:
    """The markers of a tokenizer and its template.

    Raises:
        EndlessError: the template does not come to an end.
    """
    special = specials(tokenizer)
    between = separator(tokenizer)
    turns = {number for text, number in special.items() if text in between}
    plain = between
    for text in special:
        plain = plain.replace(text, "\n")
    return Markers(
        ends=frozenset(turns | set(tokenizer.eos_token_ids)),
        hidden=frozenset(special.values()) - tools(tokenizer),
        texts=tuple(sorted(set(MARKER.findall(plain)))),
    )


def specials(tokenizer: TokenizerWrapper) -> dict[str, int]:
    """The tokens that stand for no text, by how templates write them."""
    added = {token.content: number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return added | dict(zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True))


def tools(tokenizer: TokenizerWrapper) -> frozenset[int]:
    """The tokens round a call of a tool: whoever reads calls has to see them."""
    return frozenset([*(tokenizer.tool_call_start_tokens or ()), *(tokenizer.tool_call_end_tokens or ())])


def separator(tokenizer: TokenizerWrapper) -> str:
    """What the template writes between an answer and the message after it."""
    if not tokenizer.has_chat_template:
        return ""
    turns: list[dict[str, object]] = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": ANSWERED}, {"role": "user", "content": ASKED}]
    try:
        text = render(tokenizer, turns, add_generation_prompt=False)
    except EndlessError:
        raise
    except Exception:  # noqa: BLE001  a template is a program of the model's author; one that takes no such messages tells nothing
        return ""
    behind = text.partition(ANSWERED)[2]
    return behind.partition(ASKED)[0]
