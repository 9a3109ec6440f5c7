"""What a network has read of a conversation, so that its next answer begins where the last one ended and reads only what is new."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    import mlx.core as mx
    import mlx.nn


class Memory:
    """The tokens that one conversation has put into a cache of mlx-lm, and that cache. It serves one answer at a time, on the thread of mlx."""

    __slots__ = ("cache", "tokens")

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.cache: list[object] = []

    def recall(self, network: mlx.nn.Module, tokens: Sequence[int]) -> list[int]:
        """The end of a prompt that is not known yet: at least its last token. What the cache has beyond what is common is forgotten."""
        from mlx_lm.models.cache import can_trim_prompt_cache, make_prompt_cache, trim_prompt_cache  # noqa: PLC0415  of the extra
        from mlx_lm.utils import common_prefix_len  # noqa: PLC0415  likewise

        read = min((getattr(part, "offset", 0) for part in self.cache), default=0)
        known = min(common_prefix_len(self.tokens, list(tokens)), read, len(tokens) - 1)
        if known and can_trim_prompt_cache(self.cache):
            trim_prompt_cache(self.cache, read - known)
        else:
            known, self.cache = 0, make_prompt_cache(network)
        self.tokens = list(tokens)
        return list(tokens[known:])

    def keep(self, made: Iterable[tuple[int, mx.array]]) -> Generator[int]:
        """The tokens of an answer, which are read as they are made."""
        for token, _ in made:
            self.tokens.append(int(token))
            yield int(token)
