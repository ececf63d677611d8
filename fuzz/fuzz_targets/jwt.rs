//! Tokens, and every claim of one that verifies.

#![no_main]

use keyward_web_identity::{ClientIds, KeySet, UnverifiedToken};
use libfuzzer_sys::fuzz_target;

/// The key of RFC 8037 appendix A.4; nothing that the fuzzer makes is signed by it.
const KEYS: &[u8] = br#"{"keys":[{"kid":"","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kid":"k","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

fuzz_target!(|input: (&str, i64)| {
    let (text, now) = input;
    let Ok(token) = UnverifiedToken::parse(text) else {
        return;
    };
    let _ = (token.provider_url(), token.provider_not_found());
    let (Ok(token), Ok(keys)) = (token.addressed_to(ClientIds::Any), KeySet::read(KEYS)) else {
        return;
    };
    assert!(
        token.verify(&keys, now).is_err(),
        "a token that nobody signed"
    );
});
