"""Starts and stops a real `keyward` process on loopback for the tests."""

import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

PROGRAM = os.environ.get(
    "KEYWARD_PROGRAM", str(pathlib.Path(__file__).parents[2] / "target/debug/keyward")
)
ACCOUNT = "111122223333"
# The operations that any test called through boto3 and that were answered by what serves them: done, or refused with an
# error of the operation's own.
CALLED = set()
ROOT_KEY = "AKIAROOTEXAMPLE00001"
ROOT_SECRET = "rootSecretKey/OfForty+Characters/Example"


def clean_environment(**extra):
    """The environment without whatever AWS or Keyward settings the tester has."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KEYWARD_"))}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, **extra}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Keyward:
    """One server process on one data directory."""

    def __init__(self, data_dir, *options, scheme="http", **environment):
        self.data_dir = pathlib.Path(data_dir)
        self.port = free_port()
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.options = options
        self.environment = {
            "KEYWARD_ACCOUNT_ID": ACCOUNT,
            "KEYWARD_ROOT_EMAIL": "root@example.test",
            "KEYWARD_ROOT_PASSWORD": "correct horse battery staple",
            "KEYWARD_ROOT_ACCESS_KEY_ID": ROOT_KEY,
            "KEYWARD_ROOT_SECRET_ACCESS_KEY": ROOT_SECRET,
            **environment,
        }
        self.process = None
        self.output = ""

    def command(self):
        return [
            PROGRAM, "serve", "--data-dir", str(self.data_dir),
            "--listen", f"127.0.0.1:{self.port}", *self.options,
        ]

    def start(self):
        log = open(self.data_dir.parent / f"{self.data_dir.name}.log", "ab")
        self.process = subprocess.Popen(
            self.command(), env=clean_environment(**self.environment),
            stdout=subprocess.PIPE, stderr=log, text=True,
        )
        log.close()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"keyward ended with {self.process.returncode}: {self.process.stdout.read()}")
            try:
                if self.get("/readyz")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("keyward does not get ready")

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.output += self.process.communicate(timeout=30)[0]
        code, self.process = self.process.returncode, None
        return code

    def kill(self):
        return self.stop(signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def client(self, service, key=ROOT_KEY, secret=ROOT_SECRET, **settings):
        config = Config(retries={"max_attempts": 0}, **settings.pop("config", {}))
        client = boto3.session.Session().client(
            service, endpoint_url=self.url, region_name="us-east-1",
            aws_access_key_id=key, aws_secret_access_key=secret, config=config, **settings,
        )
        client.meta.events.register(f"after-call.{service}", note_call)
        return client

    def get(self, path):
        """Returns the status and the text of a plain GET."""
        try:
            trust = ssl._create_unverified_context() if self.url.startswith("https") else None
            with urllib.request.urlopen(self.url + path, timeout=10, context=trust) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def run(self, *arguments, **environment):
        """Runs a keyward command and returns the finished process."""
        return subprocess.run(
            [PROGRAM, *arguments], env=clean_environment(**environment),
            capture_output=True, text=True, timeout=60,
        )

    def audit_events(self, kind="AwsApiCall"):
        # Lines of a busy server gather for two milliseconds before they are written.
        time.sleep(0.05)
        events = []
        for path in sorted((self.data_dir / "audit").iterdir()):
            events += [json.loads(line) for line in path.read_text().splitlines()]
        return [event for event in events if event["eventType"] == kind]


def note_call(model, http_response, parsed, **_):
    """Notes an operation that was served; a call that never reached it does not count."""
    error = parsed.get("Error", {})
    denied = "is not authorized to perform" in error.get("Message", "")
    if not denied and error.get("Code") not in ("NotImplemented", "ValidationError", "MalformedInput"):
        CALLED.add((model.service_model.service_name, model.name))


def printed(output, label):
    """Finds the value behind a label in the block that `serve` prints."""
    found = re.search(rf"^\s*{re.escape(label)}\s+(\S+)$", output, re.MULTILINE)
    return found.group(1) if found else None
