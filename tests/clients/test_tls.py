"""The API over TLS, HTTP/1.1 and HTTP/2."""

import subprocess

from keyward import ACCOUNT, Keyward


def test_identity_over_tls(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-addext", "basicConstraints=critical,CA:FALSE",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True)
    options = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with Keyward(tmp_path / "data", *options, scheme="https") as server:
        sts = server.client("sts", verify=str(certificate))
        assert sts.get_caller_identity()["Account"] == ACCOUNT
        explained = server.run(
            "explain", "--endpoint", server.url, "--principal", f"arn:aws:iam::{ACCOUNT}:root",
            "--action", "iam:ListUsers", "--resource", "*",
            AWS_ACCESS_KEY_ID="AKIAROOTEXAMPLE00001", AWS_CA_BUNDLE=str(certificate),
            AWS_SECRET_ACCESS_KEY="rootSecretKey/OfForty+Characters/Example")
        assert explained.returncode == 0, explained.stderr
    audit = server.audit_events()
    assert audit[0]["tlsDetails"]["tlsVersion"].startswith("TLSv1.")
