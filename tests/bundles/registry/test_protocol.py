"""What registries demand and do: logins, tokens, broken connections, waits, pages, mounts; against a small one of the tests that speaks the protocol."""

from __future__ import annotations

import base64
import json
import os
import threading

import pytest
from mlpy.extensions.bundles import transport, uploads
from mlpy.extensions.bundles.authorization import challenges
from mlpy.extensions.bundles.failures import BundleError
from mlpy.extensions.bundles.references import Reference
from mlpy.extensions.bundles.transport import Transport

from mlpy import retries
from mlpy.crew import Crew
from mlpy.urls import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

BIG = "data/deep/er/values.bin"
SECRET = "pass:word ÿ"  # as a login may be


def log_in(home: Path, registry: str, user: str = "ada", password: str = SECRET, **other: object) -> None:
    packed = base64.b64encode(f"{user}:{password}".encode()).decode()
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps({"auths": {registry: {"auth": packed, **other}}}))


def helper(home: Path, monkeypatch, name: str, script: str) -> None:
    """A credential helper on the path, which notes what it was asked."""
    path = home / f"docker-credential-{name}"
    path.write_text(f'#!/bin/sh\nread server\necho "$1 $server" >> {home}/asked\n{script}\n')
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")


# ── who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_a_login_of_docker_opens_a_registry(auth, small, project, answer, home, tmp_path):
    small.auth, small.logins = auth, {"ada": SECRET}
    log_in(home, small.address)
    assert answer("push", f"{small.address}/a/b")[0] == 0
    assert answer("pull", f"{small.address}/a/b", tmp_path / "pulled")[0] == 0
    shown = {asked.headers.get("authorization", "").partition(" ")[0] for asked in small.asked if asked.path.startswith("/v2/")}
    assert shown == {"", auth.capitalize()}
    if auth == "bearer":  # a login goes where tokens are, and there alone; a token serves all that follows
        assert len(small.lines("/token")) == 2
        assert {scope for _, scope in small.tokens.values()} == {"repository:a/b:pull,push", "repository:a/b:pull"}


@pytest.mark.parametrize("auth", ["basic", "bearer"])
@pytest.mark.parametrize("known", [True, False])
def test_without_the_right_login_there_is_nothing(auth, known, small, project, answer, home, capsys):
    small.auth, small.logins = auth, {"ada": SECRET}
    if known:
        log_in(home, small.address, password="secret-guess")
    code, record = answer("push", f"{small.address}/a/b")
    assert (code, record["error"]["type"]) == (3, "unauthorized")
    assert record["error"]["detail"]["hint"].startswith(f"`docker login {small.address}`")
    assert "secret-guess" not in json.dumps(record) + capsys.readouterr().err
    assert len(small.asked) <= 4  # nobody tries on and on


def test_a_token_that_ends_is_renewed_and_a_registry_for_all_gives_tokens_to_all(small, project, answer):
    small.auth, small.lives = "bearer", 8
    code, record = answer("push", f"{small.address}/a/b")
    assert (code, record["data"]["blobs"]["uploaded"]) == (0, 6)
    assert len(small.tokens) > 2


def test_a_token_of_a_login_is_exchanged(small, project, answer, home):
    small.auth, small.refresh, small.logins = "bearer", "long-lived", {"x": "y"}
    log_in(home, f"http://{small.address}/v2/", identitytoken="long-lived")
    assert answer("push", f"{small.address}/a/b")[0] == 0
    assert small.lines("/token") == ["POST /token"]


@pytest.mark.parametrize("way", ["credHelpers", "credsStore"])
def test_a_helper_is_asked(way, small, project, answer, home, monkeypatch):
    small.auth, small.logins = "basic", {"ada": SECRET}
    helper(home, monkeypatch, "test", f"""printf '%s' '{json.dumps({"ServerURL": small.address, "Username": "ada", "Secret": SECRET})}'""")
    (home / "own").mkdir()
    (home / "own/config.json").write_text(json.dumps({"credHelpers": {small.address: "test"}} if way == "credHelpers" else {"credsStore": "test"}))
    monkeypatch.setenv("DOCKER_CONFIG", str(home / "own"))
    assert answer("push", f"{small.address}/a/b")[0] == 0
    assert (home / "asked").read_text() == f"get {small.address}\n"  # once


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'credentials not found in native keychain'; exit 1", "wants to know who asks"),
        ("echo secret-words >&2; exit 3", "`docker-credential-test` ended with 3"),
        ("echo '[]'", "`docker-credential-test` answered with something else than a login"),
        (None, "`docker-credential-test` cannot be run"),
    ],
)
def test_a_helper_that_does_not_help(script, message, small, project, answer, home, monkeypatch):
    small.auth, small.logins = "basic", {"ada": SECRET}
    if script:
        helper(home, monkeypatch, "test", script)
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text('{"credsStore": "test"}')
    code, record = answer("push", f"{small.address}/a/b")
    assert code in (1, 3)
    assert message in record["error"]["message"]
    assert "secret-words" not in json.dumps(record)


@pytest.mark.parametrize("text", ["{", "[]", '{"auths": {"REGISTRY": {"auth": "%"}}}', '{"credHelpers": {"REGISTRY": "../../bin/sh"}}'])
def test_a_damaged_configuration_is_said_to_be(text, small, project, answer, home):
    small.auth = "basic"
    (home / ".docker").mkdir()
    (home / ".docker/config.json").write_text(text.replace("REGISTRY", small.address))
    code, record = answer("push", f"{small.address}/a/b")
    assert (code, record["error"]["type"]) == (1, "bad_credentials")


def test_challenges_are_read_as_they_are_written():
    text = r'Basic realm="a, b", Bearer realm="https://x/t?a=b",service=plain, scope="a:b \"c\""'
    assert challenges(text) == {"basic": {"realm": "a, b"}, "bearer": {"realm": "https://x/t?a=b", "service": "plain", "scope": 'a:b "c"'}}
    assert challenges("") == {}


def test_who_asks_is_told_to_nobody_else(oci, small, project, answer, home, tmp_path):
    """Contents lie elsewhere in many registries; what is sent there is no login."""
    other = oci.Small()
    try:
        small.auth, small.logins = "basic", {"ada": SECRET}
        log_in(home, small.address)
        answer("push", f"{small.address}/a/b")
        small.elsewhere, other.blobs = other, small.blobs
        assert answer("pull", f"{small.address}/a/b", tmp_path / "pulled")[0] == 0
        assert (tmp_path / "pulled" / BIG).read_bytes() == (project / BIG).read_bytes()
        assert len(other.asked) == 4
        assert not any("authorization" in asked.headers for asked in other.asked)
    finally:
        other.close()


# ── where it may be asked ────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_goes_unencrypted_but_to_this_machine():
    crew = Crew("test")
    schemes = {host: Transport(host, crew).root.scheme for host in ("localhost:5000", "127.8.9.1", "[::1]:1", "registry.example.org", "127.example.org", "10.0.0.1:5000")}
    assert schemes == {"localhost:5000": "http", "127.8.9.1": "http", "[::1]:1": "http", "registry.example.org": "https", "127.example.org": "https", "10.0.0.1:5000": "https"}
    assert Transport("registry.example.org", crew, plain_http=True).root.scheme == "http"
    for registry, target, refused in (("r.example.org", "http://r.example.org/x", True), ("localhost:1", "http://10.0.0.1/x", True), ("r.example.org", "http://localhost/x", True), ("localhost:1", "http://[::1]:2/x", False)):
        asked = Transport(registry, crew)
        if refused:
            with pytest.raises(BundleError, match="not encrypted"):
                asked.join(asked.root, target)
        else:
            assert str(asked.join(asked.root, target)) == target


@pytest.mark.parametrize(
    ("certificate", "message"),
    [("localhost", None), ("expired", "has expired"), ("other", "is made out to another name"), ("alone", "is signed by itself alone"), (None, "does not encrypt what goes there")],
)
def test_a_registry_elsewhere_is_asked_over_tls(certificate, message, oci, servers, project, answer, home, tmp_path, monkeypatch):
    """As if this machine were another one: tokens and contents go encrypted, and to nobody who cannot show who it is."""
    monkeypatch.setattr(transport, "is_loopback", lambda _: False)
    monkeypatch.setenv("SSL_CERT_FILE", str(servers.TLS / "ca.pem"))
    registry = oci.Small(servers.TLS / f"{certificate}.pem" if certificate else None)
    try:
        registry.auth, registry.logins = "bearer", {"ada": SECRET}
        log_in(home, registry.address)
        code, record = answer("push", f"{registry.address}/a/b")
        if message is None:
            assert (code, answer("pull", f"{registry.address}/a/b", tmp_path / "pulled")[0]) == (0, 0)
        else:
            assert (code, record["error"]["type"]) == (3, "insecure")
            assert record["error"]["message"].endswith(message)
            assert registry.asked == []
    finally:
        registry.close()


def test_the_hub_is_where_it_is_and_a_proxy_is_asked_for_others(oci, small, monkeypatch):
    assert Transport("docker.io", Crew("test")).root.host == "registry-1.docker.io"
    before = oci.Proxy(small.address)
    try:
        monkeypatch.setenv("http_proxy", before.url)
        asked = Transport("registry.test:80", Crew("test"), plain_http=True)
        assert asked.send("GET", asked.root, {}).status == 404
        assert before.lines() == ["GET http://registry.test/v2/"]
        monkeypatch.setenv("no_proxy", "registry.test")
        assert Transport("registry.test:80", Crew("test"), plain_http=True).proxies == {}
    finally:
        before.close()


# ── what may pass ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def chunked(monkeypatch):
    monkeypatch.setattr(uploads, "CHUNK", 100_000)


def test_a_large_content_goes_in_chunks_and_on_from_where_the_connection_broke(chunked, small, project, answer):
    size = (project / BIG).stat().st_size
    cut = small.fail("PATCH", take=30_000, times=1)
    assert answer("push", f"{small.address}/a/b")[0] == cut.times == 0
    patches = [(asked.headers["content-range"], asked.size) for asked in small.asked if asked.method == "PATCH"]
    assert patches == [("0-99999", 30_000), ("30000-129999", 100_000), ("130000-229999", 100_000), (f"230000-{size - 1}", size - 230_000)]
    assert small.lines("GET .*/uploads/")
    assert "state=a%2Fb&digest=" in small.lines("PUT .*/uploads/upload-")[-1] or small.lines("PUT .*state=a%2Fb&digest=")


@pytest.mark.parametrize(("taken", "starts"), [(0, ["0", "100000", "100000", "200000"]), (30_000, ["0", "100000", "0", "100000", "200000"])])
def test_debians_registry_gets_the_rest_or_where_half_a_chunk_came_all_of_it(taken, starts, chunked, oci, proxy, project, answer, name, tmp_path):
    cut = proxy.fail("PATCH", take=taken, skip=1)
    assert answer("push", f"{proxy.address}/{name}")[0] == cut.times == 0
    assert [asked.headers["content-range"].partition("-")[0] for asked in proxy.asked if asked.method == "PATCH"] == starts
    assert answer("pull", f"{proxy.address}/{name}", tmp_path / "pulled")[0] == 0
    assert (tmp_path / "pulled" / BIG).read_bytes() == (project / BIG).read_bytes()


def test_an_upload_that_the_registry_has_lost_begins_anew(chunked, small, project, answer):
    small.fail("PATCH", take=30_000)
    small.fail("GET .*/uploads/", status=404)
    assert answer("push", f"{small.address}/a/b")[0] == 0
    begun = [asked.headers["content-range"].partition("-")[0] for asked in small.asked if asked.method == "PATCH"]
    assert begun == ["0", "0", "100000", "200000"]


def test_an_answer_that_got_lost_is_no_second_upload(small, project, answer, oci):
    """The registry has taken the content, and the connection breaks before it can say so."""
    digest = oci.digest_of((project / BIG).read_bytes())
    small.fail(f"PUT .*{digest}", give=0, change=lambda _: b"x")
    assert answer("push", f"{small.address}/a/b")[0] == 0
    assert len(small.lines(f"PUT .*{digest}")) == 1


def test_a_registry_names_the_least_that_a_chunk_may_have(chunked, small, project, answer):
    small.minimum = "200000"
    assert answer("push", f"{small.address}/a/b")[0] == 0
    assert [asked.size for asked in small.asked if asked.method == "PATCH"] == [200_000, 56_000]


def test_a_download_goes_on_where_the_connection_broke(small, project, answer, oci, tmp_path):
    answer("push", f"{small.address}/a/b")
    digest = oci.digest_of((project / BIG).read_bytes())
    small.fail(f"GET .*{digest}", give=100_000)
    small.asked.clear()
    assert answer("pull", f"{small.address}/a/b", tmp_path / "pulled")[0] == 0
    ranges = [asked.headers.get("range") for asked in small.asked if digest in asked.path]
    assert ranges in [[None, f"bytes={kept}-255999"] for kept in (transport.PIECE, 100_000)]  # urllib3 may lose what is less than a piece
    assert (tmp_path / "pulled" / BIG).read_bytes() == (project / BIG).read_bytes()


def test_a_registry_that_is_busy_is_asked_again(small, project, answer):
    small.fail("POST", status=503, times=2)
    small.fail("PUT .*/manifests", status=429, headers={"Retry-After": "0"}, times=2)
    small.fail("HEAD", status=500, times=1)
    assert answer("push", f"{small.address}/a/b")[0] == 0


@pytest.mark.parametrize(("status", "headers", "kind", "asked"), [(503, {}, "network_error", retries.TRIES), (429, {"Retry-After": "99999"}, "rate_limited", 1), (403, {}, "unauthorized", 1), (418, {}, "bad_answer", 1)])
def test_a_registry_that_stays_so_is_left(status, headers, kind, asked, small, answer):
    small.fail("tags", status=status, headers=headers, times=99)
    code, record = answer("tags", f"{small.address}/a/b")
    assert (code, record["error"]["type"], len(small.asked)) == (3 if status == 403 else 5, kind, asked)
    assert "the words of the registry" not in json.dumps(record)


@pytest.mark.parametrize(
    ("pattern", "status", "headers"),
    [
        ("tags", 401, {"WWW-Authenticate": 'Bearer realm="ftp://x/"'}),
        ("tags", 401, {"WWW-Authenticate": f'Bearer realm="http://127.0.0.1/{"a" * 8200}"'}),
        ("tags", 307, {"Location": "http://user:password@127.0.0.1/"}),
        ("tags", 307, {"Location": "/v2/a/b/tags/list?n=100"}),
        ("POST", 202, {}),
        ("POST", 202, {"Location": f"/{'a' * 8150}"}),
        ("PUT .*/manifests", 201, {"Docker-Content-Digest": "sha256:" + "0" * 64}),
    ],
)
def test_answers_that_make_no_sense_are_said_to_make_none(pattern, status, headers, small, project, answer):
    small.fail(pattern, status=status, headers=headers, times=9)
    code, record = answer("tags" if pattern == "tags" else "push", f"{small.address}/a/b")
    assert (code, record["error"]["type"]) in ((5, "bad_answer"), (1, "digest_mismatch"))


def test_nobody_there_is_said_at_once_and_silence_after_a_while(oci, answer, small, monkeypatch):
    gone = oci.Small()
    gone.close()
    with monkeypatch.context() as patched:
        patched.setattr(Crew, "pause", lambda *_: pytest.fail("another try follows"))
        code, record = answer("tags", f"{gone.address}/a/b")
    assert (code, record["error"]["type"], record["error"]["retryable"]) == (5, "network_error", True)
    assert record["error"]["message"] == f"the registry `{gone.address}` cannot be reached"
    monkeypatch.setattr(transport, "PATIENCE", 0.2)
    monkeypatch.setattr(retries, "TRIES", 2)
    small.fail("tags", give=0, change=lambda _: b"x", hold=threading.Event(), times=9)
    code, record = answer("tags", f"{small.address}/a/b")
    assert (code, record["error"]["message"]) == (5, f"the registry `{small.address}` was silent for too long")


# ── pages, mounts, and what would be done ────────────────────────────────────────────────────────────────────────


def test_tags_come_in_pages(small, answer):
    for number in range(7):
        small.add("a/b", {}, tag=f"v{number}")
    small.page = 2
    assert answer("tags", f"{small.address}/a/b")[1]["data"]["tags"] == [f"v{number}" for number in range(7)]
    assert len(small.asked) == 4
    for link in ("</v2/a/b/tags/list?n=100>; rel=next", '<http://127.0.0.2/x>; rel="next"'):
        small.fail("tags", status=200, headers={"Link": link}, times=1, change=lambda _: b'{"tags": null}')
        code, record = answer("tags", f"{small.address}/a/b")
        assert (code, record["error"]["type"]) == (5, "bad_answer")
    assert answer("tags", f"{small.address}/no/such")[1]["error"]["type"] == "not_found"


def test_a_dry_run_writes_nothing_and_tells_what_a_push_would_do(small, project, answer):
    small.auth, small.logins = "bearer", {}
    code, record = answer("push", f"{small.address}/a/b", "--dry-run")
    assert (code, small.writes()) == (0, [])
    assert {scope for _, scope in small.tokens.values()} == {"repository:a/b:pull"}
    done = answer("push", f"{small.address}/a/b")[1]["data"]
    assert {**record["data"], "dry_run": False} == done
    assert answer("push", f"{small.address}/a/b", "--dry-run")[1]["data"]["blobs"] == {"uploaded": 0, "mounted": 0, "present": 6}


def test_contents_are_taken_from_another_repository_of_the_registry(docker, project, answer, name):
    answer("push", f"{docker.address}/{name}-one")
    code, record = answer("push", f"{docker.address}/{name}-two", "--mount", f"{name}-one")
    assert (code, record["data"]["blobs"], record["data"]["bytes_uploaded"]) == (0, {"uploaded": 0, "mounted": 6, "present": 0}, 0)
    assert answer("push", f"{docker.address}/x", "--mount", "No Name")[1]["error"]["type"] == "bad_reference"


def test_where_to_push_stands_in_the_settings(small, project, answer):
    assert answer("push")[1]["error"]["type"] == "no_registry"
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace("files =", f'registry = "{small.address}/a/b"\nfiles ='))
    assert answer("push", "--tag", "2")[0] == 0
    assert answer("tags")[1]["data"] == {"repository": f"{small.address}/a/b", "tags": ["2"]}
    assert answer("push", f"{small.address}/a/b@sha256:{'0' * 64}")[1]["error"]["type"] == "bad_reference"


def test_a_file_that_changes_meanwhile_is_not_pushed(small, project, answer, monkeypatch):
    """What arrives under a digest has that digest, or nothing arrives: the registry looks, and the file is looked at again."""
    begin = uploads.Upload.begin

    def changing(self, mount=None):
        (project / BIG).write_bytes(b"x" * 256_000)
        return begin(self, mount)

    monkeypatch.setattr(uploads.Upload, "begin", changing)
    code, record = answer("push", f"{small.address}/a/b")
    assert (code, record["error"]["type"], record["error"]["message"]) == (1, "file_changed", f"`{BIG}` was changed while it was pushed")
    assert "a/b" not in small.manifests or "latest" not in small.manifests["a/b"]


@pytest.mark.parametrize(
    "text",
    ["a/b", "http://x.y/a", "x.y/A", "x.y/", "x.y", "x.y/a:", "x.y/a:-1", "x.y/a@sha256:1", "x.y/a:b@sha256:" + "0" * 64, "u:p@x.y/a", "x.y:0/a", "1.2.3:5/a", "localhost/a/../b", "x.y/a:" + "b" * 129, "x.y/" + "a" * 999, "é.y/a"],
)  # fmt: skip
def test_what_is_no_reference(text):
    with pytest.raises(BundleError) as caught:
        Reference.parse(text)
    assert (caught.value.type, caught.value.code) == ("bad_reference", 2)
    assert caught.value.hint


def test_references_are_taken_apart():
    digest = "sha256:" + "0" * 64
    assert Reference.parse("oci://LocalHost:5000/a/b:1.0") == Reference("localhost:5000", "a/b", "1.0")
    assert Reference.parse(f"[::1]:5000/x@{digest}") == Reference("[::1]:5000", "x", None, digest)
    assert Reference.parse("ghcr.io/a__b/c-d").text == "ghcr.io/a__b/c-d:latest"
    assert parse("http://x/v2/").origin == Transport("x", Crew("test"), plain_http=True).root.origin
