"""Web identity tokens in files: `keyward credentials` and the JavaScript SDK."""

import json
import pathlib
import subprocess

import pytest

import issuer
from keyward import Keyward, clean_environment
from test_credential_sources import SCRIPT, Container, role_arn, run_credentials, session_arn


class World:
    """A server that trusts an issuer, and a token of it in a file."""

    def __init__(self, server, token, folder):
        self.server = server
        self.token = token
        self.file = pathlib.Path(folder) / "token"
        self.file.write_text(token() + "\n")

    def environment(self, *_, **extra):
        return clean_environment(AWS_ENDPOINT_URL=self.server.url, AWS_REGION="us-east-1", HOME=str(self.file.parent)) | extra


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("token-files")
    with issuer.Issuer() as running, Keyward(folder / "data", "--allow-issuer", running.allowed) as server:
        iam = server.client("iam")
        provider = iam.create_open_id_connect_provider(
            Url=running.url, ClientIDList=[issuer.AUDIENCE])["OpenIDConnectProviderArn"]
        iam.create_role(RoleName="Pod", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}}))
        yield World(server, running.token, folder)


def test_the_command(world):
    options = ["--role", role_arn("Pod"), "--session-name", "pod", "--web-identity-token-file", str(world.file)]
    ran = run_credentials(world, *options, "--duration", "900")
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    sts = world.server.client(
        "sts", said["AccessKeyId"], said["SecretAccessKey"], aws_session_token=said["SessionToken"])
    assert sts.get_caller_identity()["Arn"] == session_arn("Pod", "pod")
    with Container(world, *options) as container:
        status, shown = container.get(Authorization=container.token)
        assert status == 200 and shown["RoleArn"] == role_arn("Pod")
    world.file.write_text("nonsense")
    try:
        ran = run_credentials(world, *options)
        assert (ran.returncode, ran.stdout) == (1, "") and "InvalidIdentityToken" in ran.stderr
        assert "nonsense" not in ran.stderr
    finally:
        world.file.write_text(world.token())


def test_javascript(world):
    environment = world.environment(
        AWS_ROLE_ARN=role_arn("Pod"), AWS_WEB_IDENTITY_TOKEN_FILE=str(world.file), AWS_ROLE_SESSION_NAME="pod")
    ran = subprocess.run(
        ["node", str(SCRIPT), "fromTokenFile", "fromNodeProviderChain"], env=environment, capture_output=True, text=True,
        timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == dict.fromkeys(
        ["fromTokenFile", "fromNodeProviderChain"], session_arn("Pod", "pod"))
