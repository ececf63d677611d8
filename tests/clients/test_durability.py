"""What was acknowledged is there after a restart, a kill, and beside another process."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import zlib

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError

from keyward import PROGRAM, ROOT_KEY, ROOT_SECRET, Keyward, clean_environment, free_port, printed

ROUNDS = 20
WRITERS = 4


def test_a_restart_finds_everything(fresh):
    with fresh as server:
        iam = server.client("iam")
        iam.create_user(UserName="stays")
        key = iam.create_access_key(UserName="stays")["AccessKey"]
    with fresh as server:
        answer = server.client("sts", key["AccessKeyId"], key["SecretAccessKey"]).get_caller_identity()
        assert answer["Arn"].endswith(":user/stays")


def test_secrets_are_shown_once(tmp_path):
    server = Keyward(tmp_path / "data", **{name: "" for name in (
        "KEYWARD_ACCOUNT_ID", "KEYWARD_ROOT_EMAIL", "KEYWARD_ROOT_PASSWORD",
        "KEYWARD_ROOT_ACCESS_KEY_ID", "KEYWARD_ROOT_SECRET_ACCESS_KEY")})
    server.environment = {}
    with server:
        pass
    first = server.output
    key, secret = printed(first, "Access key id"), printed(first, "Secret access key")
    assert key and secret and len(secret) == 40 and printed(first, "Root password")
    assert f"--endpoint-url {server.url}" in first
    server.output = ""
    with server:
        account = server.client("sts", key, secret).get_caller_identity()["Account"]
    assert account == printed(first, "Account") == printed(server.output, "Account")
    assert secret not in server.output and printed(server.output, "Root password") is None
    assert (server.data_dir / "master.key").stat().st_mode & 0o777 == 0o600
    for path in server.data_dir.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_kill_loses_nothing_that_was_acknowledged(fresh):
    acknowledged = []
    for round_number in range(ROUNDS):
        fresh.start()
        iam = fresh.client("iam")
        names = [user["UserName"] for page in iam.get_paginator("list_users").paginate() for user in page["Users"]]
        missing = set(acknowledged) - set(names)
        assert not missing, f"round {round_number}: lost {missing}"
        enough = threading.Event()

        def write(writer):
            client = fresh.client("iam")
            number = 0
            while True:
                name = f"r{round_number}-w{writer}-{number}"
                try:
                    client.create_user(UserName=name)
                except (BotoCoreError, ClientError):
                    return
                acknowledged.append(name)
                number += 1
                if number >= 3 + round_number % 5:
                    enough.set()

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
        for writer in writers:
            writer.start()
        assert enough.wait(30)
        fresh.kill()
        for writer in writers:
            writer.join()
    assert len(acknowledged) > ROUNDS * 3


def refused_start(data_dir, port=None, **environment):
    """Starts a server that must refuse, and returns its one line."""
    done = subprocess.run(
        [PROGRAM, "serve", "--data-dir", str(data_dir), "--listen", f"127.0.0.1:{port or free_port()}"],
        env=clean_environment(**environment), capture_output=True, text=True, timeout=60,
    )
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def contents(folder):
    return {path: path.read_bytes() for path in sorted(pathlib.Path(folder).rglob("*"))
            if path.is_file() and not path.is_socket()}


def test_a_held_data_directory_and_a_used_port(fresh, tmp_path):
    with fresh as server:
        assert "another process" in refused_start(server.data_dir)
        assert "in use" in refused_start(tmp_path / "other", port=server.port)
        assert not (tmp_path / "other").exists() or not contents(tmp_path / "other")
        assert server.client("sts").get_caller_identity()


def newer_format(log):
    """The header of a store's log with the next format, its checksum right: what a newer version would leave."""
    header = log[:16] + (int.from_bytes(log[16:20], "big") + 1).to_bytes(4, "big") + log[20:60]
    return header + zlib.crc32(header).to_bytes(4, "big") + log[64:]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:]


@pytest.mark.parametrize("name, damage, says", [
    ("keyward.redb", lambda good: b"PK\x03\x04" + b"x" * 5000, "is not a store"),
    ("keyward.redb", lambda good: b"", "is not a store"),
    ("keyward.redb", lambda good: good[: len(good) // 2], "is damaged"),
    ("keyward.redb", lambda good: bytes(byte ^ 0x5A for byte in good[:4096]) + good[4096:], "is not a store"),
    ("keyward.redb", lambda good: good[:4096] + os.urandom(len(good) - 4096), "is damaged"),
    ("keyward.redb", lambda good: good.replace(b'"name":"someone"', b'"name":"sOmeone"'), "is damaged"),
    ("keyward.redb.log", newer_format, "made by a newer version"),
    ("keyward.redb.log", lambda good: None, "its log is missing"),
    ("keyward.redb.log", lambda good: good[: len(good) // 2], "is damaged"),
    ("keyward.redb.log", lambda good: flipped(good, 18), "is damaged"),
])
def test_a_store_that_is_none_or_newer_or_damaged_is_reported_and_left(fresh, name, damage, says):
    with fresh as server:
        server.client("iam").create_user(UserName="someone")
    file = fresh.data_dir / name
    good = file.read_bytes()
    bad = damage(good)
    if bad is None:
        file.unlink()
    else:
        file.write_bytes(bad)
    before = contents(fresh.data_dir)
    line = refused_start(fresh.data_dir)
    assert "keyward.redb" in line and says in line
    assert contents(fresh.data_dir) == before
    file.write_bytes(good)
    with fresh as server:
        assert server.client("iam").get_user(UserName="someone")


def test_a_store_that_is_gone_is_not_made_again(fresh):
    with fresh as server:
        server.client("iam").create_user(UserName="someone")
    store = fresh.data_dir / "keyward.redb"
    good = store.read_bytes()
    store.unlink()
    before = contents(fresh.data_dir)
    assert "is missing" in refused_start(fresh.data_dir)
    assert contents(fresh.data_dir) == before
    store.write_bytes(good)
    with fresh as server:
        assert server.client("iam").get_user(UserName="someone")


def test_a_wrong_or_missing_master_key_is_reported(fresh):
    with fresh:
        pass
    key = fresh.data_dir / "master.key"
    good = key.read_bytes()
    key.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    assert "master key" in refused_start(fresh.data_dir)
    key.unlink()
    assert "master" in refused_start(fresh.data_dir)
    assert not key.exists()
    key.write_bytes(good)
    with fresh as server:
        assert server.client("sts").get_caller_identity()


def test_sigterm_ends_in_order(fresh):
    fresh.start()
    assert fresh.client("sts").get_caller_identity()
    assert fresh.stop(signal.SIGTERM) == 0


def test_sigterm_at_the_first_ready_answer_still_shows_the_secrets(tmp_path):
    for number in range(5):
        server = Keyward(tmp_path / f"data-{number}")
        server.start()
        assert server.stop(signal.SIGTERM) == 0
        assert printed(server.output, "Secret access key") == ROOT_SECRET


def test_sigterm_lets_requests_under_way_end(fresh):
    """Every request is answered or never began: a caller sees a refused connection, not a cut one."""
    fresh.start()
    acknowledged, refused, stop = [], [], threading.Event()

    def write(writer):
        client = fresh.client("iam")
        for number in range(10_000):
            name = f"w{writer}-{number}"
            try:
                client.create_user(UserName=name)
                acknowledged.append(name)
                if len(acknowledged) >= 20:
                    stop.set()
            except EndpointConnectionError:
                return
            except (BotoCoreError, ClientError) as error:
                refused.append(error)
                return

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for writer in writers:
        writer.start()
    assert stop.wait(30)
    assert fresh.stop(signal.SIGTERM) == 0
    for writer in writers:
        writer.join()
    # A kept connection that the server closes while the next request is on its way is cut before it began.
    assert all(isinstance(error, HTTPClientError) for error in refused), refused
    with fresh as server:
        pages = server.client("iam").get_paginator("list_users").paginate()
        names = {user["UserName"] for page in pages for user in page["Users"]}
    assert set(acknowledged) <= names


def test_logs_are_json_lines_without_secrets(tmp_path):
    server = Keyward(tmp_path / "data", "--log", "debug")
    with server:
        server.client("iam").create_user(UserName="diego")
        key = server.client("iam").create_access_key(UserName="diego")["AccessKey"]
        with pytest.raises(ClientError):
            server.client("iam", key["AccessKeyId"], key["SecretAccessKey"]).list_users()
    text = (tmp_path / "data.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert all({"timestamp", "level", "fields", "target"} <= set(line) for line in lines)
    assert any(line["fields"]["message"] == "listening" for line in lines)
    for secret in (ROOT_SECRET, key["SecretAccessKey"], "correct horse battery staple"):
        assert secret not in text


def test_a_copy_taken_while_running_opens(fresh, tmp_path):
    """A crash leaves files as they are at that moment; so does a copy."""
    with fresh as server:
        iam = server.client("iam")
        for number in range(20):
            iam.create_user(UserName=f"copied-{number}")
        shutil.copytree(server.data_dir, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
        os.sync()
    with Keyward(tmp_path / "copy") as copy:
        assert len(copy.client("iam", ROOT_KEY, ROOT_SECRET).list_users()["Users"]) == 20
