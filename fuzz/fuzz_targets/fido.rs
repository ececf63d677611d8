//! Registrations of FIDO devices: the text itself, and bytes in the place of the authenticator data of one that is otherwise good.

#![no_main]

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use keyward_directory::FidoCredential;
use libfuzzer_sys::fuzz_target;

const SPKI: &str = "MCowBQYDK2VwAyEAGwYgRX05RcVWziNYAsTZoh4V_v_XurE7KQQcRCSHDrs";
const CLIENT_DATA: &str = "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0";

fuzz_target!(|input: (&str, &[u8])| {
    let (text, data) = input;
    let _ = FidoCredential::parse(text);
    // The id is that of the data, where it has one, so that what follows is reached.
    let id = data.get(55..).unwrap_or_default();
    let length = usize::from(*data.get(54).unwrap_or(&0));
    let id = BASE64_URL_SAFE_NO_PAD.encode(id.get(..length).unwrap_or_default());
    let encoded = BASE64_URL_SAFE_NO_PAD.encode(data);
    let text = format!(
        r#"{{"id":"{id}","rawId":"{id}","type":"public-key","response":{{"clientDataJSON":"{CLIENT_DATA}","authenticatorData":"{encoded}","publicKey":"{SPKI}","publicKeyAlgorithm":-8}}}}"#
    );
    if let Ok(credential) = FidoCredential::parse(&text) {
        // Whatever else the data say, they hold the key that was checked.
        assert!(data.windows(32).any(|it| credential.key.spki().ends_with(it)));
    }
});
