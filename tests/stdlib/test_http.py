"""Module http against real servers on the loopback address: what is sent, what is understood, what is refused, and how long it may take."""

from __future__ import annotations

import gc
import gzip
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from urllib.parse import parse_qs, quote, unquote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib import http

import mlpy
from mlpy import config, network
from mlpy.errors import CapabilityDenied, MLError
from mlpy.registry import Registry
from mlpy.runtime.values import display, quoted

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def run(server, code, *, path="/", host="127.0.0.1", grants=None, limits=None, **inputs):
    """The value of a program that knows the server's address as `url` and may connect to it."""
    program = mlpy.compile(f"import http;\n{code}", inputs=["url", *inputs])
    return program.run(inputs={"url": server.url(path, host), **inputs}, grants=grants or [server.grant(host)], limits=limits).value


def failed(server, code, **options):
    """The kind, message and hint of the IOError that a program ends with."""
    with pytest.raises(MLError) as caught:
        run(server, code, **options)
    assert caught.value.type == "IOError", caught.value
    return caught.value.fields["kind"], caught.value.message, caught.value.hint


@pytest.fixture
def trusted(servers, monkeypatch):
    """The authority of the tests is one that this machine trusts."""
    context = ssl.create_default_context(cafile=servers.TLS / "ca.pem")
    context.sslsocket_class = network.SecureLine
    monkeypatch.setattr(network, "contexts", [context])


# ── what is sent ──


def test_a_request_as_the_server_sees_it(serve, servers):
    server = serve(lambda _: servers.reply("ok"))
    run(server, 'http.get(url, query: {q: "a b", n: 1}, headers: {"X-Key": "k1", accept: "text/plain"})', path="/a/./b/../c?x=1#part")
    (request,) = server.requests
    assert (request.method, request.target, request.version) == ("GET", "/a/c?x=1&q=a+b&n=1", "HTTP/1.1")
    assert request.headers == [
        ("host", f"127.0.0.1:{server.port}"),
        ("accept-encoding", "gzip, deflate"),
        ("x-key", "k1"),
        ("accept", "text/plain"),
        ("user-agent", f"mlpy/{config.VERSION}"),
    ]
    assert request.body == b""


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_each_method_arrives_as_itself(serve, servers, method):
    server = serve(lambda request: servers.reply("" if request.method == "HEAD" else "ok"))
    named = f"http.{method.lower()}(url)" if method != "OPTIONS" else "http.request('options', url)"
    assert run(server, f"{named}.status()") == run(server, f"http.request('{method}', url).status()") == 200
    assert [request.method for request in server.requests] == [method, method]


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [
        ('"grüße"', "grüße".encode(), "text/plain; charset=utf-8"),
        ("[0, 255, 10]", b"\x00\xff\n", "application/octet-stream"),
        ('json: {a: [1, null, "ü"]}', '{"a": [1, null, "ü"]}'.encode(), "application/json"),
        ("json: false", b"false", "application/json"),
        ('form: {a: "x y&z", b: [1, 2], c: null}', b"a=x+y%26z&b=1&b=2", "application/x-www-form-urlencoded"),
        ('""', b"", "text/plain; charset=utf-8"),
        ("null", b"", None),
    ],
)
def test_bodies(serve, servers, body, sent, kind):
    server = serve(lambda _: servers.reply())
    for method in ("post", "put", "patch", "delete"):
        run(server, f"http.{method}(url, {body})")
    for request in server.requests:
        assert (request.body, request.header("content-type")) == (sent, kind)
        assert request.header("content-length") == str(len(sent)) or (request.method == "DELETE" and body == "null")
        assert request.header("transfer-encoding") is None


def test_a_type_that_the_program_gives_stays(serve, servers):
    server = serve(lambda _: servers.reply())
    run(server, 'http.post(url, json: {a: 1}, headers: {"Content-Type": "application/ld+json"})')
    assert server.requests[0].header("content-type") == "application/ld+json"


def test_a_large_body_arrives_whole(serve, servers):
    server = serve(lambda request: servers.reply(str(len(request.body))))
    assert run(server, "http.post(url, text).text()", text="é" * 2_000_000) == "4000000"


# ── what is understood ──


def test_an_answer_and_its_members(serve, servers):
    server = serve(lambda _: servers.reply('{"name": "Ada"}\n', "201 Made", content_type="application/json", x_a="1"))
    code = "r = http.get(url); [r.status(), r.statusText(), r.ok(), r.url() == url, r.header('X-A'), r.header('none', 3), r.headers()['x-a'], r.text(), r.json().name, r.body()[0], str(r), r.status_text()]"
    assert run(server, code) == [201, "Made", True, True, "1", 3, "1", '{"name": "Ada"}\n', "Ada", 123, "<Response 201>", "Made"]


@pytest.mark.parametrize(("status", "ok"), [(200, True), (204, True), (299, True), (304, False), (404, False), (500, False)])
def test_a_status_is_no_error(serve, servers, status, ok):
    server = serve(lambda _: servers.reply(status=f"{status} Some", content_length=None if status in (204, 304) else "0"))
    assert run(server, "r = http.get(url); [r.status(), r.ok(), r.text()]") == [status, ok, ""]


def test_answers_without_a_body_leave_the_connection_open(serve, servers):
    answers = {"/204": servers.reply(status="204 No Content", content_length=None), "/304": servers.reply(status="304 Not Modified", content_length="999")}
    server = serve(lambda request: servers.reply(content_length="12345") if request.method == "HEAD" else answers.get(request.target) or servers.reply("last"))
    code = 'r = http.head(url); [r.header("content-length"), r.text(), http.get(url + "204").text(), http.get(url + "304").text(), http.get(url).text()]'
    assert run(server, code) == ["12345", "", "", "", "last"]
    assert server.connections == 1


def test_a_connection_serves_many_requests_of_one_run_and_of_no_other(serve, servers):
    server = serve(lambda _: servers.reply("x" * 100_000))
    assert run(server, "for (i in range(20)) { http.get(url); } 1") == 1
    assert server.connections == 1
    run(server, "http.get(url)")
    assert server.connections == 2


@pytest.mark.parametrize("last", [{"connection": "close"}, {"version": "HTTP/1.0"}])
def test_a_connection_that_the_server_ends_is_not_used_again(serve, servers, last):
    server = serve(lambda _: [servers.reply("ok", **last), None])
    assert run(server, "[http.get(url).text(), http.get(url).text()]") == ["ok", "ok"]
    assert server.connections == 2


def test_http_1_0_without_a_length_ends_with_the_connection(serve, servers):
    server = serve(lambda _: [b"HTTP/1.0 200 OK\r\n\r\nhello ", 0.02, b"world", None])
    assert run(server, "http.get(url).text()") == "hello world"


def test_bodies_in_chunks(serve, servers):
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    server = serve(lambda _: [head, servers.chunked(b"ab", b"c" * 70_000, b"d")])
    assert run(server, "a = http.get(url).text(); b = http.get(url).text(); [a == b, a.length, a[-1]]") == [True, 70_003, "d"]
    assert server.connections == 1


def test_extensions_and_trailers_of_chunks_count_for_nothing(serve):
    server = serve(lambda _: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nx-after: 1\r\n\r\n")
    assert run(server, "r = http.get(url); [r.text(), r.header('x-after')]") == ["abc", None]


def test_interim_answers_are_passed_over(serve, servers):
    server = serve(lambda _: [b"HTTP/1.1 100 Continue\r\n\r\n", servers.reply("ok")])
    assert run(server, "http.get(url).text()") == "ok"


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": lambda data: ("gzip", gzip.compress(data)),
    "x-gzip": lambda data: ("X-GZIP", gzip.compress(data)),
    "two members": lambda data: ("gzip", gzip.compress(data[:100]) + gzip.compress(data[100:])),
    "trailing zeros": lambda data: ("gzip", gzip.compress(data) + b"\0" * 10),
    "deflate": lambda data: ("deflate", zlib.compress(data)),
    "raw deflate": lambda data: ("deflate", raw_deflate(data)),
    "identity": lambda data: ("identity", data),
}


@pytest.mark.parametrize("how", PACKED)
@pytest.mark.parametrize("data", [b"", b"a", b"lorem ipsum " * 50_000], ids=["empty", "one", "long"])
def test_packed_bodies(serve, servers, how, data):
    encoding, packed = PACKED[how](data)
    server = serve(lambda _: servers.reply(packed, content_encoding=encoding))
    assert run(server, "http.get(url).text()") == data.decode()
    server = (
        serve(
            lambda _: [
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-encoding: %s\r\n\r\n" % encoding.encode(),
                servers.chunked(*[packed[at : at + 1] for at in range(len(packed))][:3000], packed[3000:] or b""),
            ]
        )
        if packed[3000:]
        else server
    )
    assert run(server, "http.get(url).text()") == data.decode()


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain", "grüße 😀".encode(), "grüße 😀"),
        ("text/plain; charset=UTF-8", "grüße".encode(), "grüße"),
        ('text/html; charset="iso-8859-1"', "grüße".encode("latin-1"), "grüße"),
        ("text/plain; charset=windows-1252", b"\x80", "€"),
        ("text/plain; charset=utf-16", "grüße".encode("utf-16"), "grüße"),
        ("text/plain; charset=Shift_JIS", "日本".encode("shift_jis"), "日本"),
        ("text/plain", b"a\xffb", "a\ufffdb"),
        ("text/plain; charset=utf-8", b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    ],
)
def test_texts_in_their_encoding(serve, servers, kind, body, text):
    server = serve(lambda _: servers.reply(body, content_type=kind))
    assert run(server, "http.get(url).text()") == text
    assert run(server, "[...http.get(url, stream: true).lines()]") == [text]


@pytest.mark.parametrize("name", ["rot13", "base64", "unicode_escape", "idna", "zip", "../../x", "undefined", "utf-7"])
def test_h2_a_server_names_no_codec_of_python(serve, servers, name):
    server = serve(lambda _: servers.reply("cnhy", content_type=f"text/plain; charset={name}"))
    with pytest.raises(MLError, match="encoding that is not known") as caught:
        run(server, "http.get(url).text()")
    assert caught.value.hint == "`body()` gives the bytes"
    assert run(server, "http.get(url).body().length") == 4


def test_json_that_is_none(serve, servers):
    for body in (b"{oops", b"\xff\xfe", b"", b"NaN"):
        server = serve(lambda _, body=body: servers.reply(body))
        with pytest.raises(MLError) as caught:
            run(server, "http.get(url).json()")
        assert caught.value.type == "ValueError"
    server = serve(lambda _: servers.reply(b"\xef\xbb\xbf[1]"))
    assert run(server, "http.get(url).json()") == [1]


def test_s3_a_malformed_head_puts_no_url_into_the_log_of_the_host(serve, caplog):
    server = serve(lambda _: [b"HTTP/1.1 200 OK\r\nx: 1\r\nfolded: a\r\n  b\r\nno header\r\nafter: 2\r\n\r\nbody", None])
    with caplog.at_level(0):
        assert run(server, "r = http.get(url); [r.header('x'), r.header('folded'), r.text()]", path="/?key=5ecret") == ["1", "a b", "body"]
    assert "5ecret" not in caplog.text


def test_headers_of_one_name_and_cookies(serve):
    server = serve(
        lambda _: b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; HttpOnly\r\nset-cookie: b = x=y ; Secure\r\nset-cookie: broken\r\nVary: a\r\nvary: b\r\ncontent-length: 0\r\n\r\n"
    )
    assert run(server, "r = http.get(url); [r.cookies(), r.header('vary'), r.headers().vary]") == [{"a": "1", "b": "x=y"}, "a, b", "a, b"]
    run(server, "http.get(url); http.get(url)")
    assert [request.header("cookie") for request in server.requests] == [None] * 3  # no request sends what another one was told


# ── streams ──


def test_lines_of_a_stream_are_there_as_they_come(serve, servers):
    more = threading.Event()

    def answer(_):
        yield b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\none\r\n\r\n"
        assert more.wait(5)
        yield b"7\r\n\ntwo\nth\r\n3\r\nree\r\n0\r\n\r\n"

    server = serve(answer)
    engine = mlpy.Engine(functions={"seen": lambda line: more.set() if line == "one" else None})
    program = engine.compile("import http;\nfound = [];\nfor (line in http.get(url, stream: true).lines()) { found.push(line); seen(line); }\nfound", inputs=["url"])
    assert program.run(inputs={"url": server.url()}, grants=[server.grant()]).value == ["one", "", "two", "three"]


@pytest.mark.parametrize("body", ["", "a", "a\n", "a\nb", "a\r\nb\r\n", "\n\n", "é\nü", "a\rb", "x" * 200_000 + "\ny"])
def test_lines_are_those_of_the_text(serve, servers, body):
    expected = body.replace("\r\n", "\n").split("\n")
    expected = expected[:-1] if expected[-1] == "" else expected
    for data in (servers.reply(body), [b"HTTP/1.0 200 OK\r\n\r\n", *[body.encode()[at : at + 7] for at in range(0, min(len(body.encode()), 700), 7)], body.encode()[700:], None]):
        server = serve(lambda _, data=data: data)
        assert run(server, "[...http.get(url).lines()]") == run(server, "[...http.get(url, stream: true).lines()]") == expected


def test_pieces_of_a_stream(serve, servers):
    data = bytes(range(256)) * 2000
    server = serve(lambda _: servers.reply(gzip.compress(data), content_encoding="gzip"))
    code = "n = 0; sum = 0; for (piece in http.get(url, stream: true).chunks()) { n += 1; sum += piece.length; assert(piece.length <= 65536); } [n > 5, sum]"
    assert run(server, code) == [True, len(data)]
    assert run(server, "[...http.get(url).chunks()].length") == 1


def test_a_stream_is_read_once_and_in_one_way(serve, servers):
    server = serve(lambda _: servers.reply("a\nb"))
    for second in ("r.lines()", "r.chunks()", "r.text()", "r.json()"):
        with pytest.raises(MLError, match="read as a stream already"):
            run(server, f"r = http.get(url, stream: true); r.lines(); {second}")
    assert run(server, "r = http.get(url, stream: true); [r.text(), r.text(), [...r.lines()]]") == ["a\nb", "a\nb", ["a", "b"]]


def test_a_stream_may_be_dropped(serve, servers):
    server = serve(lambda _: [servers.reply(content_length="1000000"), b"first\n", 30.0])
    code = "r = http.get(url, stream: true); first = null; for (line in r.lines()) { first = line; break; } r.close(); r.close(); first"
    started = time.perf_counter()
    assert run(server, code) == "first"
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "code",
    ["function first() { return next(http.get(url, stream: true).lines()); }\nfirst()", "lines = http.get(url, stream: true).lines();\nnext(lines)"],
    ids=["with the program", "with its result"],
)
def test_f37_a_stream_ends_with_its_run(serve, servers, code):
    server = serve(lambda _: [servers.reply(content_length="1000000"), b"first\n", 30.0])
    assert run(server, code) == "first"
    gc.collect()
    server.open[0].settimeout(5)
    assert server.open[0].recv(1) == b""  # the end of the connection, not of the time


def test_a_stream_has_no_limit_of_size_but_bytes_of_a_grant(serve, servers):
    server = serve(lambda _: servers.reply(b"x" * 300_000))
    assert run(server, "n = 0; for (p in http.get(url, stream: true, maxSize: 1000).chunks()) { n += p.length; } n") == 300_000
    with pytest.raises(CapabilityDenied, match="bytes=100000"):
        run(server, "n = 0; for (p in http.get(url, stream: true).chunks()) { n += p.length; } n", grants=[f"{server.grant()},bytes=100000"])


# ── redirects ──


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "GET", "GET"), (302, "GET", "GET"), (303, "GET", "GET"), (307, "GET", "GET"), (308, "GET", "GET"),
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"), (308, "POST", "POST"),
        (301, "PUT", "PUT"), (302, "DELETE", "DELETE"), (303, "PUT", "GET"), (303, "HEAD", "HEAD"), (307, "PATCH", "PATCH"),
    ],
)  # fmt: skip
def test_redirects_change_the_method_as_rfc_9110_says(serve, servers, status, method, becomes):
    server = serve(
        lambda request: servers.reply(status=f"{status} There", location="/b?x=1#f") if request.target == "/a" else servers.reply("" if request.method == "HEAD" else "here")
    )
    body = ', "data"' if method not in ("GET", "HEAD") else ""
    code = f'r = http.request("{method}", url{body}, headers: {{"content-language": "de"}}); [r.status(), r.url()]'
    assert run(server, code, path="/a") == [200, server.url("/b?x=1")]
    second = server.requests[1]
    assert (second.method, second.target) == (becomes, "/b?x=1")
    kept = becomes == method
    assert second.body == (b"data" if body and kept else b"")
    assert (second.header("content-language") is not None) == kept
    assert (second.header("content-type") is not None) == bool(body and kept)


def test_at_most_five_redirects(serve, servers):
    server = serve(lambda request: servers.reply(status="302 On", location=str(int(request.target[1:]) - 1)) if request.target != "/0" else servers.reply("end"))
    assert run(server, "http.get(url).text()", path="/5") == "end"
    kind, message, hint = failed(server, "http.get(url)", path="/6")
    assert (kind, message, hint) == ("redirect", f"`127.0.0.1:{server.port}` redirects more than 5 times", "`redirects: 0` gives the first answer")
    assert failed(server, "http.get(url, redirects: 1)", path="/2")[0] == "redirect"
    assert run(server, "r = http.get(url, redirects: 0); [r.status(), r.header('location')]", path="/2") == [302, "1"]


@pytest.mark.parametrize(("place", "target"), [("/café".encode(), "/caf%C3%A9"), (b"/caf%c3%a9?a=\xc3\xbc", "/caf%c3%a9?a=%C3%BC"), (b"/\xff", "/%FF")])
def test_a_place_beyond_ascii_keeps_its_bytes(serve, servers, place, target):
    server = serve(lambda request: b"HTTP/1.1 302 On\r\ncontent-length: 0\r\nlocation: %s\r\n\r\n" % place if request.target == "/" else servers.reply("end"))
    assert run(server, "http.get(url).text()") == "end"
    assert server.requests[1].target == target


def test_a_redirect_without_a_place_is_an_answer(serve, servers):
    server = serve(lambda _: servers.reply("body", status="301 Moved"))
    assert run(server, "r = http.get(url); [r.status(), r.text()]") == [301, "body"]


def test_each_redirect_is_a_use_of_its_own(serve, servers):
    server = serve(lambda request: servers.reply(status="302 On", location="/0") if request.target != "/0" else servers.reply("end"))
    program = mlpy.compile("import http;\nhttp.get(url).text()", inputs=["url"])
    audit = program.run(inputs={"url": server.url("/1")}, grants=[server.grant()]).audit
    assert [(one.capability, one.count, one.decision) for one in audit] == [(server.grant(), 2, "allowed")]
    with pytest.raises(CapabilityDenied, match="count=1"):
        program.run(inputs={"url": server.url("/1")}, grants=[f"{server.grant()},count=1"])


# ── trying again ──


def test_a_request_that_can_do_no_harm_is_sent_again(serve, servers):
    for method, tries in [("get", 3), ("put", 3), ("delete", 3), ("post", 1), ("patch", 1)]:
        server = serve(lambda _: servers.reply(status="503 Busy"))
        assert run(server, f"http.{method}(url).status()") == 503
        assert len(server.requests) == tries, method


def test_a_second_try_may_succeed(serve, servers):
    server = serve(lambda _: servers.reply("ok") if len(server.requests) > 1 else None)
    assert run(server, "http.get(url).text()") == "ok"
    server = serve(lambda _: servers.reply("ok") if len(server.requests) > 1 else None)
    assert failed(server, "http.get(url, retries: 0)")[0] == "closed"
    assert failed(serve(lambda _: None), "http.post(url)")[0] == "closed"


def test_each_try_is_a_use_of_its_own(serve, servers):
    server = serve(lambda _: servers.reply(status="503 Busy"))
    with pytest.raises(CapabilityDenied, match="count=2"):
        run(server, "http.get(url)", grants=[f"{server.grant()},count=2"])
    assert len(server.requests) == 2


def test_a_server_may_ask_for_a_pause(serve, servers):
    server = serve(lambda _: servers.reply("ok") if len(server.requests) > 1 else servers.reply(status="429 Slow", retry_after="1"))
    started = time.perf_counter()
    assert run(server, "http.get(url).text()") == "ok"
    assert time.perf_counter() - started >= 1
    server = serve(lambda _: servers.reply(status="503 Later", retry_after="3600"))
    assert run(server, "http.get(url).status()") == 503
    assert len(server.requests) == 1


def test_a_kept_connection_that_died_is_replaced(serve, servers):
    server = serve(lambda _: [servers.reply("ok"), None])
    assert run(server, "import time; a = http.get(url).text(); time.sleep(0.1); b = http.post(url).text(); [a, b]") == ["ok", "ok"]


# ── what goes wrong ──


def test_nobody_listens(serve, servers):
    server = serve(lambda _: None)
    server.close()
    kind, message, hint = failed(server, "http.get(url)")
    assert (kind, message, hint) == ("refused", f"`127.0.0.1:{server.port}` refused the connection", "check that a server listens there")


def test_an_unknown_name(serve, monkeypatch):
    def resolve(host, port):
        raise network.socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(network, "resolve", resolve)
    server = serve(lambda _: None)
    kind, message, hint = failed(server, "http.get(url)", host="nowhere.example")
    assert (kind, message, hint) == ("dns", "no address is known for `nowhere.example`", "check how the host is spelt")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nab",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 1000, mtime=0)[:-12],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip\r\ncontent-length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"a%d: %s\r\n" % (n, b"b" * 60_000) for n in range(3)) + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000,
    ],
    ids=lambda answer: repr(answer[:60]),
)
def test_answers_that_are_none(serve, answer):
    server = serve(lambda _: [answer, None])
    kind, message, _ = failed(server, "http.get(url, retries: 0).text()")
    assert kind in ("closed", "protocol", "tooLarge")
    assert message.startswith(f"`127.0.0.1:{server.port}`") or "of `127.0.0.1" in message
    assert run(serve(lambda _: [answer, None]), "k = null; try { http.get(url, retries: 0); } except (e) { k = e.kind; } k") == kind


def test_an_answer_that_is_too_large(serve, servers):
    server = serve(lambda _: servers.reply(b"x" * 2000))
    kind, message, hint = failed(server, "http.get(url, maxSize: 1999)")
    assert (kind, message, hint) == ("tooLarge", f"the answer of `127.0.0.1:{server.port}` is larger than 1,999 bytes", "read it with `stream: true`, or allow more with `maxSize`")
    assert run(server, "http.get(url, maxSize: 2000).text().length") == 2000
    assert run(server, "[...http.get(url, maxSize: 10, stream: true).chunks()].length") == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_counted_unpacked_and_never_unpacked_whole(serve, servers, encoding):
    size = 60_000_000
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | (16 if encoding == "gzip" else 0))
    packed = b"".join(packer.compress(b"\0" * 10_000_000) for _ in range(size // 10_000_000)) + packer.flush()
    assert len(packed) < 100_000
    server = serve(lambda _: servers.reply(packed, content_encoding=encoding))
    run(server, "http.get(url, maxSize: 1000, stream: true).close()")
    tracemalloc.start()
    try:
        assert failed(server, "http.get(url)")[0] == "tooLarge"
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


# ── TLS ──


def test_a_secure_connection(serve, servers, trusted):
    server = serve(lambda _: servers.reply("secret" * 100_000), tls="localhost")
    for host in ("localhost", "127.0.0.1"):
        assert run(server, "http.get(url).text().length + http.post(url, text).text().length", host=host, text="x" * 1_000_000) == 1_200_000
    assert server.connections == 2
    assert server.requests[0].header("host") == f"localhost:{server.port}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("expired", "the certificate of `localhost:{}` has expired"),
        ("early", "the certificate of `localhost:{}` is not valid yet"),
        ("other", "the certificate of `localhost:{}` is made out to another name"),
        ("alone", "the certificate of `localhost:{}` is signed by itself alone"),
    ],
)
def test_bad_certificates(serve, servers, trusted, name, message):
    server = serve(lambda _: servers.reply("secret"), tls=name)
    kind, said, _ = failed(server, 'http.get(url, headers: {authorization: "Bearer s3cret"})', host="localhost")
    assert (kind, said) == ("tls", message.format(server.port))
    assert server.requests == []


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no network of version 6")
@pytest.mark.parametrize("tls", [None, "localhost"])
def test_an_address_of_version_6(serve, servers, trusted, tls):
    server = serve(lambda _: servers.reply("six"), host="::1", tls=tls)
    for host in ("[::1]", "[0:0::0:1]"):
        assert run(server, "http.get(url).text()", host=host) == "six"
    assert {request.header("host") for request in server.requests} == {f"[::1]:{server.port}"}


def test_an_address_that_the_certificate_does_not_name(serve, servers, trusted):
    server = serve(lambda _: servers.reply("secret"), tls="expired")
    assert failed(server, "http.get(url)")[0] == "tls"
    server = serve(lambda _: servers.reply("secret"), tls="other")
    assert failed(server, "http.get(url)")[:2] == ("tls", f"the certificate of `127.0.0.1:{server.port}` is made out to another address")


def test_an_authority_that_this_machine_does_not_trust(serve, servers):
    server = serve(lambda _: servers.reply("secret"), tls="localhost")
    kind, message, hint = failed(server, "http.get(url)", host="localhost")
    assert (kind, message) == ("tls", f"the certificate of `localhost:{server.port}` is signed by nobody that this machine trusts")
    assert hint == "ask whoever runs the server; `SSL_CERT_FILE` names a file of authorities to trust"
    assert server.requests == []


def test_an_authority_that_the_environment_names_is_trusted(serve, servers, command, tmp_path):
    server = serve(lambda _: servers.reply("secret"), tls="localhost")
    (tmp_path / "get.ml").write_text(f'import http;\nprint(http.get("{server.url(host="localhost")}").text());\n')
    done = command("run", "--allow", server.grant("localhost"), "get.ml", cwd=tmp_path, env={"SSL_CERT_FILE": str(servers.TLS / "ca.pem")})
    assert (done.code, done.stdout) == (0, "secret\n"), done


def test_plain_http_where_tls_was_asked_for(serve, servers, trusted):
    server = serve(lambda _: None)
    server.exchange = lambda connection: connection.sendall(servers.reply("secret"))
    kind, message, _ = failed(server, "http.get(url.replace('http:', 'https:'), retries: 0)")
    assert (kind, message) == ("tls", f"no secure connection to `127.0.0.1:{server.port}`")


def test_old_versions_of_tls_are_refused(serve, servers, trusted):
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        server = serve(lambda _: servers.reply("secret"), tls="localhost", versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1))
    assert failed(server, "http.get(url, retries: 0)")[0] in ("tls", "closed")
    assert server.requests == []


# ── time ──


def slow_head(_):
    for letter in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 10_000:
        yield bytes([letter])
        yield 0.02


def slow_body(_):
    yield b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"
    for _ in range(100_000):
        yield b"z"
        yield 0.02


def silence(_):
    yield 60.0


HANGING = pytest.mark.parametrize("answer", [silence, slow_head, slow_body], ids=["silence", "a head letter by letter", "a body letter by letter"])
SECURE = pytest.mark.parametrize("tls", [None, "localhost"], ids=["plain", "tls"])


@HANGING
@SECURE
def test_a_request_takes_no_longer_than_its_time(serve, servers, trusted, answer, tls):
    server = serve(answer, tls=tls)
    started = time.perf_counter()
    kind, message, hint = failed(server, "http.get(url, timeout: 0.4)")
    assert (kind, message, hint) == ("timeout", f"`127.0.0.1:{server.port}` did not answer in time", "give more time with `timeout`")
    assert 0.35 < time.perf_counter() - started < 2
    assert len(server.requests) == 1  # what took its time is not tried again


def test_a_stream_may_last_but_not_pause(serve, servers):
    server = serve(lambda _: [b"HTTP/1.1 200 OK\r\n\r\n", *[b"a\n", 0.1] * 8, None])
    assert run(server, "[...http.get(url, stream: true, timeout: 0.4).lines()].length") == 8
    server = serve(lambda _: [b"HTTP/1.1 200 OK\r\n\r\na\n", 2.0, b"b\n", None])
    assert failed(server, "[...http.get(url, stream: true, timeout: 0.4).lines()]")[0] == "timeout"


@HANGING
@SECURE
def test_f14_a_limit_ends_a_request_that_hangs(serve, servers, trusted, answer, tls):
    server = serve(answer, tls=tls)
    started = time.perf_counter()
    with pytest.raises(MLError) as caught:
        run(server, "try { http.get(url); } except (e) { print('caught'); } finally { print('finally'); }", limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 1.5  # 0.3, and a slow machine


def test_f14_a_limit_ends_a_server_that_does_not_read(serve, servers):
    server = serve(lambda _: servers.reply())
    server.exchange = lambda connection: server.closed.wait(30) and False
    started = time.perf_counter()
    with pytest.raises(MLError) as caught:
        run(server, "http.post(url, text)", text="x" * 50_000_000, limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 3


def test_f14_a_limit_ends_the_pause_before_another_try(serve, servers):
    server = serve(lambda _: servers.reply(status="503 Busy", retry_after="4"))
    started = time.perf_counter()
    with pytest.raises(MLError) as caught:
        run(server, "http.get(url)", limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 1.5


# ── whatever a server sends ──

WHOLE = [
    b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-type: text/plain; charset=utf-8\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(b"hello", mtime=0),
    b"HTTP/1.1 302 On\r\nlocation: /next\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nset-cookie: a=b\r\n\r\nhello",
]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_a_server_sends_is_an_answer_or_an_error(servers, data):
    answer = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(answer)))
        answer[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.one_of(st.binary(max_size=4), st.sampled_from([b"\r\n", b"-1", b"0x5", b"99999999999999999999", b":", b" ", b"\n"]))
        )
    server = servers.Loopback(lambda _: [bytes(answer), None])
    code = "r = http.get(url, retries: 0, timeout: 5, stream: stream); [r.status(), r.headers(), r.cookies(), r.statusText(), r.text().length]"
    try:
        for stream in (False, True):
            found = run(server, f"found = null; try {{ {code.replace('[', 'found = [', 1)}; }} except (e) {{ found = [e.type, e.kind, e.message]; }} found", stream=stream)
            assert type(found[0]) is int or found[1] in ("closed", "protocol", "tooLarge", "redirect") or "encoding" in found[2], found
    finally:
        server.close()


def test_a_server_may_answer_before_it_has_the_body(serve, servers):
    server = serve(lambda _: None)

    def exchange(connection):
        connection.recv(1000)
        connection.sendall(servers.reply("no more than a megabyte", status="413 Too Large", connection="close"))
        time.sleep(0.2)
        return False

    server.exchange = exchange
    assert run(server, "r = http.put(url, text); [r.status(), r.text()]", text="x" * 30_000_000) == [413, "no more than a megabyte"]


# ── what it costs ──


def test_the_module_costs_nothing_until_the_first_request(environment):
    program = (
        "import sys, mlpy\n"
        'print(mlpy.run(\'import http;\\nhttp.encodeQuery({a: 1}) + http.decodeURI(http.encodeURI("a b")) + http.parseQuery("x=1").x\'))\n'
        "print(sorted({'urllib3', 'ssl', 'socket', '_ssl', '_socket', 'select', 'http', 'http.client', 'email', 'urllib', 'ipaddress', 'mlpy.network', 'mlpy.stdlib._exchange'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "a=1a b1\n[]\n"


def test_a_refused_request_loads_nothing_either(environment):
    program = (
        "import sys, mlpy\n"
        "try: mlpy.run('import http;\\nhttp.get(\"https://example.com\")')\n"
        "except mlpy.MLError as error: print(error, '|', error.hint)\n"
        "print(sorted({'urllib3', 'ssl', 'socket', 'mlpy.network'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "`net.connect:example.com:443` is not granted | grant it with `--allow net.connect:example.com:443`\n[]\n"


# ── the encoding of URLs ──


@given(TEXTS)
def test_parts_of_urls_are_encoded_as_by_python(text):
    assert http.encode_uri(text) == quote(text, safe="")
    assert http.encode_uri(text, "/:?") == quote(text, safe="/:?")
    assert http.decode_uri(http.encode_uri(text)) == text


@given(st.text("%0aF é/+", max_size=12))
def test_what_can_be_decoded_is_what_python_decodes(text):
    broken = any(len(piece) < 2 or not set(piece[:2]) <= set("0123456789abcdefABCDEF") for piece in text.split("%")[1:])
    try:
        found = http.decode_uri(text)
    except MLError:
        assert broken or "\ufffd" in unquote(text)
    else:
        assert found == unquote(text, errors="strict")


@given(st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.lists(TEXTS))))
def test_queries_are_encoded_as_by_python(query):
    assert http.encode_query(query) == urlencode(query, doseq=True)


@given(st.dictionaries(TEXTS, st.lists(TEXTS, min_size=1)))
def test_queries_are_read_as_by_python(query):
    text = urlencode(query, doseq=True)
    found = http.parse_query("?" + text)
    assert {key: value if type(value) is list else [value] for key, value in found.items()} == parse_qs(text, keep_blank_values=True, max_num_fields=None) == query


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("?", {}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("=a", {"": "a"}),
        ("a=b=c", {"a": "b=c"}),
        ("&&a=1&", {"a": "1"}),
        ("a=1&a=2&a=", {"a": ["1", "2", ""]}),
        ("a=%20+", {"a": "  "}),
    ],
)
def test_queries_at_their_edges(text, found):
    assert http.parse_query(text) == found


@pytest.mark.parametrize("text", ["%", "%4", "%zz", "%ff", "a%", "%C3"])
def test_what_encodes_nothing_is_refused(text):
    for read in (http.decode_uri, http.parse_query):
        with pytest.raises(MLError) as caught:
            read(text)
        assert caught.value.type == "ValueError"


def test_json_and_forms_agree_with_python(serve, servers):
    server = serve(lambda request: servers.reply(request.body))
    value = {"a": [1, 2.5, None, True, "ü\n"], "b": {"c": []}}
    assert run(server, "http.post(url, json: value).json()", value=value) == value == json.loads(server.requests[0].body)


# ── arguments ──


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("http.get(null)", "TypeError"),
        ("http.get([url])", "TypeError"),
        ("http.get()", "ArityError"),
        ("http.get(url, {})", "ArityError"),
        ('http.get(url, headers: "x")', "TypeError"),
        ("http.get(url, headers: {a: 1})", "TypeError"),
        ('http.get(url, headers: {"": "x"})', "ValueError"),
        ('http.get(url, query: "a=1")', "TypeError"),
        ("http.get(url, query: {a: {}})", "TypeError"),
        ('http.get(url, timeout: "1")', "TypeError"),
        ("http.get(url, timeout: true)", "TypeError"),
        ("http.get(url, timeout: 0)", "ValueError"),
        ("http.get(url, timeout: 1e9)", "ValueError"),
        ("http.get(url, timeout: math.nan)", "ValueError"),
        ("http.get(url, connectTimeout: -1)", "ValueError"),
        ("http.get(url, maxSize: 1.5)", "TypeError"),
        ("http.get(url, maxSize: null)", "TypeError"),
        ("http.get(url, maxSize: 10 ** 12)", "ValueError"),
        ("http.get(url, redirects: 6)", "ValueError"),
        ("http.get(url, retries: -1)", "ValueError"),
        ("http.get(url, stream: 1)", "TypeError"),
        ("long = {}; long['x' * 257] = 'v'; http.get(url, headers: long)", "ValueError"),
        ("http.post(url, 1)", "TypeError"),
        ("http.post(url, [256])", "ValueError"),
        ("http.post(url, ['a'])", "TypeError"),
        ("http.post(url, [true])", "TypeError"),
        ('http.post(url, "a", json: 1)', "ValueError"),
        ("http.post(url, form: {}, json: 1)", "ValueError"),
        ("http.post(url, json: math.nan)", "ValueError"),
        ("http.post(url, retries: 1)", "ArityError"),
        ('http.request("TRACE", url)', "ValueError"),
        ('http.request("CONNECT", url)', "ValueError"),
        ("http.request(1, url)", "TypeError"),
        ("http.encodeURI(1)", "TypeError"),
        ("http.encodeURI('x'.repeat(5000001))", "ValueError"),
        ("http.decodeURI('%'.repeat(5000001))", "ValueError"),
        ("http.parseQuery('&'.repeat(100000))", "ValueError"),
        ("http.encodeQuery({a: 'x'.repeat(5000001)})", "ValueError"),
        ("http.get(url, query: {a: 'x'.repeat(9000)})", "ValueError"),
        ("http.decodeURI(null)", "TypeError"),
        ("http.encodeQuery([])", "TypeError"),
        ("http.encodeQuery({a: {b: 1}})", "TypeError"),
        ("http.parseQuery({})", "TypeError"),
        ("http.get(url).header(1)", "TypeError"),
    ],
)
def test_wrong_arguments_are_errors_of_their_kind(serve, servers, code, kind):
    server = serve(lambda _: servers.reply("ok"))
    with pytest.raises(MLError) as caught:
        run(server, f"import math;\n{code}")
    assert caught.value.type == kind, caught.value
    assert len(server.requests) == (1 if "header(1)" in code else 0)


# ── what the pages show ──

PAGE = Registry().info("http")
SHOWN = [one for own in (PAGE.members, *PAGE.classes.values()) for member in own.values() for one in member.examples if "url" in one]


@pytest.mark.parametrize("example", SHOWN)
def test_an_example_gives_what_it_says(serve, servers, example):
    server = serve(lambda request: servers.reply("" if request.method == "HEAD" else '{"name": "Ada"}', content_type="application/json", set_cookie="session=1"))
    code, said = example.strip("`").split("` → `")
    value = run(server, code, path="/users")
    assert said in (quoted(value), display(value))


def test_the_program_of_the_guide_runs(serve, servers):
    server = serve(lambda request: servers.reply('[{"name": "Ada"}, {"name": "Bo"}]' if request.target == "/users?active=true" else "", content_type="application/json"))
    code = PAGE.doc.split("```ml\n")[2].partition("```")[0]
    program = mlpy.compile(code.replace("https://api.example.com", server.url("")))
    assert program.run(grants=[server.grant()]).output == "Ada\nBo\n"
    assert server.requests[0].header("accept") == "application/json"
