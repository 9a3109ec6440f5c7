"""What `.modelopsignore` leaves out, by the rules of gitignore: a file of a folder counts below it, the last rule that matches decides, and in a folder that is left out nothing comes back.

pathspec translates the rules. What they say is asked for one folder after the other, as git does, because a rule for a folder says nothing about what lies in one that another rule
takes back in; where there is no `.modelopsignore`, `DEFAULT` counts, which is also what `mlpy bundle init` writes.
"""

from __future__ import annotations

import os

from mlpy.extensions.bundles.contents import opened
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.paths import MANIFEST, RESERVED

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    import re

NAME = ".modelopsignore"
STARS = 3
LARGEST = 1024 * 1024  # bytes of a file of rules
NEVER = frozenset({".git", ".hg", ".svn", RESERVED})
DEFAULT = """\
# What never belongs to the bundle, by the rules of .gitignore.

# caches and environments
__pycache__/
*.py[cod]
.ipynb_checkpoints/
.mypy_cache/
.pytest_cache/
.ruff_cache/
.venv
venv
node_modules

# what is built
build/
dist/
*.egg-info/

# secrets
.env
.env.*
*.key
*.pem

# what desktops and editors leave behind
.DS_Store
.idea/
.vscode/
*.swp
*~
"""


class Rule:
    """One line of a file of rules: where it stands (`place`), what it says, and whether it takes out or back in."""

    __slots__ = ("base", "line", "place", "regex", "takes_out")

    def __init__(self, base: str, regex: re.Pattern[str], line: str, place: str, *, takes_out: bool) -> None:
        self.base = base
        self.regex = regex
        self.line = line
        self.place = place
        self.takes_out = takes_out

    def matches(self, path: str, *, folder: bool) -> bool:
        """Whether the rule means this very path, and not one above it."""
        inside = path[len(self.base) :]
        found = self.regex.search(inside)
        if found and not found.groupdict().get("ps_d"):
            return True
        return folder and any(one.groupdict().get("ps_d") and one.end("ps_d") == len(inside) + 1 for one in self.regex.finditer(inside + "/"))


class Ignore:
    """The rules of a project, read folder by folder when they are asked for.

    Raises:
        BundleError: `not_a_file` for a file of rules that is a link, `unreadable` for one that cannot be read; `missing_extra` without pathspec.
    """

    def __init__(self, root: str) -> None:
        BundleError.need("pathspec")
        self.root = root
        self.known: dict[str, list[Rule]] = {}
        self.sources: list[str] = []  # files of rules that were read

    def reason(self, path: str, *, folder: bool = False) -> str | None:
        """Which rule leaves a path out, itself or a folder that it lies in; None where none does."""
        parts = path.split("/")
        for end in range(1, len(parts)):
            found = self.of_entry("/".join(parts[:end]), folder=True)
            if found is not None:
                return found
        return self.of_entry(path, folder=folder)

    def of_entry(self, path: str, *, folder: bool) -> str | None:
        """The same for a path in a folder that is not left out itself."""
        name = path.rpartition("/")[2]
        if name in NEVER or path == MANIFEST:
            return "mlpy itself"
        rule = self.deciding(path, folder=folder)
        return f"`{rule.line}` in {rule.place}" if rule is not None and rule.takes_out else None

    def deciding(self, path: str, *, folder: bool) -> Rule | None:
        """The rule that says whether a path of its folder is left out."""
        return next((rule for rule in self.rules(path.rpartition("/")[0]) if rule.matches(path, folder=folder)), None)

    def way_back(self, path: str, *, folder: bool) -> str | None:
        """What takes back a path that is left out, as a hint; None where nothing does."""
        if path == MANIFEST or not NEVER.isdisjoint(path.split("/")):
            return None
        if not os.path.exists(os.path.join(self.root, NAME)):
            return f"a `{NAME}` of the project's own counts instead of these rules"
        above = path.rpartition("/")[0]
        rule = self.deciding(path, folder=folder)
        if rule is None or rule.base or (above and self.reason(above, folder=True)):
            return "take that rule out"
        return f"a line `!{literal(path)}{'/' if folder else ''}` at the end of `{NAME}` takes it back"

    def rules(self, folder: str) -> list[Rule]:
        """The rules that count in a folder, the one that decides first in front."""
        if folder not in self.known:
            above = self.rules(folder.rpartition("/")[0]) if folder else []
            self.known[folder] = [*self.read(folder), *above]
        return self.known[folder]

    def read(self, folder: str) -> list[Rule]:
        """The rules that stand in the file of a folder, the last in front."""
        shown = f"{folder}/{NAME}" if folder else NAME
        try:
            with opened(self.root, shown) as held, open(held, "rb", closefd=False) as file:
                text = file.read(LARGEST + 1)
        except BundleError as failure:
            if failure.type == "not_a_file" and self.holds(folder):
                raise BundleError("not_a_file", f"`{shown}` is a link, or no file", hint="put a file of rules in its place") from None
            if failure.type not in ("file_not_found", "not_a_file"):
                raise
            return [] if folder else rules_of(DEFAULT, "", "the rules where there is no `.modelopsignore`")
        except OSError:
            raise BundleError("unreadable", f"`{shown}` cannot be read") from None
        self.sources.append(shown)
        if len(text) > LARGEST:
            raise BundleError("too_large", f"`{shown}` is larger than {LARGEST:,} bytes")
        return rules_of(text.decode("utf-8", "replace"), f"{folder}/" if folder else "", f"`{shown}`")


    def holds(self, folder: str) -> bool:
        """Whether that is a folder of the project itself, and nothing that a link leads to."""
        root = os.path.realpath(self.root)
        return os.path.isdir(os.path.join(root, folder)) and os.path.realpath(os.path.join(root, folder)) == os.path.normpath(os.path.join(root, folder))


def literal(path: str) -> str:
    """The rule that means this very path, whatever characters it has."""
    escaped = "".join(f"\\{char}" if char in "*?[]\\" else char for char in path)
    return f"/{escaped[:-1]}\\ " if escaped.endswith(" ") else f"/{escaped}"


def rules_of(text: str, base: str, place: str) -> list[Rule]:
    """The rules of a text, the last in front; lines that are no rule for git are none here either."""
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415  of the extra

    found = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        try:
            pattern = GitIgnoreSpecPattern(exact(line))
        except ValueError:
            continue
        if pattern.include is not None and pattern.regex is not None:
            found.append(Rule(base, steady(pattern.regex), line.strip(), f"line {number} of {place}", takes_out=pattern.include))
    return found[::-1]


def steady(regex: re.Pattern[str]) -> re.Pattern[str]:
    """An expression whose matching takes linear time: with many stars Python's own tries for ages."""
    if regex.pattern.count("*") + regex.pattern.count("+") <= STARS:
        return regex
    import re2  # noqa: PLC0415  most rules have few stars

    made: re.Pattern[str] = re2.compile(regex.pattern)  # it has all that is asked of one here
    return made


def exact(line: str) -> str:
    """The line with `x/**/` written so that it means the folders below `x` and not `x`: pathspec takes the one for the other."""
    bare = line.rstrip()
    return f"{bare}*/" if bare.endswith("/**/") else line
