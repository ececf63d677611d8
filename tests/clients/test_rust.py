"""The unmodified AWS SDK for Rust against a running server."""

import json
import os
import pathlib
import subprocess

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET, clean_environment

FOLDER = pathlib.Path(__file__).parent / "rust"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", FOLDER.parents[2] / "target")) / "rust-client"


def test_rust_sdk(server):
    build = subprocess.run(
        ["cargo", "build", "--quiet", "--locked", "--target-dir", str(TARGET)],
        cwd=FOLDER, capture_output=True, text=True, timeout=1800,
    )
    assert build.returncode == 0, build.stderr
    ran = subprocess.run(
        [str(TARGET / "debug/keyward-rust-client"), server.url, ROOT_KEY, ROOT_SECRET],
        env=clean_environment(), capture_output=True, text=True, timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["users"] == ["rust-0", "rust-1", "rust-2"] and said["self"] == "rust-0"
    assert said["policy"] == f"arn:aws:iam::{ACCOUNT}:policy/rust-read"
    assert said["denied"] == [
        "AccessDenied",
        f"User: arn:aws:iam::{ACCOUNT}:user/rust-0 is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action",
    ]
    assert said["missing"] == ["NoSuchEntity", "The role with name nobody cannot be found."]
    assert said["twice"] == ["EntityAlreadyExists", "User with name RUST-0 already exists."]
