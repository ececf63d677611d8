"""The main job with unmodified AWS CLIs: make a user, be denied, be told why."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET, clean_environment

# Version 1 comes from PyPI into this environment, version 2.9 from Debian.
CLIS = {
    "v1": str(pathlib.Path(sys.executable).parent / "aws"),
    "v2": "/usr/bin/aws",
}

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "KeepDevices", "Effect": "Deny", "Action": "iam:DeleteVirtualMFADevice", "Resource": "*"},
    ],
}


class Cli:
    def __init__(self, program, url, key, secret):
        self.program, self.url, self.key, self.secret = program, url, key, secret

    def run(self, *arguments):
        environment = clean_environment(
            AWS_ACCESS_KEY_ID=self.key, AWS_SECRET_ACCESS_KEY=self.secret,
            AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="",
        )
        command = [self.program, "--endpoint-url", self.url, "--output", "json", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    def ok(self, *arguments):
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.mark.parametrize("version", CLIS)
def test_a_user_is_made_and_denied_and_told_why(server, version, tmp_path):
    name = f"diego-{version}"
    root = Cli(CLIS[version], server.url, ROOT_KEY, ROOT_SECRET)
    assert root.ok("sts", "get-caller-identity") == {
        "UserId": ACCOUNT, "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root",
    }
    user = root.ok("iam", "create-user", "--user-name", name)["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}"
    assert user["UserId"].startswith("AIDA") and len(user["UserId"]) == 21
    key = root.ok("iam", "create-access-key", "--user-name", name)["AccessKey"]
    qr = tmp_path / "qr.png"
    device = root.ok(
        "iam", "create-virtual-mfa-device", "--virtual-mfa-device-name", name,
        "--bootstrap-method", "QRCodePNG", "--outfile", str(qr),
    )["VirtualMFADevice"]["SerialNumber"]
    assert qr.read_bytes().startswith(b"\x89PNG")
    root.ok(
        "iam", "put-user-policy", "--user-name", name, "--policy-name", "work",
        "--policy-document", json.dumps(POLICY),
    )

    diego = Cli(CLIS[version], server.url, key["AccessKeyId"], key["SecretAccessKey"])
    assert diego.ok("sts", "get-caller-identity")["Arn"] == user["Arn"]
    devices = diego.ok("iam", "list-virtual-mfa-devices")["VirtualMFADevices"]
    assert device in [found["SerialNumber"] for found in devices]
    denied = diego.run("iam", "delete-virtual-mfa-device", "--serial-number", device)
    assert denied.returncode in (254, 255)
    assert denied.stderr.strip() == (
        "An error occurred (AccessDenied) when calling the DeleteVirtualMFADevice operation: "
        f"User: {user['Arn']} is not authorized to perform: iam:DeleteVirtualMFADevice "
        f"on resource: {device} with an explicit deny in an identity-based policy"
    )

    explained = server.run(
        "explain", "--endpoint", server.url, "--principal", user["Arn"],
        "--action", "iam:DeleteVirtualMFADevice", "--resource", device,
        AWS_ACCESS_KEY_ID=ROOT_KEY, AWS_SECRET_ACCESS_KEY=ROOT_SECRET,
    )
    assert explained.returncode == 3, explained.stderr
    assert "KeepDevices" in explained.stdout and "work" in explained.stdout

    export = tmp_path / "account.json"
    export.write_text(json.dumps(root.ok("iam", "get-account-authorization-details")))
    offline = server.run(
        "explain", "--export", str(export), "--principal", user["Arn"],
        "--action", "iam:DeleteVirtualMFADevice", "--resource", device,
    )
    assert offline.returncode == 3, offline.stderr
    assert "KeepDevices" in offline.stdout
    allowed = server.run(
        "explain", "--export", str(export), "--principal", user["Arn"],
        "--action", "iam:ListVirtualMFADevices", "--resource", "*", "--json",
    )
    assert allowed.returncode == 0, allowed.stderr
    assert json.loads(allowed.stdout)["decision"] == "allowed"

    root.ok("iam", "delete-virtual-mfa-device", "--serial-number", device)
    os.remove(qr)
