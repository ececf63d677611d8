"""Not one byte of a request may crash or hang the server: each is answered as AWS does, and it goes on."""

import datetime
import hashlib
import hmac
import json
import random
import re
import socket

import pytest

from keyward import ROOT_KEY, ROOT_SECRET

FORM = "application/x-www-form-urlencoded; charset=utf-8"
IDENTITY = b"Action=GetCallerIdentity&Version=2011-06-15"


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def authorization(server, body, service="sts", when=None, query="", method="POST", host=None):
    """Signs a request to `/` by hand, so that what no client sends can be sent."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    stamp, day = when.strftime("%Y%m%dT%H%M%SZ"), when.strftime("%Y%m%d")
    host = host or f"127.0.0.1:{server.port}"
    canonical = "\n".join([
        method, "/", query, f"host:{host}", f"x-amz-date:{stamp}", "", "host;x-amz-date",
        hashlib.sha256(body).hexdigest()])
    scope = f"{day}/us-east-1/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = mac(mac(mac(mac(b"AWS4" + ROOT_SECRET.encode(), day), "us-east-1"), service), "aws4_request")
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {
        "X-Amz-Date": stamp,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ROOT_KEY}/{scope}, "
                         f"SignedHeaders=host;x-amz-date, Signature={signature}",
    }


def exchange(server, raw, timeout=30, end=False):
    """Sends bytes and returns the status and the body of the first answer; (None, b'') where the line is cut.

    With `end`, nothing can follow them.
    """
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as line:
        line.settimeout(timeout)
        try:
            line.sendall(raw)
            if end:
                line.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        received = b""
        try:
            while True:
                part = line.recv(65536)
                if not part:
                    break
                received += part
                head, split, rest = received.partition(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", head)
                if split and length and len(rest) >= int(length.group(1)):
                    break
        except ConnectionResetError:
            pass
    head, _, rest = received.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.1 (\d+)", head)
    return (int(status.group(1)) if status else None), rest


def post(server, body, headers, path="/"):
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Content-Type: {FORM}",
             f"Content-Length: {len(body)}", *[f"{name}: {value}" for name, value in headers.items()]]
    return exchange(server, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def signed(server, body, **options):
    return post(server, body, authorization(server, body, **options))


def code(answer):
    status, body = answer
    found = re.search(rb"<Code>([^<]*)</Code>\n    <Message>(.*?)</Message>", body, re.DOTALL)
    assert found, answer
    assert body.startswith(b"<ErrorResponse xmlns=\"https://") and body.endswith(b"</ErrorResponse>\n")
    return status, found.group(1).decode(), found.group(2).decode()


@pytest.fixture(autouse=True)
def goes_on(server):
    yield
    status, body = signed(server, IDENTITY)
    assert status == 200 and b"<Account>" in body


def test_missing_signature(server):
    assert code(post(server, IDENTITY, {})) == (
        403, "MissingAuthenticationToken", "Request is missing Authentication Token")


@pytest.mark.parametrize("body, expected", [
    (b"Action=NoSuchThing&Version=2011-06-15",
     (400, "InvalidAction", "Could not find operation NoSuchThing for version 2011-06-15")),
    (b"Action=GetCallerIdentity&Version=1999-01-01",
     (400, "InvalidAction", "Could not find operation GetCallerIdentity for version 1999-01-01")),
    (b"Action=GetCallerIdentity",
     (400, "InvalidAction", "Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED")),
    (b"Version=2011-06-15",
     (400, "MissingAction", "The request is missing an action or a required parameter.")),
    (b"", (400, "MissingAction", "The request is missing an action or a required parameter.")),
    (IDENTITY + b"&x=%zz", (400, "MalformedQueryString", "Illegal hex character in escape % pattern: %zz")),
    (IDENTITY + b"&x=%f", (400, "MalformedQueryString", "Incomplete trailing escape % sequence")),
    (IDENTITY + b"&x=%ff%fe", (400, "MalformedQueryString", "Parameters must be valid UTF-8")),
    (IDENTITY + b"&x=\xff\xfe", (400, "MalformedQueryString", "Parameters must be valid UTF-8")),
    (b"Action=GetCallerIdentity&Action=GetCallerIdentity&Version=2011-06-15",
     (400, "MalformedInput", "Duplicate parameter Action")),
    (IDENTITY + b"".join(b"&p%d=1" % number for number in range(10_000)),
     (400, "MalformedInput", "The request has more than 4096 parameters")),
])
def test_malformed_forms(server, body, expected):
    assert code(signed(server, body)) == expected


def test_an_unsigned_request_is_refused_in_the_words_of_its_service(server):
    status, body = post(server, b"Action=NoSuchThing&Version=2011-06-15", {})
    assert status == 403 and b'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"' in body
    status, body = post(server, b"Action=NoSuchThing&Version=2010-05-08", {})
    assert status == 403 and b'xmlns="https://iam.amazonaws.com/doc/2010-05-08/"' in body


def test_a_body_over_one_mebibyte(server):
    body = IDENTITY + b"&x=" + b"a" * (1024 * 1024)
    assert code(signed(server, body)) == (
        413, "RequestEntityTooLarge", "The request body is larger than 1048576 bytes.")
    last = server.audit_events()[-1]
    assert (last["errorCode"], last["eventName"]) == ("RequestEntityTooLarge", "")
    chunked = (f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
    chunked += b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    chunked += (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * 20 + b"0\r\n\r\n"
    assert exchange(server, chunked)[0] in (413, None)


@pytest.mark.parametrize("raw", [
    b"Content-Length: 10\r\n\r\nabc",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
])
def test_a_body_that_ends_early(server, raw):
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
    answer = exchange(server, head + raw, end=True)
    assert code(answer) == (400, "MalformedInput", "The request body ended early.")
    last = server.audit_events()[-1]
    assert (last["errorCode"], last["eventName"]) == ("MalformedInput", "")
    status, body = exchange(server, head + b"Accept: application/json\r\n" + raw, end=True)
    assert status == 400 and json.loads(body)["Error"]["Code"] == "MalformedInput"


@pytest.mark.parametrize("hours, text", [(-1, "Signature expired: "), (1, "Signature not yet current: ")])
def test_a_clock_off_by_an_hour(server, hours, text):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    status, name, message = code(signed(server, IDENTITY, when=when))
    assert (status, name) == (403, "SignatureDoesNotMatch") and message.startswith(text)


def test_a_scope_for_another_service(server):
    assert code(signed(server, IDENTITY, service="iam")) == (
        403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'. ")


def test_a_changed_body(server):
    headers = authorization(server, IDENTITY)
    status, name, message = code(post(server, IDENTITY + b" ", headers))
    assert (status, name) == (403, "SignatureDoesNotMatch")
    assert message.startswith("The request signature we calculated does not match") and "Canonical" not in message


@pytest.mark.parametrize("header, expected", [
    ("AWS4-HMAC-SHA256", (400, "IncompleteSignature")),
    ("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0", (400, "IncompleteSignature")),
    ("AWS4-HMAC-SHA256 nonsense", (400, "IncompleteSignature")),
    ("AWS5-WHAT x", (400, "IncompleteSignature")),
    ("Basic dTpw", (403, "MissingAuthenticationToken")),
    ("\x01\x7f", None),
])
def test_malformed_authorization(server, header, expected):
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    answer = post(server, IDENTITY, {"Authorization": header, "X-Amz-Date": stamp})
    if expected is None:
        assert answer[0] in (400, None)
    else:
        assert code(answer)[:2] == expected


@pytest.mark.parametrize("raw", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"POST / HTTP/9.9\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /%zz?%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(5000)) + b"\r\n",
    b"POST / HTTP/1.1\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
])
def test_malformed_http(server, raw):
    status, _ = exchange(server, raw)
    assert status is None or 400 <= status < 500


def test_random_bytes_everywhere(server):
    chance = random.Random(7600)
    for _ in range(150):
        body = bytes(chance.randrange(256) for _ in range(chance.randrange(200)))
        status, _ = signed(server, body)
        assert status is not None and 400 <= status < 500, body
        status, _ = signed(server, b"Action=CreateUser&Version=2010-05-08&" + body, service="iam")
        assert status is not None and 400 <= status < 500, body


def test_a_half_sent_request_does_not_hold_others(server):
    with socket.create_connection(("127.0.0.1", server.port)) as idle:
        idle.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        assert signed(server, IDENTITY)[0] == 200


def test_get_without_action_goes_to_the_documentation(server):
    status, _ = exchange(server, f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    assert status == 302


def test_health_readiness_metrics(server):
    assert server.get("/healthz") == (200, "ok\n")
    assert server.get("/readyz") == (200, "ready\n")
    status, text = server.get("/metrics")
    assert status == 200
    for name in ("keyward_requests_total", "keyward_decisions_total", "keyward_view_revision", "keyward_store_revision"):
        assert f"# TYPE {name}" in text
    assert server.get("/nothing")[0] == 404
