"""Where programs get credentials from: the providers of boto3, of both AWS CLIs and of the JavaScript SDK, unmodified."""

import datetime
import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from keyward import ACCOUNT, PROGRAM, Keyward, clean_environment, free_port
from test_account import code

PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/web/Web"
SCRIPT = pathlib.Path(__file__).parent / "javascript" / "credentials.mjs"
CLI = pathlib.Path(sys.executable).with_name("aws")
CLI_2 = pathlib.Path("/usr/bin/aws")
WHO = """
import boto3, sys
session = boto3.Session(profile_name=sys.argv[2] if len(sys.argv) > 2 else None)
print(session.client("sts").get_caller_identity()["Arn"])
"""


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def session_arn(role, name):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(condition=None, **principal):
    statement = {"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}
    return policy({**statement, "Condition": condition} if condition else statement)


class World:
    """A server with roles, a user and an instance profile, and the settings of programs that use them."""

    def __init__(self, folder):
        self.folder = folder
        self.imds_port = free_port()
        self.imds = f"http://127.0.0.1:{self.imds_port}"
        self.server = Keyward(
            folder / "data", "--imds", f"127.0.0.1:{self.imds_port}", "--imds-instance-profile", PROFILE)

    def fill(self):
        self.iam = iam = self.server.client("iam")
        self.key = self.user("ann")
        for name, document in [
            ("Deploy", trust(AWS=[f"arn:aws:iam::{ACCOUNT}:user/ann", f"arn:aws:iam::{ACCOUNT}:root"])),
            ("Guarded", trust({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, AWS=f"arn:aws:iam::{ACCOUNT}:root")),
            ("Machine", trust(Service="ec2.amazonaws.com")),
        ]:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName="Machine", PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role_arn("Deploy")}))
        iam.create_instance_profile(InstanceProfileName="Web", Path="/web/")
        iam.add_role_to_instance_profile(InstanceProfileName="Web", RoleName="Machine")
        (self.folder / "credentials").write_text(
            f"[base]\naws_access_key_id = {self.key['AccessKeyId']}\n"
            f"aws_secret_access_key = {self.key['SecretAccessKey']}\n")
        process = f"{PROGRAM} credentials --profile base --endpoint {self.server.url}"
        (self.folder / "config").write_text(
            f"[profile process]\ncredential_process = {process} --role {role_arn('Deploy')} --session-name process\n"
            f"[profile own]\ncredential_process = {process}\n"
            f"[profile assumed]\nrole_arn = {role_arn('Deploy')}\nsource_profile = base\nrole_session_name = assumed\n"
            f"[profile from-environment]\nrole_arn = {role_arn('Deploy')}\ncredential_source = Environment\n"
            f"role_session_name = environment\n"
            f"[profile from-machine]\nrole_arn = {role_arn('Deploy')}\ncredential_source = Ec2InstanceMetadata\n"
            f"role_session_name = machine\n"
            f"[profile from-container]\nrole_arn = {role_arn('Deploy')}\ncredential_source = EcsContainer\n"
            f"role_session_name = container\n")
        return self

    def user(self, name):
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}))
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    def environment(self, *profile, **extra):
        named = {"AWS_PROFILE": profile[0]} if profile else {}
        return clean_environment(
            AWS_CONFIG_FILE=str(self.folder / "config"), AWS_SHARED_CREDENTIALS_FILE=str(self.folder / "credentials"),
            AWS_ENDPOINT_URL=self.server.url, AWS_DEFAULT_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true",
            # The CLI keeps sessions below it.
            HOME=str(self.folder), **named) | extra

    def bare(self, **extra):
        """An environment without files and keys, where only what is named gives credentials."""
        return clean_environment(AWS_ENDPOINT_URL=self.server.url, AWS_DEFAULT_REGION="us-east-1", **extra)

    def of_ann(self):
        return {"AWS_ACCESS_KEY_ID": self.key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": self.key["SecretAccessKey"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    prepared = World(tmp_path_factory.mktemp("sources"))
    with prepared.server:
        yield prepared.fill()


def clients():
    found = [pytest.param([sys.executable, "-c", WHO], id="boto3"), pytest.param(cli(CLI), id="cli-1")]
    version = subprocess.run([CLI_2, "--version"], capture_output=True, text=True).stdout if CLI_2.exists() else ""
    return found + ([pytest.param(cli(CLI_2), id="cli-2")] if version.startswith("aws-cli/2") else [])


def cli(program):
    return [str(program), "--output", "text", "sts", "get-caller-identity", "--query", "Arn"]


def ask(client, environment, said="", profile=None):
    """Returns who a program is by its own way to credentials, or its words where it finds none."""
    if profile is not None:
        # Unlike AWS_PROFILE it counts more than keys in the environment.
        client = [*client, "--profile", profile]
    if client[0] == str(CLI_2):
        # This one is older than AWS_ENDPOINT_URL.
        client = [*client, "--endpoint-url", environment["AWS_ENDPOINT_URL"]]
    # In a session of its own, where no terminal answers a prompt.
    ran = subprocess.run(
        client, env=environment, input=said, capture_output=True, text=True, timeout=120, start_new_session=True)
    return ran.stdout.strip() if ran.returncode == 0 else ran.stderr


def knows_endpoints(client):
    if client[0] == str(CLI_2):
        pytest.skip("this AWS CLI asks AWS itself to assume a role: it is older than AWS_ENDPOINT_URL")


@pytest.mark.parametrize("client", clients())
def test_credential_process(world, client):
    assert ask(client, world.environment("process")) == session_arn("Deploy", "process")
    assert ask(client, world.environment("own")) == f"arn:aws:iam::{ACCOUNT}:user/ann"


@pytest.mark.parametrize("client", clients())
def test_profiles_that_assume_a_role(world, client):
    knows_endpoints(client)
    assert ask(client, world.environment("assumed")) == session_arn("Deploy", "assumed")
    environment = world.environment(**world.of_ann())
    assert ask(client, environment, profile="from-environment") == session_arn("Deploy", "environment")


@pytest.mark.parametrize("client", clients())
def test_mfa_serial(world, client, request, tmp_path):
    knows_endpoints(client)
    name = f"mfa-{request.node.callspec.id}"
    key = world.user(name)
    made = world.iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    seed, serial = made["Base32StringSeed"], made["SerialNumber"]
    now = time.time()
    world.iam.enable_mfa_device(
        UserName=name, SerialNumber=serial, AuthenticationCode1=code(seed, now - 30), AuthenticationCode2=code(seed, now))
    (tmp_path / "config").write_text(
        f"[profile guarded]\nrole_arn = {role_arn('Guarded')}\nsource_profile = mine\nmfa_serial = {serial}\n"
        f"role_session_name = guarded\n"
        f"[profile careless]\nrole_arn = {role_arn('Guarded')}\nsource_profile = mine\n"
        f"[profile mine]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n")
    environment = world.environment("guarded", AWS_CONFIG_FILE=str(tmp_path / "config"), HOME=str(tmp_path))
    assert "AccessDenied" in ask(client, environment, "000000\n")
    # The code of the next step, which is good a step early: those of the last two enabled the device.
    assert ask(client, environment, code(seed, time.time() + 30) + "\n") == session_arn("Guarded", "guarded")
    assert "AccessDenied" in ask(client, {**environment, "AWS_PROFILE": "careless"})


def run_credentials(world, *options, environment=None, said=None):
    return subprocess.run(
        [PROGRAM, "credentials", *options], env=environment or world.environment("base"), input=said,
        capture_output=True, text=True, timeout=60, start_new_session=True)


def test_the_command_prints_credentials_and_nothing_else(world, tmp_path):
    limit = tmp_path / "policy.json"
    limit.write_text(policy({"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}))
    ran = run_credentials(
        world, "--role", role_arn("Deploy"), "--session-name", "limited", "--duration", "900", "--policy", str(limit),
        "--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess", "--tag", "Team=web", "--transitive-tag-key", "Team",
        "--source-identity", "ann", "--external-id", "unused")
    assert ran.returncode == 0 and ran.stderr == "", ran.stderr
    said = json.loads(ran.stdout)
    assert sorted(said) == ["AccessKeyId", "Expiration", "SecretAccessKey", "SessionToken", "Version"]
    assert said["Version"] == 1 and said["AccessKeyId"].startswith("ASIA")
    left = datetime.datetime.fromisoformat(said["Expiration"]) - datetime.datetime.now(datetime.timezone.utc)
    assert 800 < left.total_seconds() <= 900
    sts = world.server.client(
        "sts", said["AccessKeyId"], said["SecretAccessKey"], aws_session_token=said["SessionToken"])
    assert sts.get_caller_identity()["Arn"] == session_arn("Deploy", "limited")
    [sent] = [event["requestParameters"] for event in world.server.audit_events()
              if event["eventName"] == "AssumeRole" and event["requestParameters"]["roleSessionName"] == "limited"]
    assert sent["tags"] == [{"key": "Team", "value": "web"}] and sent["transitiveTagKeys"] == ["Team"]
    assert (sent["sourceIdentity"], sent["externalId"]) == ("ann", "unused")


def test_the_command_says_what_is_wrong(world, tmp_path):
    def refused(*options, **settings):
        ran = run_credentials(world, *options, **settings)
        assert (ran.returncode, ran.stdout) == (1, "") and ran.stderr.startswith("keyward: "), ran
        assert ran.stderr.count("\n") == 1
        return ran.stderr

    role = ["--role", role_arn("Guarded")]
    assert f"AccessDenied: User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized" in refused(*role)
    assert "can't reach http://127.0.0.1:1/" in refused(*role, "--endpoint", "http://127.0.0.1:1")
    assert "is not of the form" in refused(*role, "--endpoint", "nonsense")
    assert "no profile absent" in refused(*role, "--profile", "absent")
    assert "no credentials" in refused(*role, environment=world.bare(HOME=str(tmp_path)))
    assert "can't read /nonexistent" in refused(*role, "--policy", "/nonexistent")
    assert "can't read /nonexistent" in refused(*role, "--web-identity-token-file", "/nonexistent")
    assert "ValidationError" in refused(*role, "--duration", "10")
    assert "unable to validate MFA code" in refused(
        *role, "--serial-number", f"arn:aws:iam::{ACCOUNT}:mfa/absent", "--token-code", "000000")
    ran = run_credentials(world, *role, "--serial-number", "absent-device", said="")
    assert ran.returncode == 1 and "no MFA code was given" in ran.stderr and ran.stdout == ""


class Container:
    """A running `keyward credentials --serve`."""

    def __init__(self, world, *options, **environment):
        self.process = subprocess.Popen(
            [PROGRAM, "credentials", "--serve", "127.0.0.1:0", *options],
            env=world.environment("base", **environment), stdout=subprocess.PIPE, text=True)
        lines = [self.process.stdout.readline() for _ in range(2)]
        found = dict(re.fullmatch(r"export (\w+)=(\S+)\n", line).groups() for line in lines)
        self.url = found["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        self.token = found["AWS_CONTAINER_AUTHORIZATION_TOKEN"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.communicate(timeout=30)[0] == ""

    def get(self, **headers):
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, headers=headers), timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def container(world):
    with Container(world, "--role", role_arn("Deploy"), "--session-name", "container") as running:
        yield running


@pytest.mark.parametrize("client", clients())
def test_container_credentials(world, container, client, tmp_path):
    named = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": container.url}
    token = {"AWS_CONTAINER_AUTHORIZATION_TOKEN": container.token}
    assert ask(client, world.bare(**named, **token)) == session_arn("Deploy", "container")
    wrong = ask(client, world.bare(**named, AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong", AWS_EC2_METADATA_DISABLED="true"))
    assert "arn:aws" not in wrong and "credentials" in wrong.lower()
    if client[0] != str(CLI_2):
        file = tmp_path / "token"
        file.write_text(container.token)
        of_file = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}
        assert ask(client, world.bare(**named, **of_file)) == session_arn("Deploy", "container")


def test_what_the_container_endpoint_answers(world, container):
    assert container.get() == container.get(Authorization="Bearer " + container.token)
    assert container.get()[0] == 401 and container.get()[1]["Code"] == "Unauthorized"
    status, shown = container.get(Authorization=container.token)
    assert status == 200 and sorted(shown) == ["AccessKeyId", "Expiration", "RoleArn", "SecretAccessKey", "Token"]
    assert shown["RoleArn"] == role_arn("Deploy")
    # The same until shortly before their end.
    assert container.get(Authorization=container.token) == (200, shown)
    given = "a-token-that-somebody-chose"
    with Container(world, KEYWARD_CONTAINER_TOKEN=given) as other:
        assert other.token == '"$KEYWARD_CONTAINER_TOKEN"'
        status, shown = other.get(Authorization=given)
        assert status == 200 and "RoleArn" not in shown


def test_what_the_container_endpoint_does_not_start_with(world):
    for options, said in [
        (["--serve", "0.0.0.0:0"], "--allow-remote"),
        (["--serve", "127.0.0.1:0", "--role", role_arn("Guarded")], "AccessDenied"),
        (["--serve", f"127.0.0.1:{world.server.port}"], "can't listen on"),
    ]:
        ran = run_credentials(world, *options)
        assert (ran.returncode, ran.stdout) == (1, "") and said in ran.stderr
    environment = world.environment("base", KEYWARD_CONTAINER_TOKEN="short")
    assert "KEYWARD_CONTAINER_TOKEN must have" in run_credentials(
        world, "--serve", "127.0.0.1:0", environment=environment).stderr
    assert run_credentials(world, "--serve", "127.0.0.1:0", "--serial-number", "x" * 9).returncode == 2


@pytest.mark.parametrize("client", clients())
def test_instance_metadata(world, client):
    machine = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": world.imds + "/"}
    assert re.fullmatch(re.escape(session_arn("Machine", "i-")) + "[0-9a-f]{17}", ask(client, world.bare(**machine)))


@pytest.mark.parametrize("client", clients())
def test_profiles_by_what_the_machine_has(world, container, client):
    knows_endpoints(client)
    machine = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": world.imds + "/", "AWS_EC2_METADATA_DISABLED": "false"}
    assert ask(client, world.environment("from-machine", **machine)) == session_arn("Deploy", "machine")
    # A session of the role must be let in by the role's own trust, as any other.
    own = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": container.url,
           "AWS_CONTAINER_AUTHORIZATION_TOKEN": container.token}
    assert "AccessDenied" in ask(client, world.environment("from-container", **own))


class Metadata:
    """Speaks to the instance metadata service as a program without an SDK."""

    def __init__(self, world):
        self.port = world.imds_port

    def send(self, method, path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer

    def token(self, seconds="60", **headers):
        return self.send("PUT", "/latest/api/token", X_aws_ec2_metadata_token_ttl_seconds=seconds, **headers)

    def get(self, path):
        return self.send("GET", path, X_aws_ec2_metadata_token=self.token()[1])[:2]


def test_tokens_of_the_instance_metadata_service(world):
    metadata = Metadata(world)
    status, token, answer = metadata.token("21600")
    assert status == 200 and len(token) == 80
    assert answer.headers["X-aws-ec2-metadata-token-ttl-seconds"] == "21600"
    for seconds in ["0", "21601", "-1", "x", ""]:
        assert metadata.token(seconds)[0] == 400
    assert metadata.send("PUT", "/latest/api/token")[0] == 400
    assert metadata.token(X_Forwarded_For="192.0.2.1")[0] == 403
    assert metadata.token(Origin="http://evil.example")[0] == 403
    path = "/latest/meta-data/instance-id"
    assert metadata.send("GET", path)[0] == 401
    assert metadata.send("GET", path, X_aws_ec2_metadata_token="0" * 80)[0] == 401
    assert metadata.send("GET", path, X_aws_ec2_metadata_token=token)[0] == 200
    assert metadata.send("POST", path, X_aws_ec2_metadata_token=token)[0] == 405
    short = metadata.token("1")[1]
    deadline = time.monotonic() + 10
    while metadata.send("GET", path, X_aws_ec2_metadata_token=short)[0] == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert metadata.send("GET", path, X_aws_ec2_metadata_token=short)[0] == 401


def ask_for_a_token(port, least_ttl):
    """Sends the PUT over a socket that hears only packets with so many hops left, and returns the answer's first line."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as near:
        near.setsockopt(socket.IPPROTO_IP, 21, least_ttl)  # IP_MINTTL
        near.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        assert near.recv(4096).startswith(b"HTTP/1.1 401 ")
        near.settimeout(1 if least_ttl > 1 else 30)
        near.sendall(b"PUT /latest/api/token HTTP/1.1\r\nHost: h\r\n"
                     b"X-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n")
        try:
            return near.recv(4096).split(b"\r\n")[0]
        except TimeoutError:
            return None


@pytest.mark.skipif(sys.platform != "linux", reason="IP_MINTTL")
def test_a_token_does_not_leave_the_machine(world, tmp_path):
    assert ask_for_a_token(world.imds_port, 1) == b"HTTP/1.1 200 OK"
    # Who is one router away hears other answers, and none with a token.
    assert ask_for_a_token(world.imds_port, 2) is None
    port = free_port()
    options = ["--imds", f"127.0.0.1:{port}", "--imds-instance-profile", PROFILE]
    with Keyward(tmp_path / "data", *options, "--imds-hop-limit", "2"):
        assert ask_for_a_token(port, 2) == b"HTTP/1.1 200 OK"
        assert ask_for_a_token(port, 3) is None
    for wrong in ["0", "65", "x"]:
        ran = world.server.run("serve", "--data-dir", str(tmp_path / "other"), *options, "--imds-hop-limit", wrong)
        assert ran.returncode == 2 and not (tmp_path / "other").exists(), ran.stderr


def test_pages_of_the_instance_metadata_service(world):
    metadata = Metadata(world)
    status, instance = metadata.get("/latest/meta-data/instance-id")
    assert status == 200 and re.fullmatch("i-[0-9a-f]{17}", instance)
    assert metadata.get("/latest/meta-data/placement/region") == (200, "us-east-1")
    assert metadata.get("/latest/meta-data/placement/availability-zone") == (200, "us-east-1a")
    document = json.loads(metadata.get("/latest/dynamic/instance-identity/document")[1])
    assert (document["accountId"], document["instanceId"], document["region"]) == (ACCOUNT, instance, "us-east-1")
    info = json.loads(metadata.get("/latest/meta-data/iam/info")[1])
    assert (info["Code"], info["InstanceProfileArn"]) == ("Success", PROFILE)
    assert info["InstanceProfileId"].startswith("AIPA")
    base = "/latest/meta-data/iam/security-credentials/"
    assert metadata.get(base) == metadata.get(base[:-1]) == (200, "Machine")
    shown = json.loads(metadata.get(base + "Machine")[1])
    assert sorted(shown) == [
        "AccessKeyId", "Code", "Expiration", "LastUpdated", "SecretAccessKey", "Token", "Type"]
    assert (shown["Code"], shown["Type"]) == ("Success", "AWS-HMAC")
    assert json.loads(metadata.get(base + "Machine")[1]) == shown
    life = datetime.datetime.fromisoformat(shown["Expiration"]) - datetime.datetime.fromisoformat(shown["LastUpdated"])
    assert life == datetime.timedelta(hours=6)
    for path in ["/", "/latest", "/latest/user-data", "/2021-07-15/meta-data/", base + "Deploy", base + "machine",
                 base + "Machine/", "/latest/meta-data/iam/security-credentials-extended/"]:
        status, page = metadata.get(path)
        assert status == 404 and "<title>404 - Not Found</title>" in page, path
    [event] = [one for one in world.server.audit_events() if one["userIdentity"]["type"] == "AWSService"]
    assert event["userIdentity"] == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert (event["eventSource"], event["eventName"]) == ("sts.amazonaws.com", "AssumeRole")
    assert event["requestParameters"] == {"roleArn": role_arn("Machine"), "roleSessionName": instance}
    given = event["responseElements"]["credentials"]
    assert given["accessKeyId"] == shown["AccessKeyId"]
    assert shown["SecretAccessKey"] not in json.dumps(event) and shown["Token"] not in json.dumps(event)


def test_a_role_that_the_machine_may_not_have(world):
    metadata = Metadata(world)
    path = "/latest/meta-data/iam/security-credentials/Machine"
    before = json.loads(metadata.get(path)[1])
    world.iam.update_assume_role_policy(
        RoleName="Machine", PolicyDocument=trust(Service=["lambda.amazonaws.com", "ec2.amazonaws.com.cn"]))
    try:
        status, page = metadata.get(path)
        refused = json.loads(page)
        assert (status, refused["Code"]) == (200, "AssumeRoleUnauthorizedAccess")
        assert refused["Message"].startswith("EC2 cannot assume the role Machine.") and "AccessKeyId" not in refused
        event = [one for one in world.server.audit_events() if one["userIdentity"]["type"] == "AWSService"][-1]
        assert event["errorCode"] == "AccessDenied" and event["responseElements"] is None
        assert event["errorMessage"] == (
            f"User: ec2.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: {role_arn('Machine')}")
        log = (world.folder / "data.log").read_text()
        assert "EC2 can't assume the role of the instance profile" in log
    finally:
        world.iam.update_assume_role_policy(RoleName="Machine", PolicyDocument=trust(Service="ec2.amazonaws.com"))
    assert json.loads(metadata.get(path)[1]) == before
    ran = world.server.run("admin", "--data-dir", str(world.server.data_dir), "session", "revoke", before["AccessKeyId"])
    assert ran.returncode == 0, ran.stderr
    assert json.loads(metadata.get(path)[1])["AccessKeyId"] != before["AccessKeyId"]
    world.iam.remove_role_from_instance_profile(InstanceProfileName="Web", RoleName="Machine")
    try:
        assert metadata.get(path)[0] == metadata.get("/latest/meta-data/iam/security-credentials/")[0] == 404
        assert metadata.get("/latest/meta-data/iam/info")[0] == 200
    finally:
        world.iam.add_role_to_instance_profile(InstanceProfileName="Web", RoleName="Machine")


def test_javascript_providers(world, container):
    environment = world.environment(
        AWS_EC2_METADATA_SERVICE_ENDPOINT=world.imds, AWS_EC2_METADATA_DISABLED="false",
        AWS_CONTAINER_CREDENTIALS_FULL_URI=container.url, AWS_CONTAINER_AUTHORIZATION_TOKEN=container.token,
        AWS_REGION="us-east-1")
    expected = {
        "fromIni process": session_arn("Deploy", "process"), "fromIni assumed": session_arn("Deploy", "assumed"),
        "fromIni from-machine": session_arn("Deploy", "machine"), "fromProcess": session_arn("Deploy", "process"),
        "fromContainerMetadata": session_arn("Deploy", "container"), "fromHttp": session_arn("Deploy", "container"),
        "fromNodeProviderChain": session_arn("Deploy", "container"),
        "fromTemporaryCredentials": session_arn("Deploy", "temporary"),
    }
    ran = subprocess.run(
        ["node", str(SCRIPT), "fromInstanceMetadata", *expected], env=environment, capture_output=True, text=True,
        timeout=120)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    machine = said.pop("fromInstanceMetadata")
    assert re.fullmatch(re.escape(session_arn("Machine", "i-")) + "[0-9a-f]{17}", machine)
    assert said == expected


def test_how_the_metadata_service_is_set_up(tmp_path):
    def start(*options, text=None, **environment):
        if text is not None:
            (tmp_path / "keyward.toml").write_text(text)
            options = ["--config", str(tmp_path / "keyward.toml"), *options]
        return subprocess.run(
            [PROGRAM, "serve", "--data-dir", str(tmp_path / "none"), "--listen", "127.0.0.1:0", *options],
            env=clean_environment(**environment), capture_output=True, text=True, timeout=60)

    for ran, said in [
        (start("--imds", "127.0.0.1:0"), "needs both --imds and --imds-instance-profile"),
        (start(KEYWARD_IMDS_INSTANCE_PROFILE=PROFILE), "needs both --imds and --imds-instance-profile"),
        (start(text='imds = "127.0.0.1:0"\nimds_instance_profile = "Web"'), "Web is not the ARN of an instance profile"),
        (start("--imds-hop-limit", "2"), "needs both --imds and --imds-instance-profile"),
        (start(text=f'imds = "127.0.0.1:0"\nimds_instance_profile = "{PROFILE}"\nimds_hop_limit = 65'), "from 1 to 64, not 65"),
        (start("--imds", "192.0.2.1:80", "--imds-instance-profile", PROFILE), "can't listen on 192.0.2.1:80"),
    ]:
        assert ran.returncode == 1 and said in ran.stderr and ran.stdout == "", ran
    assert not (tmp_path / "none").exists()
