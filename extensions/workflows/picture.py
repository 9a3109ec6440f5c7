"""A plan as a picture: a tree of text for a terminal, or SVG in layers from left to right.

The layers are the longest paths from what needs nothing. An edge that skips layers passes through a point in each, which gets room like a step, so that no line runs through a box. The order within
a layer follows the barycentres of the neighbours (Sugiyama, Tagawa and Toda 1981), heights are the nearest to those of the neighbours that keep this order and the distances (a regression over ordered values).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

from mlpy.render import columns, printable

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator, Sequence

    from mlpy.extensions.workflows.graph import Plan, Step

LETTER = 7.9  # pixels of a letter in the picture
HEIGHT = 46.0  # of a box
GAP = 18.0  # between two boxes of a layer, at least
THIN = 10.0  # what a line that passes by takes of that
ALLEY = 64.0  # between two layers
MARGIN = 20.0
HEAD = 9.0  # the length of an arrow's head
SWEEPS = 24
LONGEST = 40  # columns of a name that are shown
STYLE = """
    text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2328; }
    .small { font-size: 11px; fill: #59636e; }
    .ground { fill: #ffffff; }
    .step { fill: #f3f6fa; stroke: #6e7781; stroke-width: 1.2; }
    .target { stroke: #0969da; stroke-width: 2; }
    .edge { fill: none; stroke: #6e7781; stroke-width: 1.4; }
    .head { fill: #6e7781; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .small { fill: #9198a1; }
      .ground { fill: #0d1117; }
      .step { fill: #1c2430; stroke: #8b949e; }
      .target { stroke: #58a6ff; }
      .edge { stroke: #8b949e; }
      .head { fill: #8b949e; }
    }
"""


# ── a tree ──


def tree(plan: Plan, *, plain: bool = False) -> str:
    """The targets, below each what it needs; what was shown above is not opened again. `plain` draws without frames."""
    marks = ("|-- ", "`-- ", "|   ", "    ", " (above)") if plain else ("├─ ", "└─ ", "│  ", "   ", " ↑")
    needed = {need for need, _ in plan.edges}
    lines: list[str] = []
    seen: set[str] = set()
    pending = [(name, "", "") for name in reversed(plan.targets) if name not in needed or len(plan.targets) == 1]
    while pending:
        name, lead, below = pending.pop()
        needs = plan.steps[name].needs
        again = name in seen and bool(needs)
        lines.append(f"{lead}{shown(name)}{marks[4] if again else ''}\n")
        if not again:
            seen.add(name)
            last = len(needs) - 1
            pending += [(need, below + marks[at == last], below + marks[2 + (at == last)]) for at, need in reversed([*enumerate(needs)])]
    return "".join(lines)


def shown(name: str) -> str:
    """A name as it is drawn."""
    name = printable(name).replace("\n", "\\n").replace("\t", "\\t")
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


# ── the layers ──


@dataclass(eq=False, slots=True)
class Node:
    """A step in a layer, or (`step` None) a point that a line passes."""

    step: Step | None
    layer: int
    before: list[Node] = field(default_factory=list)
    behind: list[Node] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0  # of its middle

    @property
    def height(self) -> float:
        return THIN if self.step is None else HEIGHT

    @property
    def width(self) -> float:
        if self.step is None:
            return 0.0
        return max(sum(map(columns, shown(self.step.name))), len(subtitle(self.step)), 8) * LETTER + 24


def subtitle(step: Step) -> str:
    """What stands below a name."""
    return step.workflow.language


def layers(plan: Plan) -> list[list[Node]]:
    """The steps in their layers, and the points between."""
    nodes: dict[str, Node] = {}
    for step in plan.steps.values():
        nodes[step.name] = Node(step, max((nodes[need].layer + 1 for need in step.needs), default=0))
    made: list[list[Node]] = [[] for _ in range(1 + max((node.layer for node in nodes.values()), default=-1))]
    for node in nodes.values():
        made[node.layer].append(node)
    for need, name in plan.edges:
        link(nodes[need], nodes[name], made)
    return made


def link(start: Node, end: Node, made: list[list[Node]]) -> None:
    """An edge, as a chain from layer to layer."""
    last = start
    for layer in range(start.layer + 1, end.layer):
        point = Node(None, layer, [last])
        made[layer].append(point)
        last.behind.append(point)
        last = point
    last.behind.append(end)
    end.before.append(last)


def arrange(made: list[list[Node]]) -> None:
    """Orders each layer so that few lines cross, and places all nodes."""
    best, fewest = [layer[:] for layer in made], crossings(made)
    for sweep in range(SWEEPS):
        for layer in made[1:] if sweep % 2 == 0 else reversed(made[:-1]):
            sort(layer, made[layer[0].layer + (-1 if sweep % 2 == 0 else 1)], (lambda node: node.before) if sweep % 2 == 0 else (lambda node: node.behind))
        if (count := crossings(made)) < fewest:
            best, fewest = [layer[:] for layer in made], count
    made[:] = best
    place(made)


def sort(layer: list[Node], neighbours: list[Node], near: Callable[[Node], list[Node]]) -> None:
    """Orders a layer by the barycentres of the neighbours; who has none stays where it is."""
    order = {id(node): at for at, node in enumerate(neighbours)}
    own = {id(node): at for at, node in enumerate(layer)}
    layer.sort(key=lambda node: mean([order[id(one)] for one in near(node)], own[id(node)]))


def mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def crossings(made: list[list[Node]]) -> int:
    """How many pairs of lines cross."""
    count = 0
    for layer, following in pairwise(made):
        order = {id(node): at for at, node in enumerate(following)}
        ends = [end for node in layer for end in sorted(order[id(one)] for one in node.behind)]
        count += sum(ends[at] > later for at in range(len(ends)) for later in ends[at + 1 :])
    return count


def place(made: list[list[Node]]) -> None:
    """Gives each node its place: columns as wide as their widest box, heights near those of the neighbours."""
    left = MARGIN
    for layer in made:
        for node in layer:
            node.x = left
        spread(layer, [0.0] * len(layer))
        left += max(node.width for node in layer) + ALLEY
    for sweep in range(SWEEPS):
        for layer in made if sweep % 2 == 0 else reversed(made):
            spread(layer, [mean([one.y for one in (*node.before, *node.behind)], node.y) for node in layer])
    top = min(node.y - node.height / 2 for layer in made for node in layer) - MARGIN
    for layer in made:
        for node in layer:
            node.y -= top


def spread(layer: list[Node], wanted: list[float]) -> None:
    """Puts the nodes of a layer as near as can be (in squares) to where they want to be, in their order and without touching."""
    offsets = [0.0]
    for node, following in pairwise(layer):
        offsets.append(offsets[-1] + (node.height + following.height) / 2 + (THIN if node.step is None or following.step is None else GAP))
    blocks: list[tuple[float, int]] = []  # the mean of some neighbours that have met, and how many they are
    for want, offset in zip(wanted, offsets, strict=True):
        blocks.append((want - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (low, some), (high, more) = blocks.pop(-2), blocks.pop()
            blocks.append(((low * some + high * more) / (some + more), some + more))
    places = [middle for middle, count in blocks for _ in range(count)]
    for node, middle, offset in zip(layer, places, offsets, strict=True):
        node.y = middle + offset


# ── the picture ──


def svg(plan: Plan) -> str:
    """The picture as a document, readable on light and on dark ground."""
    made = layers(plan)
    if made:
        arrange(made)
    nodes = [node for layer in made for node in layer]
    columns_of = [max(node.width for node in layer) for layer in made]
    width = max((node.x + columns_of[node.layer] for node in nodes), default=0.0) + MARGIN
    height = max((node.y + node.height / 2 for node in nodes), default=0.0) + MARGIN
    steps = [node for node in nodes if node.step is not None]
    body = [*(edge(line, columns_of) for node in steps for line in lines(node)), *(box(node, plan) for node in steps)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{len(steps)} workflows">\n'
        f"  <style>{STYLE}  </style>\n"
        f'  <rect class="ground" width="100%" height="100%"/>\n{"".join(body)}</svg>\n'
    )


def lines(start: Node) -> Iterator[list[Node]]:
    """The ways from a step to those that need it."""
    for node in start.behind:
        way = [start, node]
        while way[-1].step is None:
            way.append(way[-1].behind[0])
        yield way


def edge(way: list[Node], columns_of: list[float]) -> str:
    """A line with its head: level through the columns, bent in the alleys."""
    start, end = way[0], way[-1]
    path = f"M{start.x + start.width:.1f} {start.y:.1f}"
    for node, following in pairwise(way):
        right = node.x + columns_of[node.layer]
        into = following.x - (HEAD if following is end else 0)
        middle = (right + into) / 2
        path += f" H{right:.1f} C{middle:.1f} {node.y:.1f} {middle:.1f} {following.y:.1f} {into:.1f} {following.y:.1f}"
    return f'  <path class="edge" d="{path}"/><path class="head" d="M{end.x:.1f} {end.y:.1f} l-{HEAD:.0f} -4.5 v9 z"/>\n'


def box(node: Node, plan: Plan) -> str:
    """A step with its name."""
    step = node.step
    assert step is not None
    kind = "step target" if step.name in plan.targets else "step"
    left, top = node.x, node.y - HEIGHT / 2
    title = f"<title>{safe(step.workflow.header.description)}</title>" if step.workflow.header.description else ""
    return (
        f'  <g>{title}<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{node.width:.1f}" height="{HEIGHT:.0f}" rx="7"/>'
        f'<text x="{left + 12:.1f}" y="{node.y - 3:.1f}">{safe(shown(step.name))}</text>'
        f'<text class="small" x="{left + 12:.1f}" y="{node.y + 14:.1f}">{safe(subtitle(step))}</text></g>\n'
    )


def safe(text: str) -> str:
    """Anybody's text inside of the document."""
    return escape(printable(text))
