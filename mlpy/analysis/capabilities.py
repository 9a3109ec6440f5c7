"""What a program will ask for, as far as it shows without running: its capability blocks, and its calls of capability functions.

A block asks and never gives, so a call that the file's own blocks do not cover will be denied whatever the host grants.
"""

from __future__ import annotations

from mlpy import ast
from mlpy.analysis.types import camel
from mlpy.diagnostics import Edit
from mlpy.errors import MLError
from mlpy.nearest import nearest
from mlpy.patterns import searched
from mlpy.source import Span
from mlpy.urls import address

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    from mlpy.analysis.facts import Authority, Binding, Check, Member, Pattern

    Imported: TypeAlias = dict[Binding, dict[str, Mapping[str, Member]]]

IN_MEMORY = ":memory:"  # what SQLite calls a database that is not stored
MAX_PIECES = 100
RESOURCES = "paths are written like `./data/**`, addresses like `example.com:443`"


class Use:
    """A place that calls or mentions a capability function. `resource` is None where only a run can tell."""

    __slots__ = ("kind", "node", "resource")

    def __init__(self, node: ast.Node, kind: str, resource: str | None) -> None:
        self.node = node
        self.kind = kind
        self.resource = resource


def imported_modules(check: Check) -> Imported:
    """The variables that hold registered modules: the members of each, by its path below the variable."""
    found: Imported = {}
    for node in check.facts.imports:
        info = check.modules.info(".".join(node.path)) if check.modules is not None else None
        binding = check.facts.targets.get(node)
        if info is not None and binding is not None:
            below = node.path[1:] if node.alias is None else []
            found.setdefault(binding, {})[".".join(below)] = info.members
    return found


def uses(check: Check, modules: Imported) -> Iterator[Use]:
    """Every mention of a capability function; a call's literal arguments say which resource."""
    seen: set[ast.Node] = set()
    for node in check.facts.order:
        if isinstance(node, ast.Call) and isinstance(node.callee, ast.Member):
            seen.add(node.callee)
            member = member_of(check, modules, node.callee)
            if member is not None:
                yield from [Use(node, *found) for need in member.capabilities if (found := demand(check, member, need, node.args)) is not None]
        elif isinstance(node, ast.Member) and node not in seen:
            member = member_of(check, modules, node)
            if member is not None:
                yield from [Use(node, need.partition(":")[0], None) for need in member.capabilities]


def member_of(check: Check, modules: Imported, node: ast.Member) -> Member | None:
    place, below = node.object, []
    while isinstance(place, ast.Member):
        below.append(place.name)
        place = place.object
    binding = check.facts.names.get(place) if isinstance(place, ast.Name) else None
    members = modules.get(binding, {}).get(".".join(reversed(below))) if binding is not None else None
    return None if members is None else members.get(node.name) or members.get(camel(node.name))


def demand(check: Check, member: Member, need: str, args: list[ast.Expression | ast.NamedArgument]) -> tuple[str, str | None] | None:
    """The kind that a call demands, and its resource if what is written out tells it; None where that tells that it demands nothing."""
    kind, _, text = need.partition(":")
    while "{" in text:
        before, _, rest = text.partition("{")
        place, _, after = rest.partition("}")
        name, _, part = place.partition(".")
        argument = argument_of(member, name, args)
        if argument is None or part == "resolved":
            return kind, None
        value = address_of(check, argument) if part == "address" else written(check, argument)
        if part == "stored" and value == IN_MEMORY:
            return None
        if value is None or {"{", "}"} & set(value):
            return kind, None
        if part == "folder":
            value = searched(value)
        text = f"{before}{value}{after}"
    return kind, text


def argument_of(member: Member, name: str, args: list[ast.Expression | ast.NamedArgument]) -> ast.Expression | None:
    """What a call gives for a parameter, None where it gives nothing or that cannot be told."""
    at = next((index for index, parameter in enumerate(member.params) if parameter[0] == name), None)
    for index, argument in enumerate(args):
        if isinstance(argument, ast.Spread):
            return None
        if isinstance(argument, ast.NamedArgument):
            if argument.name == name:
                return argument.value
        elif index == at:
            return argument
    return None


def named(check: Check, value: ast.Expression) -> ast.Expression:
    """The expression itself, or behind the name of a variable that is bound once what it is bound to."""
    plain = ast.strip(value)
    binding = check.facts.names.get(plain) if isinstance(plain, ast.Name) else None
    if binding is not None and binding.kind == "local" and binding.assigned == 1:
        bound = check.facts.values.get(binding)
        if bound is not None and len(bound) == 1 and isinstance(bound[0], ast.String | ast.Template | ast.Binary):
            return bound[0]
    return plain


def spelt(check: Check, value: ast.Expression) -> tuple[str, bool]:
    """What a text begins with as far as the program writes it out, and whether that is all of it."""
    text = ""
    pending: list[ast.Expression | str] = [value]
    for _ in range(MAX_PIECES):  # names may lead in a circle
        if not pending:
            return text, True
        piece = pending.pop()
        found = piece if isinstance(piece, str) else named(check, piece)
        if isinstance(found, ast.Template):
            pending += reversed(found.parts)
        elif isinstance(found, ast.Binary) and found.op == "+":
            pending += (found.right, found.left)
        elif isinstance(found, str | ast.String):
            text += found if isinstance(found, str) else found.value
        else:
            break
    return text, False


def written(check: Check, value: ast.Expression) -> str | None:
    """The text that a program writes out, None for anything that only a run can tell."""
    text, whole = spelt(check, value)
    return text if whole else None


def address_of(check: Check, value: ast.Expression) -> str | None:
    """Where a URL leads of which a program writes out at least what stands before its path."""
    url, whole = spelt(check, value)
    if not whole:
        host = url.partition("://")[2]
        end = min([at for at in map(host.find, "/?#") if at >= 0], default=-1)
        if end < 0:
            return None
        url = url[: len(url) - len(host) + end]
    try:
        return address(url)
    except MLError:
        return None


class Asked:
    """What the capability blocks of a file ask for, each kind checked."""

    def __init__(self, check: Check, authority: Authority, known: set[str]) -> None:
        self.check = check
        self.authority = authority
        self.known = known
        self.blocks = [one for one in check.module.body if isinstance(one, ast.CapabilityDeclaration)]
        self.grants: list[Pattern] = []
        self.unsure = False
        for block in self.blocks:
            for allow in block.allows:
                self.add(block, allow)

    @property
    def patterns(self) -> list[str]:
        return [pattern for block in self.blocks for pattern in self.asked_by(block, block.allows)]

    def asked_by(self, block: ast.CapabilityDeclaration, allows: list[ast.Allow]) -> tuple[str, ...]:
        return self.authority.declared_patterns([(one.kind, one.target) for one in allows], [one.value for one in block.resources])

    def add(self, block: ast.CapabilityDeclaration, allow: ast.Allow) -> None:
        short = self.authority.SHORT_KINDS
        if short.get(allow.kind, allow.kind) not in self.known:
            span = Span(allow.start, allow.start + len(allow.kind))
            report_unknown_kind(self.check, allow.kind, span, [*short, *sorted(self.known)])
            self.unsure = True
            return
        for pattern in self.asked_by(block, [allow]):
            try:
                self.grants.append(self.authority.Grant(pattern))
            except ValueError as error:
                self.unsure = True
                if pattern.partition(":")[0] in self.authority.KINDS:
                    self.check.report("E0503", str(error), self.culprit(block, allow, pattern), hint=RESOURCES)

    def culprit(self, block: ast.CapabilityDeclaration, allow: ast.Allow, pattern: str) -> Span:
        """The text that holds the malformed resource."""
        resource = pattern.partition(":")[2]
        return next((one.span for one in block.resources if allow.target is None and one.value == resource), allow.span)

    def text(self, use: Use) -> str:
        kind = self.authority.KINDS.get(use.kind)
        return use.kind if kind is not None and kind.syntax == "none" else f"{use.kind}:{use.resource or '*'}"

    def covers(self, use: Use) -> bool:
        """Whether a use may be allowed by some block; what only a run can tell counts as covered by any grant of its kind."""
        if self.unsure or use.kind not in self.authority.KINDS:
            return True
        try:
            wanted = None if use.resource is None else self.authority.Capability(use.kind, use.resource)
        except ValueError:
            return True
        return any(grant.kind == use.kind and (wanted is None or grant.covers(wanted)) for grant in self.grants)

    def report_uncovered(self, node: ast.Node, capability: str) -> None:
        first = self.blocks[0]
        hint = f"add `allow {capability.partition(':')[0]};` to a capability block, with a resource that covers it"
        labels = ((Span(first.name_start, first.name_start + len(first.name)), "this file asks for no more than its blocks say"),)
        self.check.report("W0821", f"no capability block of this file covers `{capability}`", node.span, label="never allowed", labels=labels, hint=hint)


def report_unknown_kind(check: Check, kind: str, span: Span, known: list[str]) -> None:
    close = nearest(kind, known)
    hint = f"did you mean `{close}`?" if close else "write `read`, `write`, `network` …, or a full kind such as `file.read`"
    check.report("E0502", f"`{kind}` is not a kind of capability", span, hint=hint, fix=(Edit(span, close),) if close else ())


def check_narrowing(asked: Asked, node: ast.WithCapability) -> None:
    for one in node.capabilities:
        value = ast.strip(one)
        if isinstance(value, ast.String):
            check_narrowed(asked, value)
        elif isinstance(value, ast.Null | ast.Boolean | ast.Number | ast.Array | ast.Object | ast.Arrow):
            hint = 'write it like `with capability("file.read:./data/**")`'
            asked.check.report("E0504", "`with capability` takes strings and capability declarations", one.span, hint=hint)


def check_narrowed(asked: Asked, node: ast.String) -> None:
    kind = node.value.partition(":")[0]
    if asked.authority.SHORT_KINDS.get(kind, kind) not in asked.known:
        start = node.start + (2 if node.raw else 1)
        report_unknown_kind(asked.check, kind, Span(start, start + len(kind)), sorted(asked.known))
        return
    try:
        pattern = asked.authority.Grant(node.value)
    except ValueError as error:
        if kind in asked.authority.KINDS:
            asked.check.report("E0503", str(error), node.span, hint=RESOURCES)
        return
    if asked.blocks and not asked.unsure and not any(grant.covers_grant(pattern) or pattern.covers_grant(grant) for grant in asked.grants):
        asked.report_uncovered(node, node.value)


def capabilities(check: Check) -> None:
    """Fills in `Facts.needs`; reports unknown kinds, and uses that the file's own blocks rule out."""
    authority = check.authority
    if authority is None:
        return
    modules = imported_modules(check)
    known = {*authority.KINDS, *(need.partition(":")[0] for below in modules.values() for members in below.values() for member in members.values() for need in member.capabilities)}
    asked = Asked(check, authority, known)
    for node in check.facts.order:
        if isinstance(node, ast.WithCapability):
            check_narrowing(asked, node)
    needs = dict.fromkeys(asked.patterns)
    for use in uses(check, modules) if modules else ():
        if not asked.blocks or use.resource is None or not asked.covers(use):
            needs.setdefault(asked.text(use))
        if asked.blocks and not asked.covers(use):
            asked.report_uncovered(use.node, asked.text(use))
    check.facts.needs = list(needs)
