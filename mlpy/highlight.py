"""The Pygments lexer of ML, for terminals, documentation and notebooks."""

# The stubs of `bygroups` have no types.
# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import re
from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, include, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

KEYWORDS = ("function", "fn", "return", "if", "elif", "else", "while", "for", "break", "continue", "try", "except", "finally", "throw", "assert")
CONSTANTS = ("true", "false", "null", "undefined")
TYPES = ("boolean", "number", "int", "float", "string", "array", "object", "any")
BUILTINS = frozenset(
    (
        "abs all any assertEqual assertThrows availableModules bin bool call callable chr enumerate filter float format getCapabilities getCapabilityInfo getattr hasCapability hasModule"
        " hasattr help hex input int isinstance items iter keys len map max methods min moduleInfo modules next oct ord print range reduce repr requiredCapabilities reversed round sorted str sum typeof values zip"
    ).split()
)

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
DIGITS = r"[0-9](?:_?[0-9])*"
EXPONENT = rf"[eE][+-]?{DIGITS}"
ESCAPE = r"\\(?:[ntr\\\"'`$]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]+\})"
# A `match` with a block is the expression, without one it is a call of a function of that name.
MATCH = r"match(?=\s*\((?:[^(){}]|\([^(){}]*\)){0,200}\)\s*\{)"


class MlpyLexer(RegexLexer):
    """Lexes whole files and fragments; never slower than linear by more than the 200 characters that `match` looks ahead."""

    name = "mlpy"
    aliases: ClassVar[list[str]] = ["mlpy"]
    filenames: ClassVar[list[str]] = ["*.ml"]
    mimetypes: ClassVar[list[str]] = ["text/x-mlpy"]
    version_added = ""
    flags = re.MULTILINE

    tokens: ClassVar = {
        "root": [
            (r"\A#!.*", Comment.Hashbang),
            include("blank"),
            (rf"(\bimport)(\s+)({NAME})", bygroups(Keyword.Namespace, Whitespace, Name.Namespace), "import"),
            (rf"(\bcapability)(\s+)({NAME})(\s*)(\{{)", bygroups(Keyword.Declaration, Whitespace, Name.Class, Whitespace, Punctuation), "capability"),
            (rf"(\btype)(\s+)({NAME})(?=\s*=)", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (r"\btest(?=\s*(?:\"[^\"\n]*\"|'[^'\n]*')\s*\{)", Keyword.Declaration),
            (r"(\bwith)(\s+)(capability)(?=\s*\()", bygroups(Keyword, Whitespace, Keyword)),
            (rf"(\bfunction)(\s+)({NAME})", bygroups(Keyword.Declaration, Whitespace, Name.Function)),
            (r"(\?\.|\.)(\s*)(length)\b", bygroups(Operator, Whitespace, Name.Attribute)),
            (rf"(\?\.(?![0-9])|(?<!\.)\.(?!\.))(\s*)({NAME})(?=\s*\()", bygroups(Operator, Whitespace, Name.Function)),
            (rf"(\?\.(?![0-9])|(?<!\.)\.(?!\.))(\s*)({NAME})", bygroups(Operator, Whitespace, Name.Attribute)),
            include("literals"),
            (rf"(\bnonlocal)(\s+)({NAME})", bygroups(Keyword.Declaration, Whitespace, Name.Variable)),
            (words(KEYWORDS, prefix=r"\b", suffix=r"\b"), Keyword),
            (words(CONSTANTS, prefix=r"\b", suffix=r"\b"), Keyword.Constant),
            (rf"\b{MATCH}", Keyword),
            (r"\bin\b(?=\s*[\w\"'`\[({!.-])", Operator.Word),
            (rf"(:)(\s*)({'|'.join(TYPES)}|null|function)\b(?=\s*[|,)>=}}\]{{])", bygroups(Punctuation, Whitespace, Keyword.Type)),
            (rf"({NAME})(\s*)(:)(?!:)", bygroups(Name, Whitespace, Punctuation)),
            (words(sorted(BUILTINS), prefix=r"\b", suffix=r"\b(?=\s*[(,);])"), Name.Builtin),
            (rf"{NAME}(?=\s*\()", Name.Function),
            (NAME, Name),
            (r"\.\.\.|\*\*=|~/=|\?\?=|\|>|=>|~/|\*\*|\?\?|\?\.|\|\||&&|[=!<>]=|[-+*/%]=|[-+*/%<>=!?|]", Operator),
            (r"\{", Punctuation, "braces"),
            (r"[()\[\];,:.}]", Punctuation),
        ],
        "braces": [
            (r"\}", Punctuation, "#pop"),
            include("root"),
        ],
        "blank": [
            (r"\s+", Whitespace),
            (r"///(?!/).*", Comment.Special),
            (r"//.*", Comment.Single),
            (r"/\*", Comment.Multiline, "comment"),
        ],
        "comment": [
            (r"[^*/]+", Comment.Multiline),
            (r"/\*", Comment.Multiline, "#push"),
            (r"\*/", Comment.Multiline, "#pop"),
            (r"[*/]", Comment.Multiline),
        ],
        "literals": [
            (r'r"[^"]*"|r\'[^\']*\'', String.Other),
            (r'"', String.Double, "double"),
            (r"'", String.Single, "single"),
            (r"`", String.Backtick, "template"),
            (r"\b0[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*\b", Number.Hex),
            (r"\b0[bB][01](?:_?[01])*\b", Number.Bin),
            (r"\b0[oO][0-7](?:_?[0-7])*\b", Number.Oct),
            (rf"\b{DIGITS}(?:\.{DIGITS}(?:{EXPONENT})?|\.?{EXPONENT}|\.(?![A-Za-z_.0-9]))", Number.Float),
            (rf"\.{DIGITS}(?:{EXPONENT})?", Number.Float),
            (rf"\b{DIGITS}", Number.Integer),
        ],
        "double": [
            (r'[^"\\]+', String.Double),
            (ESCAPE, String.Escape),
            (r"\\[\s\S]", String.Double),
            (r'"', String.Double, "#pop"),
        ],
        "single": [
            (r"[^'\\]+", String.Single),
            (ESCAPE, String.Escape),
            (r"\\[\s\S]", String.Single),
            (r"'", String.Single, "#pop"),
        ],
        "template": [
            (r"[^`\\$]+", String.Backtick),
            (ESCAPE, String.Escape),
            (r"\\[\s\S]", String.Backtick),
            (r"\$\{", String.Interpol, "interpolation"),
            (r"\$", String.Backtick),
            (r"`", String.Backtick, "#pop"),
        ],
        "interpolation": [
            (r"\}", String.Interpol, "#pop"),
            include("root"),
        ],
        "import": [
            include("blank"),
            (rf"(\.)({NAME})", bygroups(Punctuation, Name.Namespace)),
            (rf"(as)(\s+)({NAME})", bygroups(Keyword.Namespace, Whitespace, Name.Namespace), "#pop"),
            (r"", Whitespace, "#pop"),
        ],
        "capability": [
            include("blank"),
            (r"(allow|resource)\b(?=\s*[\"'A-Za-z_])", Keyword),
            (rf"{NAME}(?:\.{NAME})*", Name.Constant),
            include("literals"),
            (r"[;,]", Punctuation),
            (r"\}", Punctuation, "#pop"),
        ],
    }

    @staticmethod
    def analyse_text(text: str) -> float:
        """How much a text looks like ML; OCaml, which shares the extension, scores 0."""
        if re.search(r"^\s*(?:let\s|open\s+[A-Z]|module\s+[A-Z])", text, re.MULTILINE):
            return 0.0
        return 0.6 if re.search(rf"\bfunction\s+{NAME}\s*\(|\bfn\s*\(|^import\s+[\w.]+(?:\s+as\s+\w+)?\s*;", text, re.MULTILINE) else 0.1
