"""Security keys and passkeys: registered by the operator from what a browser gives, used by boto3 and the AWS CLI."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keyward import ACCOUNT, ROOT_KEY, ROOT_SECRET, Keyward, clean_environment
from test_account import code, refused
from test_operator import admin, explain, flat

ORIGIN = "keyward.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Keyward(tmp_path_factory.mktemp("fido") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def cbor(value):
    """Encodes what COSE keys are made of."""
    def head(kind, number):
        if number < 24:
            return bytes([kind << 5 | number])
        if number < 256:
            return bytes([kind << 5 | 24, number])
        return bytes([kind << 5 | 25]) + number.to_bytes(2, "big")
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(part) for pair in value.items() for part in pair)
    return head(0, value) if value >= 0 else head(1, -1 - value)


def cose_key(public):
    """The key as an authenticator writes it, and the number of its algorithm."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers = public.public_numbers()
        return cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}), -7
    if isinstance(public, ed25519.Ed25519PublicKey):
        return cbor({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()}), -8
    numbers = public.public_numbers()
    return cbor({1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}), -257


def credential(private=None, flags=0x45, **changes):
    """What JSON.stringify(await navigator.credentials.create(…)) gives in a browser."""
    public = (private or ec.generate_private_key(ec.SECP256R1())).public_key()
    key, algorithm = cose_key(public)
    raw_id = os.urandom(48)
    data = (hashlib.sha256(ORIGIN.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big") + bytes(16)
            + len(raw_id).to_bytes(2, "big") + raw_id + key)
    client_data = {"type": "webauthn.create", "challenge": base64url(os.urandom(32)), "origin": f"https://{ORIGIN}",
                   "crossOrigin": False}
    response = {
        "clientDataJSON": base64url(json.dumps(client_data).encode()),
        "authenticatorData": base64url(data),
        "transports": ["nfc", "usb"],
        "publicKey": base64url(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
        "publicKeyAlgorithm": algorithm,
        "attestationObject": base64url(b"\xa3cfmtdnonegattStmt\xa0hauthData" + b"\x59" + len(data).to_bytes(2, "big") + data),
        **changes,
    }
    return {"id": base64url(raw_id), "rawId": base64url(raw_id), "type": "public-key", "response": response,
            "authenticatorAttachment": "cross-platform", "clientExtensionResults": {"credProps": {"rk": False}}}


@pytest.fixture
def register(server, tmp_path):
    def run(whose, name, given=None, *more):
        file = tmp_path / "credential.json"
        file.write_text(given if isinstance(given, str) else json.dumps(given or credential()))
        whose = ["--user-name", whose] if whose else ["--root"]
        return admin(server, "mfa-device", "register", "--account", ACCOUNT, *whose, "--device-name", name,
                     "--registration", str(file), *more)
    return run


def serial_of(registered):
    assert registered.returncode == 0, registered.stderr
    return json.loads(registered.stdout)["serialNumber"]


def test_registered_shown_and_removed(server, iam, register):
    iam.create_user(UserName="alice")
    keys = [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate(),
            rsa.generate_private_key(public_exponent=65537, key_size=2048)]
    serials = []
    for private, name, algorithm in zip(keys, ("yubikey-5", "phone", "laptop"), ("ES256", "EdDSA", "RS256")):
        done = register("alice", name, credential(private), "--certification", "FIDO=L2",
                        "--certification", "FIDO-FIPS-140-2=L1", "--json")
        told = json.loads(done.stdout)
        assert told["algorithm"] == algorithm and told["certifications"] == {"FIDO": "L2", "FIDO-FIPS-140-2": "L1"}
        assert (told["accountId"], told["userName"]) == (ACCOUNT, "alice")
        serials.append(serial_of(done))
        assert serials[-1].startswith(f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/{name}-")
    assert [it["SerialNumber"] for it in iam.list_mfa_devices(UserName="alice")["MFADevices"]] == serials
    shown = iam.get_mfa_device(SerialNumber=serials[0], UserName="alice")
    assert (shown["UserName"], shown["SerialNumber"]) == ("alice", serials[0])
    assert shown["Certifications"] == {"FIDO": "L2", "FIDO-FIPS-140-2": "L1"} and shown["EnableDate"]
    assert refused(iam.delete_user, UserName="alice") == (
        409, "DeleteConflict", "Cannot delete entity, must delete MFA device first.")
    events = [it for it in server.audit_events("KeywardOperatorAct") if it["eventName"] == "EnableMFADevice"]
    assert events[0]["requestParameters"] == {
        "deviceName": "yubikey-5", "userName": "alice", "serialNumber": serials[0]}
    assert events[0]["recipientAccountId"] == ACCOUNT and not events[0]["readOnly"]
    assert server.stop() == 0
    server.start()
    assert [it["SerialNumber"] for it in iam.list_mfa_devices(UserName="alice")["MFADevices"]] == serials
    # It is in use, so it is no orphan.
    assert admin(server, "mfa-device", "list").stdout == "none\n"
    for serial in serials:
        iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)
        assert refused(iam.get_mfa_device, UserName="alice", SerialNumber=serial) == (
            404, "NoSuchEntity", f"MFA device with serial number {serial} doesn't exist.")
    iam.delete_user(UserName="alice")


def test_eight_of_any_kind(iam, register):
    iam.create_user(UserName="many")
    fido = [serial_of(register("many", "key", None, "--json")) for _ in range(7)]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="many")["VirtualMFADevice"]
    now = time.time()
    iam.enable_mfa_device(UserName="many", SerialNumber=device["SerialNumber"],
                          AuthenticationCode1=code(device["Base32StringSeed"], now - 30),
                          AuthenticationCode2=code(device["Base32StringSeed"], now))
    ninth = register("many", "key")
    assert ninth.returncode == 1 and ninth.stderr == "keyward: Cannot exceed quota for MFADevicesPerUser: 8\n"
    pages = iam.get_paginator("list_mfa_devices").paginate(UserName="many", PaginationConfig={"PageSize": 3})
    assert [it["SerialNumber"] for page in pages for it in page["MFADevices"]] == [*fido, device["SerialNumber"]]
    iam.deactivate_mfa_device(UserName="many", SerialNumber=fido[0])
    assert serial_of(register("many", "key", None, "--json")) not in fido


def test_the_root_user(server, iam, register):
    serial = serial_of(register(None, "root-key", None, "--json"))
    assert serial.startswith(f"arn:aws:iam::{ACCOUNT}:u2f/root/root-key-")
    assert [it["SerialNumber"] for it in iam.list_mfa_devices()["MFADevices"]] == [serial]
    assert iam.get_mfa_device(SerialNumber=serial)["SerialNumber"] == serial
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    text = flat(admin(server, "account", "diagnose", ACCOUNT).stdout)
    assert f"root user's MFA {serial}" in text
    for asked in (explain(server, "--cannot-sign-in"), admin(server, "account", "diagnose", ACCOUNT, "--user", "root")):
        text = flat(asked.stdout)
        assert asked.returncode == 0 and "A code is mailed" not in text and "out of step" not in text, text
    iam.deactivate_mfa_device(SerialNumber=serial)
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 0
    assert "A code is mailed to a new browser" in flat(explain(server, "--cannot-sign-in").stdout)


def test_a_security_key_is_mfa_and_has_no_codes(server, iam, register):
    iam.create_user(UserName="kay")
    iam.create_login_profile(UserName="kay", Password="correct-Horse-1")
    key = iam.create_access_key(UserName="kay")["AccessKey"]
    serial = serial_of(register("kay", "key", None, "--json"))
    sts = server.client("sts", key["AccessKeyId"], key["SecretAccessKey"])
    assert refused(sts.get_session_token, SerialNumber=serial, TokenCode="123456") == (
        403, "AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial "
        "number is valid and associated with this user.")
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    for call in (iam.enable_mfa_device, iam.resync_mfa_device):
        assert refused(call, UserName="kay", SerialNumber=serial, **codes) == (
            404, "NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.")
    while iam.generate_credential_report()["State"] != "COMPLETE":
        pass
    report = iam.get_credential_report()["Content"].decode()
    rows = {row.split(",")[0]: row.split(",") for row in report.splitlines()}
    assert rows["kay"][rows["user"].index("mfa_active")] == "true"
    told = json.loads(server.run("doctor", "--endpoint", server.url, "--json", AWS_ACCESS_KEY_ID=ROOT_KEY,
                                 AWS_SECRET_ACCESS_KEY=ROOT_SECRET).stdout)
    assert not [it for it in told["findings"] if (it["rule"], it["subject"]) == ("user-without-mfa", "user kay")]
    for asked in (explain(server, "--cannot-sign-in", "--user", "kay"),
                  admin(server, "account", "diagnose", ACCOUNT, "--user", "kay")):
        text = flat(asked.stdout)
        assert asked.returncode == 0, asked.stderr
        assert "The security key or passkey is lost" in text and serial in text
        assert "resync" not in text and "delete-virtual-mfa-device" not in text
    environment = clean_environment(AWS_ACCESS_KEY_ID=ROOT_KEY, AWS_SECRET_ACCESS_KEY=ROOT_SECRET, AWS_DEFAULT_REGION="us-east-1")
    shown = subprocess.run(
        [sys.executable, "-m", "awscli", "--endpoint-url", server.url, "--output", "json", "iam", "get-mfa-device",
         "--user-name", "kay", "--serial-number", serial], env=environment, capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
    assert {**json.loads(shown.stdout), "EnableDate": ""} == {"UserName": "kay", "SerialNumber": serial, "EnableDate": ""}


def test_what_is_refused(server, iam, register, tmp_path):
    iam.create_user(UserName="rob")
    once = credential()
    serial = serial_of(register("rob", "key", once, "--json"))
    kept = credential()
    other = credential()["response"]
    wrong = [
        (once, f"the credential is registered in the account already, as {serial}"),
        ({**kept, "type": "password"}, "the registration's type is not public-key"),
        ({**kept, "id": base64url(os.urandom(48))},
         "the registration's credential id is not 1 to 1023 bytes, the same in id, rawId and authenticatorData"),
        ({**kept, "response": {**kept["response"], "publicKey": other["publicKey"]}},
         "the registration's publicKey is not the key in its authenticatorData"),
        (credential(flags=0x44), "the registration was made without the user being present"),
        (credential(flags=0x05), "the registration's authenticatorData holds no credential"),
        (credential(publicKeyAlgorithm=-35),
         "the registration's algorithm -35 is not ES256 (-7), EdDSA (-8) or RS256 (-257)"),
        (credential(clientDataJSON=base64url(b'{"type":"webauthn.get"}')),
         "the registration's clientDataJSON is not of a webauthn.create"),
        ("{}", "not what JSON.stringify gives of a new credential: missing field `id` at line 1 column 2"),
    ]
    for given, text in wrong:
        done = register("rob", "key", given)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"keyward: {text}\n")
    long = register("rob", "key", " " * 40_000)
    assert long.returncode == 1 and "longer than 32768 bytes" in long.stderr
    nobody = register("nobody", "key")
    assert (nobody.returncode, nobody.stderr) == (1, "keyward: The user with name nobody cannot be found.\n")
    level = register("rob", "key", None, "--certification", "FIDO=L9")
    assert level.returncode == 1 and "has no level L9" in level.stderr
    assert register("rob", "key", None, "--certification", "FIDO").returncode == 2
    assert register("rob", "key", None, "--root").returncode == 2
    absent = admin(server, "mfa-device", "register", "--account", ACCOUNT, "--user-name", "rob", "--device-name", "key",
                   "--registration", str(tmp_path / "absent.json"))
    assert absent.returncode == 1 and "can't read" in absent.stderr
    neither = admin(server, "mfa-device", "register", "--account", ACCOUNT, "--device-name", "key", "--registration", "x")
    assert neither.returncode == 2
    assert [it["SerialNumber"] for it in iam.list_mfa_devices(UserName="rob")["MFADevices"]] == [serial]
    # As people read it.
    done = register("rob", "key")
    assert done.returncode == 0 and "serial number" in done.stdout and "u2f/user/rob/key-" in done.stdout
