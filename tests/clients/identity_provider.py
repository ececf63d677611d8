"""A SAML identity provider made of pysaml2 and xmlsec1, for the tests."""

import base64
import datetime
import pathlib
import subprocess
import tempfile

import saml2
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"
SIGN_IN = "https://signin.aws.amazon.com/saml"
AUDIENCE = "urn:amazon:webservices"


def key_pair(folder, name):
    """Makes an RSA key and a certificate that signs itself, and returns where they are."""
    key, certificate = folder / f"{name}.key.pem", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    return key, certificate


def service_provider(endpoint, audience):
    """What the identity provider knows of the server: where assertions go."""
    return f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{audience}">
<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" WantAssertionsSigned="true">
<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{endpoint}" index="1"/>
</SPSSODescriptor></EntityDescriptor>"""


class IdentityProvider:
    """Signs whatever it is told to."""

    def __init__(self, folder, entity="https://idp.example/saml", endpoint=SIGN_IN, audience=AUDIENCE, minutes=5):
        self.folder, self.audience = pathlib.Path(tempfile.mkdtemp(dir=folder)), audience
        self.key, self.certificate = folder / "idp.key.pem", folder / "idp.pem"
        if not self.key.exists():
            key_pair(folder, "idp")
        self.endpoint = endpoint
        known = self.folder / "sp.xml"
        known.write_text(service_provider(endpoint, audience))
        self.config = IdPConfig().load({
            "entityid": entity,
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "key_file": str(self.key),
            "cert_file": str(self.certificate),
            "metadata": {"local": [str(known)]},
            "service": {"idp": {
                "endpoints": {"single_sign_on_service": [("https://idp.example/sso", saml2.BINDING_HTTP_POST)]},
                "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                "policy": {"default": {"lifetime": {"minutes": minutes}, "attribute_restrictions": None}},
            }},
        })
        self.server = Server(config=self.config)

    def metadata(self):
        """The document that CreateSAMLProvider takes."""
        return str(entity_descriptor(self.config))

    def response(self, attributes, name="alice", sign="assertion", session=None, algorithm=SIG_RSA_SHA256):
        """Returns a response in base64; `attributes` are those of AWS without their prefix, or whole URIs."""
        whole = {key if key.startswith(("urn:", "http")) else ATTRIBUTE + key: value for key, value in attributes.items()}
        response = self.server.create_authn_response(
            whole,
            in_response_to=None,
            destination=self.endpoint,
            sp_entity_id=self.audience,
            name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=name),
            authn={"class_ref": saml2.saml.AUTHN_PASSWORD, "authn_auth": "https://idp.example/"},
            sign_assertion=sign in ("assertion", "both"),
            sign_response=sign in ("response", "both"),
            session_not_on_or_after=session,
            sign_alg=algorithm,
            digest_alg=DIGEST_SHA256,
        )
        return base64.b64encode(str(response).encode()).decode()

    def failure(self):
        """Returns a signed response that says that nobody was authenticated."""
        error = (saml2.samlp.STATUS_AUTHN_FAILED, "wrong password")
        response = self.server.create_error_response(
            None, self.endpoint, error, sign=True, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256
        )
        return base64.b64encode(str(response).encode()).decode()

    def encrypted(self, encoded, certificate):
        """Encrypts the assertion of a response by xmlsec1; pysaml2 itself knows nothing newer than Triple DES."""
        enc = "http://www.w3.org/2001/04/xmlenc#"
        request = f"""<xenc:EncryptedData xmlns:xenc="{enc}" Type="{enc}Element">
<xenc:EncryptionMethod Algorithm="{enc}aes256-cbc"/><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey>
<xenc:EncryptionMethod Algorithm="{enc}rsa-oaep-mgf1p"/><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey>
</ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>"""
        plain, template, out = (self.folder / name for name in ("plain.xml", "template.xml", "encrypted.xml"))
        plain.write_bytes(base64.b64decode(encoded))
        template.write_text(request)
        subprocess.run(
            ["xmlsec1", "--encrypt", "--output", out, "--pubkey-cert-pem", certificate, "--session-key", "aes-256",
             "--xml-data", plain, "--node-name", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion", template],
            check=True, capture_output=True,
        )
        saml = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
        text = out.read_text().replace("<xenc:EncryptedData", f"<saml:EncryptedAssertion {saml}><xenc:EncryptedData")
        text = text.replace("</xenc:EncryptedData>", "</xenc:EncryptedData></saml:EncryptedAssertion>")
        return base64.b64encode(text.encode()).decode()


def later(**interval):
    """Returns a moment from now on, as SAML writes it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**interval)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
