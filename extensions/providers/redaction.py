"""What of an operation is a secret, and the operation without it.

Secret is what its declaration says, what stands under a name such as `password` or `authorization`, what looks like a credential in a text, and every value that is known to be one, wherever in a text
it occurs, also as JSON, in a URL, in hexadecimal or Base64. `[redacted]` takes its place; a digest over a salt of its own lets whoever has the secret show that it was this one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
from itertools import pairwise
from math import isfinite
from urllib.parse import quote, quote_plus

from mlpy.extensions.providers.canonical import LARGEST

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable

REDACTED = "[redacted]"
SHORTEST = 4  # characters of a secret that is looked for in texts: what is shorter stands in any
SALT = 16  # bytes
DEEPEST = 50
LONGEST_TEXT = 16_384  # characters of a text in a record; of a longer one its digest is recorded
WORDS = frozenset((
    "apikey", "auth", "authorization", "bearer", "cookie", "credential", "credentials", "cvc", "cvv", "otp", "passcode", "passphrase", "passwd", "password", "passwords", "pin", "pwd",
    "secret", "secrets", "token",
))  # fmt: skip
PAIRS = frozenset((("access", "key"), ("api", "key"), ("client", "key"), ("encryption", "key"), ("private", "key"), ("session", "id"), ("session", "key"), ("signing", "key"), ("stream", "key")))
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
SHAPES = (
    re.compile(r"(?i)\b(?:bearer|basic|digest|token)\s+(?P<secret>[A-Za-z0-9+/=._~-]{8,})"),
    re.compile(r"(?<=://)(?P<secret>[^\s/@:]*:[^\s/@]+)(?=@)"),
    re.compile(r"(?i)[?&;](?:[a-z0-9_-]*(?:token|secret|password|passwd|api_?key|access_key|auth|signature|sig))=(?P<secret>[^\s&#;\"']+)"),
    re.compile(r"(?i)\b(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key)[\"']?\s*[:=]\s*(?P<secret>[^\r\n]+)"),
    re.compile(r"(?i)\b(?:password|passwd|passphrase|pwd|secret|token|api_?key)[\"']?\s*[:=]\s*[\"']?(?P<secret>[^\s\"',;&}]{3,})"),
    re.compile(r"(?P<secret>\b(?:sk|pk|rk|ghp|gho|ghs|xox[abprs]|AKIA|AIza)[-_A-Za-z0-9]{12,})"),
    re.compile(r"(?P<secret>\beyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)"),
    re.compile(r"(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))", re.DOTALL),
)


class Redactor:
    """Takes secrets out of what belongs to one operation; what it has found in one place it finds in all later ones.

    `declared` are the names of parameters (`headers.x-tenant` for one within another) whose values are secret, `known` are secrets that stand in no parameter, as of the instance. `salt` belongs to the
    operation and is not part of its record; `findings` are the places and digests for it.
    """

    def __init__(self, declared: Iterable[str] = (), known: Iterable[str] = ()) -> None:
        self.declared = frozenset(declared)
        self.salt = os.urandom(SALT)
        self.secrets: set[str] = set()
        self.findings: dict[tuple[str, str], dict[str, object]] = {}
        for one in known:
            self.learn(one)

    def learn(self, secret: str) -> None:
        """Makes a secret known, in each spelling in which a service may give it back."""
        if len(secret) >= SHORTEST:
            self.secrets |= spellings(secret)

    def parameters(self, given: dict[str, object]) -> dict[str, object]:
        """Parameters as they may be recorded."""
        self.look(given, "", 0)
        made = self.cleaned(given, "", 0)
        assert isinstance(made, dict)
        return made

    def text(self, text: str, place: str) -> str:
        """A text as it may be recorded or shown; `place` is what the record calls it."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            if secret in text:
                self.note(place, secret)
                text = text.replace(secret, REDACTED)
        for shape in SHAPES:
            text = shape.sub(lambda match: self.without(match, place), text)
        return text.encode("utf-8", "backslashreplace").decode()  # half of a surrogate pair has no place in a record

    def without(self, match: re.Match[str], place: str) -> str:
        secret, start = match["secret"], match.start("secret") - match.start()
        if REDACTED in secret:
            return match[0]
        self.note(place, secret)
        self.learn(secret)
        return match[0][:start] + REDACTED + match[0][start + len(secret) :]

    def look(self, value: object, place: str, depth: int) -> None:
        """Learns what stands under the names of secrets, before any text is written."""
        if depth > DEEPEST:
            return
        if isinstance(value, dict):
            for name, inner in value.items():
                below = f"{place}.{name}" if place else str(name)
                if self.is_secret(str(name), below):
                    for text in texts(inner, depth):
                        self.learn(text)
                else:
                    self.look(inner, below, depth + 1)
        elif isinstance(value, list | tuple):
            for inner in value:
                self.look(inner, place, depth + 1)

    def cleaned(self, value: object, place: str, depth: int) -> object:
        if depth > DEEPEST:
            return REDACTED
        if isinstance(value, dict):
            return {self.text(str(name), place): self.under(str(name), inner, f"{place}.{name}" if place else str(name), depth) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.cleaned(inner, place, depth + 1) for inner in value]
        if isinstance(value, str):
            return self.text(value, place) if len(value) <= LONGEST_TEXT else self.digest(value, place)
        if isinstance(value, int | float) and str(value) in self.secrets:
            return self.text(str(value), place)
        if value is None or isinstance(value, bool | int | float):
            return value if exact(value) else str(value)
        if isinstance(value, bytes):
            return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()} if not any(secret.encode() in value for secret in self.secrets) else REDACTED
        return f"<{type(value).__name__}>"

    def digest(self, text: str, place: str) -> object:
        """What is recorded of a long text; one with a secret in it gets a salted digest, as others could be used to try what the secret is."""
        if any(secret in text for secret in self.secrets):
            self.note(place, text)
            return REDACTED
        return {"characters": len(text), "sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()}

    def under(self, name: str, value: object, place: str, depth: int) -> object:
        """What stands under a name."""
        if not self.is_secret(name, place):
            return self.cleaned(value, place, depth + 1)
        if value is None or isinstance(value, bool) or value in ("", [], {}):
            return value
        self.note(self.text(place, "name"), value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=repr))
        return REDACTED

    def is_secret(self, name: str, place: str) -> bool:
        return name in self.declared or place in self.declared or names_a_secret(name)

    def note(self, place: str, secret: str) -> None:
        """Keeps the digest of what was taken out of a place."""
        digest = digest_of(self.salt, secret)
        self.findings[place, digest] = {"digest": digest, "place": place}

    def record(self) -> dict[str, object] | None:
        """What the record says of redactions; the salt stays out of it, under a digest of its own."""
        if not self.findings:
            return None
        return {"salt": hashlib.sha256(self.salt).hexdigest(), "values": [self.findings[key] for key in sorted(self.findings)]}


def exact(value: object) -> bool:
    """Whether JSON has a number as it is."""
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, int) or abs(value) <= LARGEST


def names_a_secret(name: str) -> bool:
    """Whether a name says that a secret stands under it: `password`, `X-Api-Key`, `accessToken`; not `maxTokens`."""
    words = [word.lower() for word in WORD.findall(name)]
    return not WORDS.isdisjoint(words) or any(pair in PAIRS for pair in pairwise(words))


def spellings(secret: str) -> set[str]:
    """A secret as texts may hold it."""
    data = secret.encode("utf-8", "surrogatepass")
    made = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1], quote(data, safe=""), quote(data), quote_plus(data), data.hex(), data.hex().upper()}
    made |= {base64.b64encode(data).decode().rstrip("="), base64.urlsafe_b64encode(data).decode().rstrip("=")}
    return {one for one in made if len(one) >= SHORTEST}


def texts(value: object, depth: int) -> list[str]:
    """All texts in a value that is secret as a whole."""
    if isinstance(value, dict | list | tuple) and depth <= DEEPEST:
        return [text for inner in (value.values() if isinstance(value, dict) else value) for text in texts(inner, depth + 1)]
    return [value] if isinstance(value, str) else [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def digest_of(salt: bytes, secret: str) -> str:
    """HMAC-SHA256 (RFC 2104) of a secret under a salt, in hexadecimal."""
    return hmac.new(salt, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
