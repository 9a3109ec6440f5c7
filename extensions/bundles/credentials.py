"""Who somebody is to a registry, as `docker login` has left it: Docker's `config.json`, and the helpers that it names.

A helper is a program `docker-credential-NAME` on the path, asked as Docker asks it (its protocol is that of docker-credential-helpers): `get`, with the registry on standard input, answers in JSON.
A password is never part of a message, of a record or of an argument.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
from dataclasses import dataclass, field

from mlpy.extensions.bundles.failures import BundleError

CONFIG = "config.json"
LARGEST = 1 << 20  # bytes of a configuration, or of what a helper answers
PATIENCE = 60.0  # seconds that a helper may take: it may ask the user
TOKEN = "<token>"  # noqa: S105  the user name for which a helper's secret is a token
NONE = "credentials not found in native keychain"  # how a helper says that it has none
HELPER = re.compile(r"[A-Za-z0-9._-]+")
HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")
HUB_KEY = "https://index.docker.io/v1/"


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and a password, or a token that stands for both."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of `Authorization` (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


def find(registry: str) -> Login | None:
    """Who the user is to a registry (`host` or `host:port`), or None where nothing says.

    Raises:
        BundleError: `bad_credentials`, where what says it cannot be read.
    """
    config = read_config()
    helpers, store, logins = config.get("credHelpers"), config.get("credsStore"), config.get("auths")
    named = next((helpers[key] for key in keys(registry) if key in helpers), None) if isinstance(helpers, dict) else None
    if named is not None:
        return ask_helper(named, registry)
    if store:
        return ask_helper(store, HUB_KEY if registry in HUB else registry) or of_file(logins, registry)
    return of_file(logins, registry)


def read_config() -> dict[str, object]:
    """Docker's configuration, empty where there is none."""
    folder = os.environ.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")
    try:
        with open(os.path.join(folder, CONFIG), "rb") as file:
            found = json.loads(file.read(LARGEST))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError):
        raise damaged() from None
    if not isinstance(found, dict):
        raise damaged()
    return found


def keys(registry: str) -> tuple[str, ...]:
    """What a registry may be called in a configuration."""
    names = HUB if registry in HUB else (registry,)
    return tuple(f"{scheme}{name}{end}" for name in names for scheme in ("", "https://", "http://") for end in ("", "/", "/v1/", "/v2/"))


def of_file(logins: object, registry: str) -> Login | None:
    """What the configuration itself holds."""
    if not isinstance(logins, dict):
        return None
    entry = next((logins[key] for key in keys(registry) if key in logins), None)
    if not isinstance(entry, dict):
        return None
    token, packed = entry.get("identitytoken"), entry.get("auth")
    if isinstance(token, str) and token:
        return Login(token=token)
    if not isinstance(packed, str) or not packed:
        user, password = entry.get("username"), entry.get("password")
        return Login(user, password) if isinstance(user, str) and isinstance(password, str) and user else None
    try:
        user, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise damaged() from None
    return Login(user, password.rstrip("\0"))


def ask_helper(name: object, registry: str) -> Login | None:
    """What a helper answers; None where it knows nothing of the registry."""
    if not isinstance(name, str) or HELPER.fullmatch(name) is None:
        raise damaged()
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run([program, "get"], input=registry.encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False)  # noqa: S603  named by the user
    except subprocess.TimeoutExpired:
        raise unusable(program, f"was silent for {PATIENCE:.0f} seconds") from None
    except OSError:
        raise unusable(program, "cannot be run", hint=f"Docker's `{CONFIG}` names it: install it, or log in without it") from None
    if done.returncode:
        if done.stdout[: len(NONE)] == NONE.encode():
            return None
        raise unusable(program, f"ended with {done.returncode}")
    try:
        found = json.loads(done.stdout[:LARGEST])
        user, secret = found["Username"], found["Secret"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise unusable(program, "answered with something else than a login") from None
    if not isinstance(user, str) or not isinstance(secret, str):
        raise unusable(program, "answered with something else than a login")
    return Login(token=secret) if user == TOKEN else Login(user, secret)


def damaged() -> BundleError:
    return BundleError("bad_credentials", f"Docker's `{CONFIG}` is damaged or cannot be read", hint="`docker login` writes it anew")


def unusable(program: str, reason: str, hint: str | None = None) -> BundleError:
    return BundleError("bad_credentials", f"the credential helper `{program}` {reason}", hint=hint)
