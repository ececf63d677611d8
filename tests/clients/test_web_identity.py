"""Sessions of roles for bearers of tokens, and tokens of our own, by the AWS SDK, the AWS CLI and PyJWT."""

import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import time

import boto3
import botocore.exceptions
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives import serialization

from issuer import AUDIENCE, Issuer, new_key
from keyward import ACCOUNT, Keyward, clean_environment, note_call

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"]
NO_KEY = ("Couldn't retrieve verification key from your identity provider,  please reference "
          "AssumeRoleWithWebIdentity documentation for requirements")
NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def provider_arn(url):
    return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{url.removeprefix('https://')}"


def trust(url, *actions, **condition):
    statement = {"Effect": "Allow", "Principal": {"Federated": provider_arn(url)},
                 "Action": ["sts:AssumeRoleWithWebIdentity", *actions]}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def everything(effect="Allow", **more):
    return json.dumps({"Version": "2012-10-17",
                       "Statement": [{"Effect": effect, "Action": "*", "Resource": "*", **more}]})


def set_up(server, issuer, name="deploy", **provider):
    iam = server.client("iam")
    iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=[AUDIENCE], **provider)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(issuer.url), MaxSessionDuration=7200)
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=everything())


def unsigned(server):
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
    client = boto3.session.Session().client(
        "sts", endpoint_url=server.url, region_name="us-east-1", config=config)
    client.meta.events.register("after-call.sts", note_call)
    return client


def assume(server, token, name="deploy", **more):
    return unsigned(server).assume_role_with_web_identity(
        RoleArn=role_arn(name), RoleSessionName="work", WebIdentityToken=token, **more)


def refused(server, token, name="deploy", **more):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        assume(server, token, name, **more)
    answer = raised.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.fixture(scope="module")
def issuer():
    with Issuer() as running:
        for algorithm in ALGORITHMS:
            running.keys[algorithm] = new_key(algorithm)
        yield running


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, issuer):
    """A server that trusts the issuer, which has a private address."""
    folder = tmp_path_factory.mktemp("web-identity")
    with Keyward(folder / "data", "--allow-issuer", issuer.allowed) as server:
        set_up(server, issuer)
        yield server


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm(trusting, issuer, algorithm):
    answer = assume(trusting, issuer.token(algorithm, key_id=algorithm))
    assert answer["SubjectFromWebIdentityToken"] == "subject"
    assert answer["Audience"] == AUDIENCE and answer["Provider"] == issuer.url
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/work"
    credentials = answer["Credentials"]
    sts = trusting.client("sts", credentials["AccessKeyId"], credentials["SecretAccessKey"],
                          aws_session_token=credentials["SessionToken"])
    assert sts.get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]


def test_refusals(trusting, issuer):
    now = int(time.time())
    invalid, expired = "InvalidIdentityToken", "ExpiredTokenException"
    public = issuer.keys["rsa"].public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for token, code, message in [
        ("abcd", invalid, NOT_A_JWT),
        (issuer.token("none", key=""), invalid, NOT_A_JWT),
        (confused(issuer, public), invalid, NOT_A_JWT),
        (issuer.token("PS256"), invalid, NOT_A_JWT),
        (issuer.token(headers={"crit": ["b64"], "b64": True}), invalid, NOT_A_JWT),
        (issuer.token(sub=None), invalid, "Missing a required claim: sub"),
        (issuer.token(exp=None), invalid, "Missing a required claim: exp"),
        (issuer.token(iss="https://elsewhere.test"), invalid,
         "No OpenIDConnect provider found in your account for https://elsewhere.test"),
        (issuer.token(aud="somebody else"), invalid, "Incorrect token audience"),
        (issuer.token(key=new_key("RS256")), invalid, NO_KEY),
        (issuer.token(key=new_key("RS256"), key_id="unknown"), invalid, NO_KEY),
        (issuer.token("RS256", key_id="RS384", key=issuer.keys["rsa"]), invalid, NO_KEY),
        (issuer.token("ES256", key_id="rsa", key=issuer.keys["ES256"]), invalid, NO_KEY),
        (issuer.token(iat=now - 900_000), expired, "Token too old: 900000"),
        (issuer.token(**{"https://aws.amazon.com/roles": ["deploy"]}), invalid,
         "The target role ARN is not present in the roles claim of the identity token"),
    ]:
        status, got, text = refused(trusting, token)
        assert (status, got) == (400, code), text
        assert text == message or (code == expired and text.startswith("Token too old: 9000")), text
    status, code, text = refused(trusting, issuer.token(exp=now - 60))
    assert (status, code) == (400, expired)
    assert text.startswith("Token expired: current date/time ") and text.endswith(str(now - 60))
    denied = (403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    assert refused(trusting, issuer.token(), "absent") == denied
    assert refused(trusting, issuer.token(**{"https://aws.amazon.com/source_identity": "diego"})) == denied
    too_long = refused(trusting, issuer.token(), DurationSeconds=7201)
    assert too_long[:2] == (400, "ValidationError")


def confused(issuer, secret):
    """A token by HMAC with the public key as its secret, which PyJWT refuses to make."""
    encode = lambda part: base64.urlsafe_b64encode(part).rstrip(b"=")  # noqa: E731
    claims = issuer.token().split(".")[1].encode()
    message = encode(b'{"alg":"HS256","kid":"rsa"}') + b"." + claims
    return (message + b"." + encode(hmac.new(secret, message, hashlib.sha256).digest())).decode()


def test_tags_and_conditions(trusting, issuer):
    iam = trusting.client("iam")
    url = issuer.url.removeprefix("https://")
    document = trust(issuer.url, "sts:TagSession", StringEquals={
        f"{url}:sub": "repo:o/r:ref:refs/heads/main", "aws:RequestTag/Team": "core"})
    iam.create_role(RoleName="tagged", AssumeRolePolicyDocument=document)
    iam.put_role_policy(RoleName="tagged", PolicyName="p", PolicyDocument=everything(
        Condition={"StringEquals": {"aws:PrincipalTag/Team": "core", f"{url}:sub": "repo:o/r:ref:refs/heads/main"}}))
    claims = {"sub": "repo:o/r:ref:refs/heads/main",
              "https://aws.amazon.com/tags": {"principal_tags": {"Team": ["core"]}}}
    credentials = assume(trusting, issuer.token(**claims), "tagged")["Credentials"]
    session = trusting.client("iam", credentials["AccessKeyId"], credentials["SecretAccessKey"],
                              aws_session_token=credentials["SessionToken"])
    assert session.list_users()["Users"] == []
    assert refused(trusting, issuer.token(**{**claims, "sub": "other"}), "tagged")[1] == "AccessDenied"


def test_an_issuer_that_is_not_ours(tmp_path):
    """oauth2-mock-server: discovery, keys and tokens by `jose`."""
    program = pathlib.Path(__file__).parent / "javascript" / "issuer.mjs"
    url = "https://mock.test"
    process = subprocess.Popen(["node", str(program), url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               env=clean_environment())
    try:
        started = json.loads(process.stdout.readline())

        def token(**claims):
            process.stdin.write(json.dumps(claims) + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        allowed = f"{url}=http://127.0.0.1:{started['port']}"
        with Keyward(tmp_path / "data", "--allow-issuer", allowed) as server:
            set_up(server, type("Mock", (), {"url": url}))
            assert [algorithm for algorithm, _ in started["keys"]] == ["RS256", "ES256", "EdDSA"]
            for _, key_id in started["keys"]:
                answer = assume(server, token(kid=key_id, sub="client", aud=AUDIENCE))
                assert answer["SubjectFromWebIdentityToken"] == "client"
            assert refused(server, token(sub="client", aud="other"))[2] == "Incorrect token audience"
            early = refused(server, token(sub="client", aud=AUDIENCE, nbf=int(time.time()) + 3600))
            assert early[2].startswith("Token not yet valid: ")
    finally:
        process.stdin.close()
        process.wait(timeout=30)


def aws_environment(server, **more):
    return clean_environment(AWS_ENDPOINT_URL=server.url, AWS_DEFAULT_REGION="us-east-1", **more)


def aws(*arguments, **environment):
    command = [sys.executable, "-m", "awscli", *arguments, "--output", "json"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_environment_of_a_kubernetes_pod(trusting, issuer, tmp_path):
    """What IRSA sets: a file with a token, a role, perhaps a session name."""
    (tmp_path / "token").write_text(issuer.token(sub="system:serviceaccount:ns:sa"))
    environment = aws_environment(trusting, AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"),
                                  AWS_ROLE_ARN=role_arn("deploy"), AWS_ROLE_SESSION_NAME="pod")
    caller = aws("sts", "get-caller-identity", **environment)
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/pod"
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert ran.stdout.strip() == caller["Arn"], ran.stderr


def test_a_profile_with_a_token_file(trusting, issuer, tmp_path):
    (tmp_path / "token").write_text(issuer.token("ES256", key_id="ES256"))
    (tmp_path / "config").write_text(
        f"[profile ci]\nrole_arn = {role_arn('deploy')}\nweb_identity_token_file = {tmp_path / 'token'}\n"
        "role_session_name = ci\n")
    environment = aws_environment(trusting, AWS_PROFILE="ci")
    environment["AWS_CONFIG_FILE"] = str(tmp_path / "config")
    caller = aws("sts", "get-caller-identity", **environment)
    assert caller["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"
    assert aws("iam", "list-roles", **environment)["Roles"]


def test_an_issuer_that_is_not_allowed_is_not_reached(tmp_path):
    with Issuer("https://localhost") as issuer, Keyward(tmp_path / "data") as server:
        set_up(server, issuer)
        assert refused(server, issuer.token()) == (400, "InvalidIdentityToken", NO_KEY)
        assert issuer.asked == []


def test_a_hanging_huge_or_redirecting_issuer(tmp_path):
    def hang(_handler):
        time.sleep(20)

    def huge(handler):
        handler.answer(b'{"keys":[' + b" " * (10 << 20) + b"]}")

    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", "/keys2")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    for instead, code in [(redirect, "InvalidIdentityToken"), (huge, "InvalidIdentityToken"),
                          (hang, "IDPCommunicationError")]:
        with Issuer() as issuer:
            issuer.instead["/keys"] = instead
            folder = tmp_path / instead.__name__
            folder.mkdir()
            with Keyward(folder / "data", "--allow-issuer", issuer.allowed) as server:
                set_up(server, issuer)
                begun = time.monotonic()
                status, got, _ = refused(server, issuer.token())
                assert (status, got) == (400, code)
                assert time.monotonic() - begun < 7
                assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


@pytest.fixture
def certificate(tmp_path):
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", str(files[1]), "-out", str(files[0])],
        check=True, capture_output=True)
    return files


def test_certificates_by_authority_and_by_thumbprint(tmp_path, certificate):
    der = base64.b64decode("".join(certificate[0].read_text().splitlines()[1:-1]))
    thumbprint = hashlib.sha1(der).hexdigest()
    mismatch = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
    for name, options, provider, good in [
        ("authority", ("--issuer-ca", str(certificate[0])), {}, True),
        ("thumbprint", (), {"ThumbprintList": [thumbprint]}, True),
        ("neither", (), {"ThumbprintList": ["0" * 40]}, False),
    ]:
        (tmp_path / name).mkdir()
        with Issuer(tls=[str(path) for path in certificate]) as issuer:
            options = ("--allow-issuer", issuer.allowed, *options)
            with Keyward(tmp_path / name / "data", *options) as server:
                set_up(server, issuer, **provider)
                if good:
                    assert assume(server, issuer.token())["Provider"] == issuer.url
                else:
                    assert refused(server, issuer.token()) == (400, "InvalidIdentityToken", mismatch)


def test_options_come_from_a_file_and_are_checked(tmp_path, issuer):
    config = tmp_path / "keyward.toml"
    config.write_text(f'allow_issuer = ["{issuer.allowed}"]\npublic_url = "https://keyward.test/"\n')
    with Keyward(tmp_path / "data", "--config", str(config)) as server:
        set_up(server, issuer)
        assume(server, issuer.token())
        enabled = server.client("iam").enable_outbound_web_identity_federation()
        assert enabled["IssuerIdentifier"].startswith("https://keyward.test/oidc/")
    for options, words in [
        (("--allow-issuer", "http://10.0.0.1"), "is not https://ISSUER"),
        (("--issuer-ca", str(config)), "holds no certificate"),
        (("--public-url", "keyward.test"), "--public-url"),
    ]:
        ran = server.run("serve", "--data-dir", str(tmp_path / "other"), "--listen", "127.0.0.1:0", *options)
        assert ran.returncode != 0 and words in ran.stderr, ran.stderr


def published(server, issuer_url):
    """Reads an issuer's keys as PyJWT's own client does, by way of its discovery document."""
    status, text = server.get(issuer_url.removeprefix(server.url) + "/.well-known/openid-configuration")
    discovery = json.loads(text)
    assert status == 200 and discovery["issuer"] == issuer_url
    return jwt.PyJWKClient(discovery["jwks_uri"])


def test_tokens_of_our_own_verify_elsewhere(tmp_path):
    with Keyward(tmp_path / "data") as server:
        iam, sts = server.client("iam"), server.client("sts")
        with pytest.raises(botocore.exceptions.ClientError) as raised:
            sts.get_web_identity_token(Audience=["https://api.test"], SigningAlgorithm="RS256")
        assert raised.value.response["Error"]["Code"] == "OutboundWebIdentityFederationDisabledException"
        issuer_url = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
        assert issuer_url.startswith(server.url + "/oidc/")
        keys = published(server, issuer_url)
        old = None
        for algorithm in ["RS256", "ES384"]:
            answer = sts.get_web_identity_token(
                Audience=["https://api.test"], SigningAlgorithm=algorithm, DurationSeconds=600,
                Tags=[{"Key": "job", "Value": "1"}])
            old = answer["WebIdentityToken"]
            claims = jwt.decode(old, keys.get_signing_key_from_jwt(old), algorithms=[algorithm],
                                audience="https://api.test", issuer=issuer_url)
            assert claims["sub"] == f"arn:aws:iam::{ACCOUNT}:root"
            assert claims["https://sts.amazonaws.com/"]["request_tags"] == {"job": "1"}
            assert claims["exp"] == int(answer["Expiration"].timestamp()) == claims["iat"] + 600
        # Keys rotate, and what was signed stays good.
        assert server.run("admin", "key", "rotate", "--data-dir", str(server.data_dir)).returncode == 0
        new = sts.get_web_identity_token(Audience=["a"], SigningAlgorithm="ES384")["WebIdentityToken"]
        assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
        keys = published(server, issuer_url)
        for token, audience in [(old, "https://api.test"), (new, "a")]:
            jwt.decode(token, keys.get_signing_key_from_jwt(token), algorithms=["ES384"], audience=audience)
        for path in ["/oidc/", "/oidc/x/.well-known/jwks.json", "/oidc/../admin"]:
            assert server.get(path)[0] == 404
    # After a restart the keys are the same.
    with Keyward(tmp_path / "data") as server:
        status, text = server.get(issuer_url[issuer_url.index("/oidc/"):] + "/.well-known/jwks.json")
        assert status == 200 and len(json.loads(text)["keys"]) == 4


def test_one_keyward_logs_in_to_another(tmp_path):
    for name in ["first", "second"]:
        (tmp_path / name).mkdir()
    with Keyward(tmp_path / "first" / "data", "--public-url", "https://first.test") as first:
        url = first.client("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
        token = first.client("sts").get_web_identity_token(
            Audience=[AUDIENCE], SigningAlgorithm="ES384")["WebIdentityToken"]
        allowed = f"{url}={first.url}{url.removeprefix('https://first.test')}"
        with Keyward(tmp_path / "second" / "data", "--allow-issuer", allowed) as second:
            second_issuer = type("Other", (), {"url": url})
            set_up(second, second_issuer)
            answer = assume(second, token)
            assert answer["SubjectFromWebIdentityToken"] == f"arn:aws:iam::{ACCOUNT}:root"
        # The same token opens nothing where it was made.
        set_up(first, second_issuer)
        assert refused(first, token)[1:] == (
            "InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {url}")
