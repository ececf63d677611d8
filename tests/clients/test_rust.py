"""The unmodified AWS SDK for Rust against a running server."""

import json
import os
import pathlib
import subprocess
import urllib.parse

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET, clean_environment

CLIENT = pathlib.Path(__file__).parent / "rust"
# Beside what the workspace builds, so that what keeps the one keeps the other.
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CLIENT.parents[2] / "target")) / "clients-rust"


def program(name):
    """Builds a program that uses the SDK, and returns its path."""
    built = subprocess.run(
        ["cargo", "build", "--quiet", "--locked", "--manifest-path", str(CLIENT / "Cargo.toml"), "--bin", name],
        env={**os.environ, "CARGO_TARGET_DIR": str(TARGET)}, capture_output=True, text=True, timeout=1200,
    )
    assert built.returncode == 0, built.stderr
    return str(TARGET / "debug" / name)


def test_rust_sdk(server):
    ran = subprocess.run(
        [program("keyward-client-rust"), server.url, ROOT_KEY, ROOT_SECRET],
        env=clean_environment(), capture_output=True, text=True, timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    names = [f"rust-{number}" for number in range(5)]
    assert said["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert said["users"] == names and said["detailed"] == names
    document = json.loads(urllib.parse.unquote(said["document"]))
    assert document["Statement"][0]["Action"] == "iam:GetUser"
    trust = json.loads(urllib.parse.unquote(said["trusted"]["document"]))
    assert trust["Statement"][0]["Principal"]["AWS"] == said["arn"]
    assert said["trusted"]["created"] > 0 and said["trusted"]["duration"] == 3600
    assert said["member"] == {
        "self": "rust-0", "tags": [["Team", "systems"]], "inactive": "InvalidClientTokenId",
        "refusal": {
            "code": "AccessDenied", "status": 403,
            "message": f"User: arn:aws:iam::{ACCOUNT}:user/rust-0 is not authorized to perform: iam:DeleteUser on "
                       "resource: user rust-1 because no identity-based policy allows the iam:DeleteUser action",
        },
    }
    assert said["isMissing"]
