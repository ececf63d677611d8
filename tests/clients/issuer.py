"""An OpenID Connect issuer on loopback: discovery, key set, tokens signed by PyJWT."""

import http.server
import json
import ssl
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "sts.amazonaws.com"
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def new_key(algorithm):
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def jwk(key_id, key):
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        members = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        members = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        members = OKPAlgorithm.to_jwk(public, as_dict=True)
    members.pop("key_ops", None)
    return {**members, "kid": key_id, "use": "sig"}


class Issuer:
    """`url` is what tokens name; the server itself is at `address`."""

    def __init__(self, url="https://issuer.test", tls=None):
        self.url = url
        self.keys = {"rsa": new_key("RS256")}
        self.asked = []
        # What is sent in the place of a document, by its path: a function of the handler.
        self.instead = {}
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                issuer.asked.append(self.path)
                if self.path in issuer.instead:
                    self.close_connection = True
                    return issuer.instead[self.path](self)
                documents = {"/.well-known/openid-configuration": issuer.discovery, "/keys": issuer.key_set}
                if self.path not in documents:
                    return self.send_error(404)
                self.answer(json.dumps(documents[self.path]()).encode())

            def answer(self, body):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.address = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def allowed(self):
        """What `--allow-issuer` takes."""
        return f"{self.url}={self.address}"

    def discovery(self):
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"]}

    def key_set(self):
        return {"keys": [jwk(key_id, key) for key_id, key in self.keys.items()]}

    def token(self, algorithm="RS256", key_id="rsa", key=None, headers=None, **claims):
        now = int(time.time())
        standard = {"iss": self.url, "sub": "subject", "aud": AUDIENCE, "iat": now - 5, "exp": now + 300}
        payload = {name: value for name, value in {**standard, **claims}.items() if value is not None}
        headers = {"kid": key_id, **(headers or {})}
        key = self.keys.get(key_id) if key is None else key
        return jwt.encode(payload, key, algorithm=algorithm, headers=headers)
