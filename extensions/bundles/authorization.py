"""What a registry wants to know of who asks: challenges (RFC 9110, 11.6.1), Basic (RFC 7617), and tokens as the distribution project's token specification has them.

A login goes to the registry itself, or to the address of tokens that it names, encrypted unless the registry itself is not; and to nobody else.
"""

from __future__ import annotations

import json
import re
from threading import Lock
from urllib.parse import urlencode

from mlpy.extensions.bundles import credentials
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.transport import bad_answer

from mlpy.retries import AGAIN, TOO_MANY, Trouble, asked_wait

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.extensions.bundles.credentials import Login
    from mlpy.extensions.bundles.transport import Answer, Transport

CLIENT = "mlpy"
LONGEST = 1 << 16  # characters of a token
PART = re.compile(r'([\w!#$%&\'*+.^`|~-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+))?')


class Authority:
    """Who asks one registry: `header(scope)` is what is known so far, `renew` asks for what a refused request lacked. Threads share it."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.lock = Lock()
        self.basic = ""
        self.tokens: dict[str, str] = {}
        self.login: Login | None = None
        self.looked = False

    def header(self, scope: str) -> str:
        """The value of `Authorization` for what is to be done; empty where nobody has asked for any."""
        return self.tokens.get(scope) or self.basic

    def renew(self, answer: Answer, scope: str, used: str) -> bool:
        """Whether there is now another authority than `used`, with which a request was answered by 401.

        Raises:
            BundleError: `bad_credentials`, `unauthorized`, `bad_answer`; and `Trouble` for what may pass.
        """
        with self.lock:
            if self.header(scope) != used:  # another thread was quicker
                return True
            given = challenges(answer.headers.get("WWW-Authenticate", ""))
            if not self.looked:
                self.login, self.looked = credentials.find(self.transport.registry), True
            if "bearer" in given:
                self.tokens[scope] = f"Bearer {self.token(given['bearer'], scope)}"
            elif "basic" in given and self.login is not None and not self.login.token:
                self.basic = self.login.basic
            return self.header(scope) != used

    def token(self, asked: dict[str, str], scope: str) -> str:
        """A token for what is to be done, from where the challenge leads."""
        url = self.transport.join(self.transport.root, asked.get("realm", ""))
        fields = {"service": asked.get("service", ""), "scope": scope}
        if self.login is not None and self.login.token:
            form = {**fields, "grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": self.login.token}
            answer = self.transport.send("POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form).encode())
        else:
            headers = {"Authorization": self.login.basic} if self.login is not None else {}
            query = [(name, each) for name, value in fields.items() for each in (value.split(" ") if name == "scope" else [value])]
            mark = "&" if "?" in url.target else "?"
            answer = self.transport.send("GET", self.transport.join(url, f"{url}{mark}{urlencode(query)}"), headers)
        return self.read(answer)

    def read(self, answer: Answer) -> str:
        """The token that an answer holds."""
        registry, status = self.transport.registry, answer.status
        if status in AGAIN:
            kind = "rate_limited" if status == TOO_MANY else "network_error"
            failure = BundleError(kind, f"the tokens of `{registry}` are not to be had: status {status}", detail={"status": status})
            raise Trouble(failure, asked_wait(answer.headers.get("Retry-After", "")))
        if status != 200:
            raise self.refusal(status)
        try:
            found = json.loads(answer.data)
        except (ValueError, RecursionError):
            found = None
        token = (found.get("token") or found.get("access_token")) if isinstance(found, dict) else None
        if not isinstance(token, str) or not token or len(token) > LONGEST or not (token.isascii() and token.isprintable()):
            raise bad_answer(registry, "is no token")
        return token

    def refusal(self, status: int) -> BundleError:
        """What to tell where the registry lets nobody in, or not this one."""
        registry, detail = self.transport.registry, dict[str, object](status=status)
        if self.login is None:
            return BundleError("unauthorized", f"the registry `{registry}` wants to know who asks, and no login is known", detail=detail, hint=f"`docker login {registry}` keeps one")
        return BundleError("unauthorized", f"the registry `{registry}` does not take the login", detail=detail, hint=f"`docker login {registry}` keeps another one")


def challenges(text: str) -> dict[str, dict[str, str]]:
    """What a header `WWW-Authenticate` asks for: schemes in lower case, each with its parameters."""
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for match in PART.finditer(text):
        name, value = match.group(1).lower(), match.group(2)
        if value is None:
            current = found.setdefault(name, {})
        else:
            current.setdefault(name, re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value)
    return found
