//! Certificates and keys made for tests; the private keys protect nothing. All are valid from 2025 to 2125.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Timestamp;

/// 2026-01-02T03:04:05Z.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_seconds(1_767_323_045);
/// Signs itself, P-384.
pub(crate) const ROOT: &str = include_str!("fixtures/root.pem");
/// RSA, signed by [`ROOT`].
pub(crate) const INTERMEDIATE: &str = include_str!("fixtures/intermediate.pem");
/// RSA, signed by [`INTERMEDIATE`].
pub(crate) const LEAF: &str = include_str!("fixtures/leaf.pem");
/// The key of [`LEAF`].
pub(crate) const LEAF_KEY: &str = include_str!("fixtures/leaf.key.pem");
/// A P-256 key.
pub(crate) const EC_KEY: &str = include_str!("fixtures/ec.key.pem");
/// An RSA key of 512 bits.
pub(crate) const RSA_512_KEY: &str = include_str!("fixtures/rsa512.key.pem");
/// The public half of an RSA key, as three texts of the same key.
pub(crate) const SSH_PEM: [&str; 2] = [
    include_str!("fixtures/ssh.pem"),
    include_str!("fixtures/ssh.pkcs1.pem"),
];
const SSH_LINES: &str = include_str!("fixtures/ssh.txt");
/// Six keys as `ssh-rsa` lines; the first is that of [`SSH_PEM`].
pub(crate) static SSH_KEYS: std::sync::LazyLock<Vec<&str>> =
    std::sync::LazyLock::new(|| SSH_LINES.lines().collect());

/// Returns the bytes of a certificate in base64, as metadata hold it.
pub(crate) fn base64_of(certificate: &str) -> String {
    let lines = certificate.lines().filter(|line| !line.starts_with('-'));
    let encoded: String = lines.collect();
    assert!(STANDARD.decode(&encoded).is_ok());
    encoded
}

/// Returns a metadata document with [`LEAF`]'s certificate; `attributes` are those of its root.
pub(crate) fn metadata(attributes: &str) -> String {
    let certificate = base64_of(LEAF);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml" {attributes}>
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>
{certificate}
      </ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/sso"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
"#
    )
}
