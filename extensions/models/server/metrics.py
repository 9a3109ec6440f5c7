"""What a server counts, as the text that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpy.extensions.models.server.pool import Pool

TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "mlpy_models_"


@dataclass(slots=True)
class Counts:
    """What has happened since the start; `requests` by route and status, `seconds` that they took by route."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    generated_tokens: int = 0
    steps: int = 0
    dropped: int = 0
    failed: int = 0
    loads: int = 0
    unloads: int = 0

    def finished(self, route: str, status: int, seconds: float) -> None:
        """Counts a request that has been answered, or left."""
        self.requests[route, status] += 1
        self.seconds[route] = self.seconds.get(route, 0.0) + seconds


def text(counts: Counts, pool: Pool, memory: int, resident: int) -> str:
    """All figures; `memory` is what mlx holds, `resident` what the process does, in bytes."""
    engines = pool.engines()
    return "\n".join([
        *family("requests_total", "counter", "requests answered", ((f'{{route="{route}",status="{status}"}}', number) for (route, status), number in sorted(counts.requests.items()))),
        *family("request_seconds_total", "counter", "seconds that requests took", ((f'{{route="{route}"}}', round(value, 6)) for route, value in sorted(counts.seconds.items()))),
        *single("prompt_tokens_total", "counter", "tokens of prompts that were read", counts.prompt_tokens),
        *single("generated_tokens_total", "counter", "tokens that were generated", counts.generated_tokens),
        *single("steps_total", "counter", "steps of networks; each gives every answer under way a token", counts.steps),
        *single("dropped_total", "counter", "answers that were ended because nobody waited for them", counts.dropped),
        *single("failed_total", "counter", "answers that ended with an error", counts.failed),
        *single("loads_total", "counter", "models that were loaded", counts.loads),
        *single("unloads_total", "counter", "models that were unloaded", counts.unloads),
        *single("running", "gauge", "answers under way", sum(len(engine.live) for engine in engines)),
        *single("waiting", "gauge", "answers that wait for a place, and requests that wait for a model", sum(len(engine.arrived) for engine in engines) + len(pool.waiting)),
        *single("loaded", "gauge", "models in memory", len(engines)),
        *single("memory_bytes", "gauge", "bytes that mlx holds", memory),
        *single("resident_bytes", "gauge", "bytes of memory of the process", resident),
        "",
    ])


def single(name: str, kind: str, what: str, value: float) -> Iterator[str]:
    """A figure without labels."""
    return family(name, kind, what, [("", value)])


def family(name: str, kind: str, what: str, samples: Iterator[tuple[str, float]] | list[tuple[str, float]]) -> Iterator[str]:
    """The lines of one figure with its labels."""
    yield f"# HELP {PREFIX}{name} {what}"
    yield f"# TYPE {PREFIX}{name} {kind}"
    for labels, value in samples:
        yield f"{PREFIX}{name}{labels} {value}"
