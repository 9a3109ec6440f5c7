"""Where requests may lead (U1, U2): one reading of a URL, names that lead inward, redirects, credentials, injections, and waits that end."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
import sys
import threading
import time
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

import mlpy
from mlpy import addresses, network, urls
from mlpy.capabilities import Grants
from mlpy.errors import CapabilityDenied, MLError
from mlpy.runtime.current import current

GET = "import http;\nhttp.get(url).text()"
ANYWHERE = "net.connect:*"


def program(code, *, grants, limits=None, functions=None, **inputs):
    made = mlpy.Engine(functions=functions or {}).compile(f"import http;\n{code}", inputs=[*inputs])
    return made.run(inputs=inputs, grants=grants, limits=limits)


def refused(code, *, grants, **inputs):
    """The refusal that a program ends with."""
    with pytest.raises(CapabilityDenied) as caught:
        program(code, grants=grants, **inputs)
    return caught.value


@pytest.fixture
def names(monkeypatch):
    """`names["a.example"] = [["1.2.3.4"], ["127.0.0.1"]]`: what a name leads to the first, the second … time; `names.asked` counts."""

    class Names(dict):
        asked: list[str]

    known = Names(asked=[])
    known.asked = []

    def resolve(host, _port):
        answers = known.get(host)
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        known.asked.append(host)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(network, "resolve", resolve)
    return known


@pytest.fixture
def world(monkeypatch):
    """Every address beyond this machine leads to the loopback address; a list of those that were connected to."""
    reached = []
    begin = network.begin

    def lead(address, port):
        reached.append(address)
        return begin("127.0.0.1", port)

    monkeypatch.setattr(network, "begin", lead)
    return reached


# ── one reading of a URL (U1) ──

AMBIGUOUS = [
    "http://good.example@evil.example/",
    "http://user:secret@evil.example/",
    "http://@evil.example/",
    "http://good.example\\@evil.example/",
    "http:\\\\evil.example\\",
    "http://good.example\\.evil.example/",
    "http://evil.example /",
    " http://evil.example/",
    "http://evil.example/\r\nx: y",
    "http://evil.example/\tx",
    "http://evil.\texample/",
    "http://evil.example/\x00",
    "http://evil.example/\x7f",
    "http://evil.example/\u2028",
    "http://evil\u3002example/",
    "http://ⓔvil.example/",
    "http://evil.example\uff0f@good.example/",
    "http://münchen.example/",
    "http://xn--\u0131.example/",
    "http://evil%2eexample/",
    "http://%65vil.example/",
    "http://evil.example%00.good.example/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.256/",
    "http://127.0.0.0x1/",
    "http://evil.example.0x/",
    "http://1.2.3.4.5/",
    "http://٠.٠.٠.٠/",
    "http://[::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[::ffff:127.0.0.01]/",
    "http://[127.0.0.1]/",
    "http://[::1]evil.example/",
    "http://[::1",
    "http://[]/",
    "http://::1/",
    "http://evil.example:80:80/",
    "http://evil.example:0/",
    "http://evil.example:65536/",
    "http://evil.example:-1/",
    "http://evil.example:8_0/",
    "http://evil.example:٨٠/",
    "http://evil.example:+80/",
    "http://evil..example/",
    "http://.evil.example/",
    "http://evil.example../",
    "http://*.example/",
    "http://*/",
    "http://{url}/",
    "http://a,b/",
    "http://",
    "http:///path",
    "http:evil.example",
    "//evil.example/",
    "evil.example",
    "file:///etc/passwd",
    "ftp://evil.example/",
    "gopher://evil.example/",
    "javascript://evil.example/%0aalert(1)",
    "unix:///run/docker.sock",
    "http+unix://%2Frun%2Fdocker.sock/",
    "data:text/plain,x",
    "http://evil.example/%",
    "http://evil.example/%zz",
    "http://evil.example/?%4",
    "http://" + "a" * 64 + ".example/",
    "http://" + "a." * 130 + "example/",
    "http://evil.example/" + "a" * 9000,
    "",
]


@pytest.mark.parametrize("url", AMBIGUOUS)
def test_u1_what_can_be_read_in_two_ways_is_refused(url):
    for grants in ([], [ANYWHERE]):
        with pytest.raises(MLError) as caught:
            program("http.get(url)", grants=grants, url=url)
        assert caught.value.type == "ValueError", caught.value
        assert not url.isascii() or len(url) < 10 or url not in caught.value.message


@pytest.mark.parametrize(
    ("url", "rebuilt", "address"),
    [
        ("HTTP://EXAMPLE.com", "http://example.com/", "example.com:80"),
        ("https://example.com.:443/#frag", "https://example.com/", "example.com:443"),
        ("http://example.com:443/", "http://example.com:443/", "example.com:443"),
        ("https://example.com:/x", "https://example.com/x", "example.com:443"),
        ("http://example.com:080/", "http://example.com/", "example.com:80"),
        ("http://a/b/../../../c/./d/..", "http://a/c/", "a:80"),
        ("http://a/%2e%2E/%2e/x/.%2e/y", "http://a/y", "a:80"),
        ("http://a?q=1/../2#x?y", "http://a/?q=1/../2", "a:80"),
        ("http://a/ü?ö=<é>\"'|{}^`", "http://a/%C3%BC?%C3%B6=%3C%C3%A9%3E%22'%7C%7B%7D%5E%60", "a:80"),
        ("http://a//b//c", "http://a//b//c", "a:80"),
        ("http://a/b:c@d", "http://a/b:c@d", "a:80"),
        ("http://[2001:DB8:0:0::1]:8080/", "http://[2001:db8::1]:8080/", "[2001:db8::1]:8080"),
        ("http://[::FFFF:127.0.0.1]/", "http://127.0.0.1/", "127.0.0.1:80"),
        ("http://[::ffff:7f00:1]/", "http://127.0.0.1/", "127.0.0.1:80"),
        ("http://my_host-1/", "http://my_host-1/", "my_host-1:80"),
    ],
)
def test_u1_a_url_is_rebuilt_from_its_parts(url, rebuilt, address):
    assert (str(urls.parse(url)), urls.address(url)) == (rebuilt, address)
    assert str(urls.parse(rebuilt)) == rebuilt


@given(st.text("htps:/@.[]%\\?#a1-0x ü:&=+~", max_size=30))
def test_u1_other_readers_see_the_same_place(rest):
    try:
        found = urls.parse("http://" + rest)
    except MLError:
        return
    for reader in (urlsplit, parse_url):
        seen = reader(str(found))
        assert ((seen.hostname or seen.host) if reader is urlsplit else seen.host.strip("[]"), seen.port or 80) == (found.host, found.port)
    assert str(urls.parse(str(found))) == str(found)
    assert "/../" not in found.target.partition("?")[0] + "/"


@pytest.mark.parametrize("reference", ["//other/x", "/x", "x", "?x", "#x", "", "../../x", "http://other/x", "HTTPS://other", "./x:y"])
def test_references_lead_where_rfc_3986_says(reference):
    base = urls.parse("http://host:8080/a/b/c?q=1")
    assert str(urls.join(base, reference)) == str(urls.parse(urljoin(str(base), reference)))
    assert str(urls.join(base, "x/../..//y")) == "http://host:8080/a//y"  # where Python would drop the empty segment


@pytest.mark.parametrize(
    "reference", ["http:x", "\\\\evil\\x", "/\\evil", "javascript:x", "file:///etc/passwd", "http://user@evil/", "//user@evil/", "/a b", "/\r\nx: y", "data:x"]
)
def test_references_that_can_be_read_in_two_ways_are_refused(reference):
    with pytest.raises(MLError):
        urls.join(urls.parse("http://host/"), reference)


# ── which addresses are public (U2) ──


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.192", "192.168.1.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
        "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808", "100::1", "3fff::1", "5f00::1", "4000::1",
    ],
)  # fmt: skip
def test_u2_addresses_that_are_not_public(address):
    assert not addresses.is_public(address)
    text = f"net.connect:{urls.bracketed(address)}:80"
    for wide in (ANYWHERE, "net.connect", "net.connect:*:80", "net.connect:*:*"):
        assert not Grants([wide]).allows(text)
    assert Grants([text]).allows(text)
    assert not Grants([text, ANYWHERE], deny=[ANYWHERE]).allows(text)
    assert Grants([text]).narrow([ANYWHERE]).allows(text)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "169.253.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00::1",
        "64:ff9b::808:808",
    ],
)
def test_u2_addresses_that_are_public(address):
    assert addresses.is_public(address)
    assert Grants([ANYWHERE]).allows(f"net.connect:{urls.bracketed(address)}:80")


@given(st.ip_addresses())
def test_u2_what_is_public_is_so_for_python_too(address):
    plain = addresses.plain(str(address))
    assert plain is not None
    if addresses.is_public(plain):
        assert ipaddress.ip_address(plain).is_global
        assert not ipaddress.ip_address(plain).is_multicast
        assert not ipaddress.ip_address(plain).is_private


@pytest.mark.parametrize(("written", "other"), [("[::1]:80", "[0:0:0:0:0:0:0:1]:80"), ("127.0.0.1:80", "[::ffff:127.0.0.1]:80"), ("[2001:db8::a]:80", "[2001:DB8:0::A]:80")])
def test_one_address_is_granted_in_each_of_its_spellings(written, other):
    for a, b in ((written, other), (other, written)):
        assert Grants([f"net.connect:{a}"]).allows(f"net.connect:{b}")
        assert not Grants([f"net.connect:{a}"], deny=[f"net.connect:{b}"]).allows(f"net.connect:{a}")


@pytest.mark.parametrize("text", ["127.1:80", "0177.0.0.1:80", "2130706433:80", "0x7f000001:80", "127.0.0.0x1:80", "[::1%lo]:80", "[127.0.0.1]:80", "[x]:80", "[]:80"])
def test_a_grant_names_an_address_in_plain_numbers(text):
    with pytest.raises(ValueError, match="is not an address"):
        Grants([f"net.connect:{text}"])


# ── names that lead inward (U2) ──


def test_u2_a_wide_grant_does_not_reach_inward(serve, servers):
    server = serve(lambda _: servers.reply("inner"))
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]"):
        for grant in (ANYWHERE, "net.connect", f"net.connect:*:{server.port}"):
            refusal = refused(GET, grants=[grant], url=server.url(host=host))
            assert refusal.capability == server.grant()
            assert refusal.hint == f"grant it with `--allow {server.grant()}`"
            assert "not public" in refusal.note
    assert server.connections == 0


@pytest.mark.parametrize(
    ("host", "grants"),
    [("127.0.0.1", ["127.0.0.1"]), ("localhost", ["localhost"]), ("localhost", ["*", "127.0.0.1"]), ("[::ffff:127.0.0.1]", ["127.0.0.1"]), ("app.localhost", ["app.localhost"])],
)
def test_u2_an_address_or_localhost_that_is_named_is_reached(serve, servers, names, host, grants):
    names["localhost"] = names["app.localhost"] = [["127.0.0.1"]]
    server = serve(lambda _: servers.reply("inner"))
    assert program(GET, grants=[server.grant(one) for one in grants], url=server.url(host=host)).value == "inner"


def test_u2_localhost_that_leads_elsewhere_is_no_localhost(names, serve):
    server = serve(lambda _: None)
    for inner in ("10.0.0.7", "169.254.169.254"):
        names["localhost"] = [[inner]]
        assert refused(GET, grants=[server.grant("localhost")], url=server.url(host="localhost")).capability == f"net.connect:{inner}:{server.port}"


@pytest.mark.parametrize("inner", ["127.0.0.1", "169.254.169.254", "10.0.0.7", "::1", "fd00::7", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0"])
@pytest.mark.parametrize("grant", [ANYWHERE, "net.connect:*.example:*", "net.connect:a.example:*"])
def test_u2_a_name_that_leads_inward_is_refused_whoever_granted_it(names, world, inner, grant):
    names["a.example"] = [[inner]]
    refusal = refused(GET, grants=[grant], url="http://a.example:8080/")
    assert refusal.capability == f"net.connect:{urls.bracketed(addresses.plain(inner))}:8080"
    assert refusal.note == f"`a.example` leads to the address {addresses.plain(inner)}, which is not public and needs its own grant"
    assert world == []


def test_u2_an_inner_address_with_its_own_grant_is_reached(names, serve, servers):
    server = serve(lambda _: servers.reply("inner"))
    names["wiki.corp"] = [["127.0.0.1"]]
    result = program(GET, grants=[server.grant("wiki.corp"), server.grant()], url=server.url(host="wiki.corp"))
    assert result.value == "inner"
    assert [(one.capability, one.decision, one.count) for one in result.audit] == [(server.grant(), "allowed", 1), (server.grant("wiki.corp"), "allowed", 1)]
    assert server.requests[0].header("host") == f"wiki.corp:{server.port}"


def test_u2_of_several_addresses_only_the_allowed_ones_are_tried(names, world, serve, servers):
    server = serve(lambda _: servers.reply("outer"))
    names["a.example"] = [["10.0.0.7", "fe80::1%lo", "127.0.0.1", "8.8.4.4", "169.254.169.254"]]
    assert program(GET, grants=[ANYWHERE], url=server.url(host="a.example")).value == "outer"
    assert world == ["8.8.4.4"]


def test_u2_an_address_that_is_denied_is_not_reached_by_a_name(names, world, serve, servers):
    server = serve(lambda _: servers.reply("outer"))
    names["a.example"] = [["8.8.8.8", "8.8.4.4"]]
    denied = mlpy.Grants([ANYWHERE], deny=["net.connect:8.8.8.8:*"])
    assert program(GET, grants=denied, url=server.url(host="a.example")).value == "outer"
    assert world == ["8.8.4.4"]
    names["a.example"] = [["8.8.8.8"]]
    assert "is denied by" in refused(GET, grants=denied, url=server.url(host="a.example")).message


def test_u2_a_name_is_resolved_once_for_a_connection(names, world, serve, servers):
    server = serve(lambda _: [servers.reply("outer", connection="close"), None])
    names["a.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    code = "first = http.get(url).text(); second = null; try { second = http.get(url, retries: 0).text(); } except (e) { second = e.capability; } [first, second]"
    result = program(code, grants=[ANYWHERE], url=server.url(host="a.example"))
    assert result.value == ["outer", server.grant()]
    assert names.asked == ["a.example", "a.example"]
    assert world == ["8.8.8.8"]
    assert (result.audit[-1].decision, result.audit[-1].capability) == ("denied", server.grant())


def test_u2_another_try_is_checked_as_the_first_was(names, world, serve):
    server = serve(lambda _: None)
    names["a.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    assert refused(GET, grants=[ANYWHERE], url=server.url(host="a.example")).capability == server.grant()
    assert world == ["8.8.8.8"]
    assert len(server.requests) == 1


def test_u2_a_kept_connection_serves_only_whom_its_address_is_granted(names, serve, servers):
    server = serve(lambda _: servers.reply("inner"))
    names["wiki.corp"] = [["127.0.0.1"]]
    code = "a = http.get(url).text(); b = null; with capability(grant) { try { b = http.get(url).text(); } except (e) { b = e.capability; } } [a, b]"
    grants = [server.grant("wiki.corp"), server.grant()]
    assert program(code, grants=grants, url=server.url(host="wiki.corp"), grant=server.grant("wiki.corp")).value == ["inner", server.grant()]
    assert len(server.requests) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue does not keep callers waiting")
def test_the_first_address_that_answers_serves(names, monkeypatch, serve, servers):
    server = serve(lambda _: servers.reply("ok"))
    begin = network.begin
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(8)]
    for one in waiting:  # its queue is full from now on: whoever comes gets no answer
        one.setblocking(False)
        one.connect_ex(full.getsockname())

    def lead(address, port):
        if address == "8.8.8.1":
            raise OSError(errno.ENETUNREACH, "")
        return begin("127.0.0.1", full.getsockname()[1] if address == "8.8.8.2" else port)

    monkeypatch.setattr(network, "begin", lead)
    names["a.example"] = [["8.8.8.1", "8.8.8.2", "8.8.8.3"]]
    try:
        started = time.perf_counter()
        assert program(GET, grants=[ANYWHERE], url=server.url(host="a.example")).value == "ok"
        assert time.perf_counter() - started < 3
        names["a.example"] = [["8.8.8.2"]]
        with pytest.raises(MLError) as caught:
            program("http.get(url, connectTimeout: 0.3)", grants=[ANYWHERE], url=server.url(host="a.example"))
        assert (caught.value.fields["kind"], caught.value.hint) == ("timeout", "give more time with `connectTimeout`")
        with pytest.raises(MLError) as caught:
            program("http.get(url)", grants=[ANYWHERE], url=server.url(host="a.example"), limits=mlpy.Limits(time=0.3))
        assert caught.value.limit == "time"
        names["a.example"] = [["8.8.8.1"]]
        with pytest.raises(MLError) as caught:
            program("http.get(url)", grants=[ANYWHERE], url=server.url(host="a.example"))
        assert caught.value.fields["kind"] == "unreachable"
    finally:
        for one in (full, *waiting):
            one.close()


# ── redirects ──


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:7f00:1]", "169.254.169.254", "10.0.0.1"])
def test_u2_a_redirect_inward_is_refused(serve, servers, host):
    inner = serve(lambda _: servers.reply("inner"))
    outer = serve(lambda _: servers.reply(status="302 Inward", location=inner.url("/secret", host=host)))
    refusal = refused(GET, grants=[outer.grant(), ANYWHERE], url=outer.url())
    assert refusal.capability.startswith("net.connect:")
    assert inner.connections == 0


def test_u2_a_redirect_to_another_host_needs_its_grant(serve, servers):
    inner = serve(lambda _: servers.reply("inner"))
    outer = serve(lambda _: servers.reply(status="307 There", location=inner.url()))
    assert refused(GET, grants=[outer.grant()], url=outer.url()).capability == inner.grant()
    result = program(GET, grants=[outer.grant(), inner.grant()], url=outer.url())
    assert [(one.capability, one.decision) for one in result.audit] == [(inner.grant(), "allowed"), (outer.grant(), "allowed")]


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "http://user:pw@127.0.0.1/", "http://2130706433/", "\\\\127.0.0.1\\x", "//127.1/", "javascript:1", "http://[::1%25lo]/", "/a b"],
)
def test_u1_a_redirect_is_read_as_strictly_as_a_url(serve, servers, location):
    server = serve(lambda _: servers.reply(status="302 There", location=location))
    with pytest.raises(MLError) as caught:
        program(GET, grants=[server.grant()], url=server.url())
    assert (caught.value.type, caught.value.fields["kind"]) == ("IOError", "redirect")
    assert len(server.requests) == 1


def test_a_redirect_away_from_tls_is_refused(serve, servers, monkeypatch):
    context = ssl.create_default_context(cafile=servers.TLS / "ca.pem")
    context.sslsocket_class = network.SecureLine
    monkeypatch.setattr(network, "contexts", [context])
    plain = serve(lambda _: servers.reply("plain"))
    secure = serve(
        lambda request: (
            servers.reply(status="302 There", location=plain.url() if request.target == "/" else secure.url("/end")) if request.target != "/end" else servers.reply("end")
        ),
        tls="localhost",
    )
    grants = [plain.grant(), secure.grant()]
    with pytest.raises(MLError, match="without tls") as caught:
        program(GET, grants=grants, url=secure.url())
    assert caught.value.fields["kind"] == "redirect"
    assert plain.connections == 0
    assert program(GET, grants=grants, url=secure.url("/other")).value == "end"


# ── credentials ──

SECRET = "Bearer 5ecret-t0ken"
CREDENTIALS = '{authorization: secret, cookie: "s=" + secret, "x-api-key": secret, "private-token": secret, accept: "text/plain"}'


def test_u2_credentials_stay_with_their_origin(serve, servers):
    other = serve(lambda _: servers.reply("other"))
    home = serve(
        lambda request: servers.reply("home") if request.target == "/end" else servers.reply(status="307 There", location="/end" if request.target == "/same" else other.url())
    )
    code = f"http.post(url, 'data', headers: {CREDENTIALS}).text()"
    grants = [home.grant(), other.grant()]
    assert program(code, grants=grants, url=home.url("/same"), secret=SECRET).value == "home"
    assert home.requests[1].header("authorization") == home.requests[1].header("x-api-key") == SECRET
    assert program(code, grants=grants, url=home.url("/other"), secret=SECRET).value == "other"
    (sent,) = other.requests
    assert sent.header("accept") == "text/plain"
    assert [name for name, value in sent.headers if SECRET in value] == []


def test_u2_credentials_do_not_come_back(serve, servers):
    home = serve(lambda request: servers.reply("home") if request.target == "/end" else servers.reply(status="307 There", location=other.url()))
    other = serve(lambda _: servers.reply(status="307 Back", location=home.url("/end")))
    assert program(f"http.get(url, headers: {CREDENTIALS}).text()", grants=[home.grant(), other.grant()], url=home.url(), secret=SECRET).value == "home"
    assert home.requests[1].header("authorization") is None


def test_s3_secrets_are_in_no_error_and_no_record(serve, servers):
    answers = [
        servers.reply(status="302 There", location="http://x y/"),
        b"nonsense\r\n\r\n",
        servers.reply("x" * 100),
        servers.reply("x", content_encoding="br"),
        servers.reply("x" * 10, content_length="99"),
    ]
    for answer in answers:
        server = serve(lambda _, answer=answer: [answer, None])
        code = f"http.get(url + '?token=' + secret, headers: {CREDENTIALS}, maxSize: 50, retries: 0)"
        made = mlpy.compile(f"import http;\nfound = null;\ntry {{ {code}; }} except (e) {{ found = e; }}\n[str(found), repr(found), found.message]", inputs=["url", "secret"])
        result = made.run(inputs={"url": server.url(), "secret": SECRET.replace(" ", "-")}, grants=[server.grant()])
        assert server.requests[0].target.endswith(SECRET.replace(" ", "-"))
        assert "5ecret" not in str(result.value) + str([one.record() for one in result.audit])
    for url in ("http://h/?token=5ecret x", "http://u:5ecret@h/", "nowhere:5ecret"):
        with pytest.raises(MLError) as caught:
            program("http.get(url)", grants=[ANYWHERE], url=url)
        assert "5ecret" not in caught.value.message + str(caught.value.hint)


def test_u2_proxies_and_passwords_of_the_environment_are_ignored(serve, servers, monkeypatch, tmp_path):
    proxy = serve(lambda _: servers.reply("proxy"))
    server = serve(lambda _: servers.reply("direct"))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login joe password 5ecret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    assert program(GET, grants=[server.grant()], url=server.url()).value == "direct"
    assert server.requests[0].header("authorization") is None
    assert proxy.connections == 0


# ── injections ──

BREAKS = ["x\r\nevil: 1", "x\nevil: 1", "x\revil: 1", "x\r\n\r\nGET /evil HTTP/1.1", "x\0", "x\x0b", "x\x85", "x\u2028y", "x\x7f", "ü", "x\r\n evil"]


@pytest.mark.parametrize("text", BREAKS)
def test_nothing_is_injected_by_headers(serve, servers, text):
    server = serve(lambda _: servers.reply("ok"))
    for code in (
        "http.get(url, headers: {a: text})",
        "http.get(url, headers: {authorization: text})",
        "h = {}; h[text] = '1'; http.get(url, headers: h)",
        "http.post(url, 'b', headers: {'content-type': text})",
    ):
        with pytest.raises(MLError) as caught:
            program(code, grants=[server.grant()], url=server.url(), text=text)
        assert caught.value.type == "ValueError"
        assert text not in caught.value.message
    assert server.connections == 0


@pytest.mark.parametrize("text", BREAKS)
def test_nothing_is_injected_by_method_query_or_form(serve, servers, text):
    server = serve(lambda _: servers.reply("ok"))
    with pytest.raises(MLError, match="`method` must be one of"):
        program("http.request(text, url)", grants=[server.grant()], url=server.url(), text=text)
    program("q = {}; q[text] = text; http.get(url, query: q); http.post(url, form: q)", grants=[server.grant()], url=server.url(), text=text)
    assert [len(request.headers) for request in server.requests] == [3, 5]
    assert all(request.target.isascii() and request.target.isprintable() for request in server.requests)
    assert "evil" not in [name for request in server.requests for name, _ in request.headers]


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "connection", "Expect", "TE", "upgrade", "Proxy-Authorization", "accept-encoding", "Keep-Alive", "trailer"]
)
def test_a_request_is_framed_by_itself_alone(serve, servers, name):
    server = serve(lambda _: servers.reply("ok"))
    with pytest.raises(MLError, match="is set by the request itself"):
        program("h = {}; h[name] = '5'; http.post(url, 'body', headers: h)", grants=[server.grant()], url=server.url(), name=name)
    for odd in (f"{name} ", f" {name}", f"{name}\t", f"{name}:"):
        with pytest.raises(MLError, match="no header has"):
            program("h = {}; h[name] = '5'; http.post(url, 'body', headers: h)", grants=[server.grant()], url=server.url(), name=odd)
    with pytest.raises(MLError, match="twice"):
        program("http.get(url, headers: {a: '1', A: '2'})", grants=[server.grant()], url=server.url())
    assert server.connections == 0


@pytest.mark.parametrize("argument", ["self", "_owner", "_method", "_function", "_call", "_enter", "pool", "use", "proxy", "verify", "assert_hostname"])
def test_f19_nothing_undeclared_can_be_named(serve, servers, argument):
    server = serve(lambda _: servers.reply("ok"))
    with pytest.raises(MLError):
        program(f"http.get(url, {argument}: null)", grants=[server.grant()], url=server.url())
    assert server.connections == 0


@pytest.mark.parametrize("member", ["answer", "host", "data", "whole", "pieces", "codec", "most", "__class__", "use", "body.use"])
def test_f20_an_answer_shows_its_declared_members_only(serve, servers, member):
    server = serve(lambda _: servers.reply("ok"))
    assert (
        program(
            f"r = http.get(url); r.{member}" if "." not in member and member[0] != "_" else f'r = http.get(url); getattr(r, "{member}", null)',
            grants=[server.grant()],
            url=server.url(),
        ).value
        is None
    )


# ── authority ──


def test_functions_that_are_kept_stay_bounded(serve, servers):
    server, other = serve(lambda _: servers.reply("ok")), serve(lambda _: servers.reply("other"))
    code = "get = http.get; found = [get(url).text()]; with capability(narrow) { try { found.push([url].map(fn(u) => get(u).text())); } except (e) { found.push(e.type); } } found"
    assert program(code, grants=[server.grant(), other.grant()], url=server.url(), narrow=other.grant()).value == ["ok", "CapabilityError"]


def test_bytes_of_a_grant_count_what_is_sent_and_what_comes(serve, servers):
    server = serve(lambda _: servers.reply("x" * 600))
    code = "http.post(url, text).text().length"
    assert program(code, grants=[f"{server.grant()},bytes=1000"], url=server.url(), text="y" * 400).value == 600
    assert "bytes=1000" in refused(code, grants=[f"{server.grant()},bytes=1000"], url=server.url(), text="y" * 401).message
    result = program(code, grants=[server.grant()], url=server.url(), text="y" * 400)
    assert [(one.capability, one.size) for one in result.audit] == [(server.grant(), 1000)]


def test_a_grant_that_covers_both_ends_of_a_redirect_is_charged_once(serve, servers):
    server = serve(lambda request: servers.reply("x" * 600) if request.target == "/end" else servers.reply(status="302 There", location="/end"))
    assert program("http.get(url).text().length", grants=[f"{server.grant()},bytes=600"], url=server.url()).value == 600


@pytest.mark.parametrize(
    ("code", "needs"),
    [
        ('http.get("https://api.example.com/v1?key=5ecret"); http.post("http://[::1]:8080/")', ["api.example.com:443", "[::1]:8080"]),
        ("http.get(`https://a.example/${id}`)", ["a.example:443"]),
        ('http.get("https://a.example?q=" + id)', ["a.example:443"]),
        ('base = "https://a.example"; http.get(`${base}/u/${id}`); http.get(base + "/x"); http.get(base)', ["a.example:443"]),
        ('host = "a.example"; u = "https://" + host + "/" + id; http.get(url: u, timeout: 1)', ["a.example:443"]),
        ("http.get(`https://a.example${id}`)", ["*"]),
        ('http.get("https://a.example" + id)', ["*"]),
        ('http.get("https://" + id + "/x")', ["*"]),
        ("http.get(`${id}://x/`)", ["*"]),
        ('http.get("https://a.example@" + id + "/")', ["*"]),
        ('http.get("nonsense"); http.get("https://u@a.example/" + id)', ["*"]),
        ('base = "https://a.example"; base = "https://b.example"; http.get(base)', ["*"]),
        ('base = "https://a.example"; base += ".evil"; http.get(base)', ["*"]),
        ('function f(base) { http.get(base); } f("https://a.example")', ["*"]),
        ('for (u in ["https://a.example"]) { http.get(u); }', ["*"]),
        ('for (i in range(3)) { if (i > 1) { a = b + "x"; http.get(a); } if (i > 0) { b = a + "y"; } }', ["*"]),
        ('u = "https://{url}/"; http.get(u)', ["*"]),
        ("f = http.get; f(url)", ["*"]),
    ],
)
def test_what_a_program_will_ask_for_shows_as_far_as_its_urls_are_written_out(code, needs):
    assert mlpy.compile(f"import http;\n{code}").compiled().needs == tuple(f"net.connect:{need}" for need in needs)


# ── waits that end (F14) ──


def ended(code, *, grants, **inputs):
    """Seconds from a cancellation by the host to the end of the program, which must not go on."""
    found = {}

    def cancel_soon():
        run = current.get()

        def cancel():
            found["at"] = time.perf_counter()
            run.cancel()

        threading.Timer(0.2, cancel).start()

    with pytest.raises(MLError) as caught:
        program(f"begin();\ntry {{ {code} }} except (e) {{ print('caught'); }} finally {{ print('finally'); }}", grants=grants, functions={"begin": cancel_soon}, **inputs)
    assert caught.value.limit == "cancelled"
    return time.perf_counter() - found["at"]


def test_f14_a_cancelled_program_does_not_wait_for_a_server(serve):
    server = serve(lambda _: [60.0])
    assert ended("http.get(url);", grants=[server.grant()], url=server.url()) < 1
    server = serve(lambda _: [b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n", 60.0])
    assert ended("http.get(url);", grants=[server.grant()], url=server.url()) < 1
    assert ended("for (line in http.get(url, stream: true).lines()) {}", grants=[server.grant()], url=server.url()) < 1


def test_f14_nor_for_a_handshake(serve):
    server = serve(lambda _: None)
    server.exchange = lambda _: server.closed.wait(60) and False
    assert ended("http.get(url);", grants=[server.grant()], url=server.url().replace("http:", "https:")) < 1


def test_f14_nor_for_a_name(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(network, "resolve", lambda *_: over.wait(20) and [])
    try:
        assert ended("http.get(url);", grants=[ANYWHERE], url="http://slow.example/") < 1
        with pytest.raises(MLError) as caught:
            program("http.get(url, connectTimeout: 0.2)", grants=[ANYWHERE], url="http://slow.example/")
        assert caught.value.fields["kind"] == "timeout"
    finally:
        over.set()


def test_names_that_nobody_answers_for_take_a_bounded_number_of_threads(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(network, "resolve", lambda *_: over.wait(20) and [])
    monkeypatch.setattr(network, "MAX_LOOKUPS", 4)
    code = "kinds = []; for (i in range(6)) { try { http.get(url, connectTimeout: 0.05); } except (e) { kinds.push(e.kind); } } kinds"
    try:
        assert program(code, grants=[ANYWHERE], url="http://slow.example/").value == ["timeout"] * 4 + ["dns"] * 2
    finally:
        over.set()
        while network.lookups:
            time.sleep(0.01)


def test_a_limit_leaves_no_connection_and_no_waiter_behind(serve, servers):
    server = serve(lambda _: [60.0])
    run = []
    for _ in range(5):
        with pytest.raises(MLError):
            program("keep(); http.get(url)", grants=[server.grant()], url=server.url(), limits=mlpy.Limits(time=0.1), functions={"keep": lambda: run.append(current.get())})
    for connection in server.open:
        try:
            connection.settimeout(5)
            assert connection.recv(1) == b""
        except OSError as error:
            assert error.errno == errno.EBADF  # noqa: PT017  the server has seen the end already
    assert [one.waiters for one in run] == [[]] * 5
