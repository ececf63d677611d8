//! Registrations of FIDO devices, as a browser tells of them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// A P-256 key up to its point, and the point.
const SPKI: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEen30TYk_x5Z1R-2OcyI_BKsvn3hxTm9J9uZBwbKjkSpS-vvkCzoFA_s6DaQZYha6FKzfO4y4nOOHznepYuoTnw";
/// Where the point stands in it.
const POINT: usize = 27;

/// Returns the registration of a credential whose id is 32 times a byte: the JSON of `JSON.stringify(credential)`. All have
/// the same key, ES256.
#[must_use]
pub fn fido_registration(byte: u8) -> String {
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let id = [byte; 32];
    let spki = BASE64_URL_SAFE_NO_PAD.decode(SPKI).unwrap_or_default();
    let point = spki.get(POINT..).unwrap_or_default();
    let (x, y) = point.split_at_checked(32).unwrap_or_default();
    let data: [&[u8]; 9] = [
        // The digest of the domain, the flags, the counter, the kind of authenticator, the length of the id, the id.
        &[1; 32],
        &[0x45, 0, 0, 0, 0],
        &[2; 16],
        &[0, 32],
        &id,
        // The key.
        &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20],
        x,
        &[0x22, 0x58, 0x20],
        y,
    ];
    let client_data =
        br#"{"type":"webauthn.create","challenge":"AA","origin":"https://keyward.example"}"#;
    let (id, data, client_data) = (text(&id), text(&data.concat()), text(client_data));
    format!(
        r#"{{"id":"{id}","rawId":"{id}","type":"public-key","response":{{"clientDataJSON":"{client_data}",
"authenticatorData":"{data}","transports":["usb"],"publicKey":"{SPKI}","publicKeyAlgorithm":-7}}}}"#
    )
}
