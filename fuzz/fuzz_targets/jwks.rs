//! Key sets and discovery documents.

#![no_main]

use keyward_web_identity::{AddressedToken, ClientIds, Discovery, KeySet, UnverifiedToken};
use libfuzzer_sys::fuzz_target;

fn token(text: &str) -> Option<AddressedToken<'_>> {
    UnverifiedToken::parse(text)
        .ok()?
        .addressed_to(ClientIds::Any)
        .ok()
}

/// `{"alg":"RS256","kid":"k"}` and the same for ES256 and EdDSA, with claims `iss`, `sub`, `aud`, `iat` and `exp` and a
/// signature of zeros.
const TOKENS: [&str; 3] = [
    concat!(
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.",
        "eyJpc3MiOiJhIiwic3ViIjoiYSIsImF1ZCI6ImEiLCJpYXQiOjEsImV4cCI6OX0.",
        "AAAA"
    ),
    concat!(
        "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsifQ.",
        "eyJpc3MiOiJhIiwic3ViIjoiYSIsImF1ZCI6ImEiLCJpYXQiOjEsImV4cCI6OX0.",
        "AAAA"
    ),
    concat!(
        "eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.",
        "eyJpc3MiOiJhIiwic3ViIjoiYSIsImF1ZCI6ImEiLCJpYXQiOjEsImV4cCI6OX0.",
        "AAAA"
    ),
];

fuzz_target!(|text: &[u8]| {
    let _ = Discovery::read(text, "a");
    let Ok(keys) = KeySet::read(text) else {
        return;
    };
    for token in TOKENS.into_iter().filter_map(token) {
        assert!(
            token.verify(&keys, 2).is_err(),
            "a token that nobody signed"
        );
    }
});
