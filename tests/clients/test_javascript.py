"""The unmodified AWS SDK for JavaScript v3 against a running server."""

import json
import pathlib
import subprocess

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET, clean_environment

SCRIPT = pathlib.Path(__file__).parent / "javascript" / "iam.mjs"


def test_javascript_sdk(server):
    ran = subprocess.run(
        ["node", str(SCRIPT), server.url, ROOT_KEY, ROOT_SECRET],
        env=clean_environment(), capture_output=True, text=True, timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    names = [f"js-{number}" for number in range(5)]
    assert said["arn"] == said["trusted"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert said["users"] == names and said["detailed"] == names
    assert said["document"]["Statement"][0]["Action"] == "iam:GetUser"
    assert said["members"] == ["js-0"] and said["self"] == "js-0" and said["created"]
    assert said["tags"] == [{"Key": "Team", "Value": "web"}]
    assert said["refusal"] == {
        "name": "AccessDenied", "status": 403,
        "message": f"User: arn:aws:iam::{ACCOUNT}:user/js-0 is not authorized to perform: iam:DeleteUser on resource: "
                   "user js-1 because no identity-based policy allows the iam:DeleteUser action",
    }
    assert said["denied"].endswith("with an explicit deny in an identity-based policy")
    assert said["missing"] == {"name": "NoSuchEntityException", "fault": "client"}
