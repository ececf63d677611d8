"""Where the default provider chain of the AWS SDK for Rust gets credentials from, each source in its turn."""

import json
import re
import subprocess

import pytest

import issuer
from keyward import ACCOUNT, Keyward
from test_credential_sources import Container, World, role_arn, session_arn
from test_rust import program

USER = f"arn:aws:iam::{ACCOUNT}:user/ann"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    prepared = World(tmp_path_factory.mktemp("rust"))
    with prepared.server:
        yield prepared.fill()


@pytest.fixture(scope="module")
def who():
    """Returns who the program is with an environment, or its words where it finds no credentials."""
    path = program("credentials")

    def ask(environment):
        ran = subprocess.run([path], env=environment, capture_output=True, text=True, timeout=120)
        return ran.stdout.strip() if ran.returncode == 0 else ran.stderr

    return ask


def test_keys_of_the_environment(world, who):
    assert who(world.bare(**world.of_ann())) == USER
    # They count more than a profile's.
    assert who(world.environment("assumed", **world.of_ann())) == USER


def test_profiles(world, who):
    assert who(world.environment("base")) == USER
    assert who(world.environment("assumed")) == session_arn("Deploy", "assumed")
    assert who(world.environment("process")) == session_arn("Deploy", "process")
    assert who(world.environment("own")) == USER
    machine = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": world.imds + "/", "AWS_EC2_METADATA_DISABLED": "false"}
    assert who(world.environment("from-machine", **machine)) == session_arn("Deploy", "machine")


def test_a_web_identity_token_in_a_file(world, who, tmp_path):
    with issuer.Issuer() as running, Keyward(tmp_path / "data", "--allow-issuer", running.allowed) as server:
        iam = server.client("iam")
        provider = iam.create_open_id_connect_provider(
            Url=running.url, ClientIDList=[issuer.AUDIENCE])["OpenIDConnectProviderArn"]
        iam.create_role(RoleName="Pod", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}}))
        token = tmp_path / "token"
        token.write_text(running.token())
        named = {"AWS_ROLE_ARN": role_arn("Pod"), "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_SESSION_NAME": "pod",
                 "AWS_ENDPOINT_URL": server.url, "AWS_EC2_METADATA_DISABLED": "true"}
        assert who(world.bare() | named) == session_arn("Pod", "pod")
        (tmp_path / "config").write_text(
            f"[profile pod]\nrole_arn = {role_arn('Pod')}\nweb_identity_token_file = {token}\nrole_session_name = profile\n")
        of_profile = {"AWS_ENDPOINT_URL": server.url, "AWS_CONFIG_FILE": str(tmp_path / "config")}
        assert who(world.environment("pod") | of_profile) == session_arn("Pod", "profile")
        token.write_text("nonsense")
        assert "arn:aws" not in who(world.bare() | named)


def test_container_credentials(world, who, tmp_path):
    with Container(world, "--role", role_arn("Deploy"), "--session-name", "container") as container:
        named = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": container.url, "AWS_EC2_METADATA_DISABLED": "true"}
        token = {"AWS_CONTAINER_AUTHORIZATION_TOKEN": container.token}
        assert who(world.bare(**named, **token)) == session_arn("Deploy", "container")
        file = tmp_path / "token"
        file.write_text(container.token)
        of_file = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}
        assert who(world.bare(**named, **of_file)) == session_arn("Deploy", "container")
        assert "arn:aws" not in who(world.bare(**named, AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong"))


def test_instance_metadata(world, who):
    machine = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": world.imds + "/"}
    assert re.fullmatch(re.escape(session_arn("Machine", "i-")) + "[0-9a-f]{17}", who(world.bare(**machine)))
    assert "arn:aws" not in who(world.bare(**machine, AWS_EC2_METADATA_DISABLED="true"))
