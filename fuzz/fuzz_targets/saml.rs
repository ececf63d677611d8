//! SAML responses: the text itself, and the text in the place of the assertion of a response that is otherwise good.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_arn::{AccountId, UniqueId};
use keyward_directory::{
    Certificate, PrivateKey, SamlMetadata, SamlPrivateKey, SamlProvider, SamlProviderName,
    Timestamp,
};
use keyward_saml::{Endpoints, Provider, Request, Response};
use libfuzzer_sys::fuzz_target;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_767_323_045);
const FIXTURE: &str = include_str!("../../crates/saml/src/tests/fixtures/signxml-rsa-sha256.xml");

static KNOWN: LazyLock<(SamlProvider, SamlMetadata)> = LazyLock::new(|| {
    let certificate = include_str!("../../crates/saml/src/tests/fixtures/idp.pem");
    let key = include_str!("../../crates/saml/src/tests/fixtures/provider.key.pem");
    let record = SamlProvider {
        id: UniqueId::parse("SAMLSPABCDEFGHIJKLMNOP").unwrap(),
        name: SamlProviderName::parse("Idp").unwrap(),
        created: NOW,
        valid_until: Timestamp::from_unix_seconds(i64::MAX),
        tags: Default::default(),
        encryption: None,
        private_keys: vec![SamlPrivateKey {
            id: "K".repeat(32),
            key: PrivateKey::from_stored(key.to_owned()),
            added: NOW,
        }],
        metadata_parts: 1,
    };
    let metadata = SamlMetadata {
        entity_id: "https://idp.example/saml".to_owned(),
        valid_until: None,
        signing_certificates: vec![Certificate::parse(certificate).unwrap()],
    };
    (record, metadata)
});

fn check(xml: &str) {
    let Ok(response) = Response::parse(&STANDARD.encode(xml)) else {
        return;
    };
    let provider = Provider {
        account: AccountId::parse("111122223333").unwrap(),
        record: &KNOWN.0,
        metadata: &KNOWN.1,
    };
    let request = Request {
        role_arn: "arn:aws:iam::111122223333:role/Reader",
        provider_arn: "arn:aws:iam::111122223333:saml-provider/Idp",
    };
    if let Ok(assertion) = response.check(&provider, &request, &Endpoints::default(), NOW) {
        // Nothing but what the fixture's identity provider signed may ever be read.
        assert_eq!(assertion.subject, "alice");
        assert_eq!(assertion.session_name, "alice@idp.example");
    }
}

fuzz_target!(|input: (&str, usize, usize)| {
    let (text, start, length) = input;
    let _ = Response::parse(text);
    check(text);
    // A stretch of a good response replaced.
    let start = FIXTURE.floor_char_boundary(start % FIXTURE.len());
    let end = FIXTURE.floor_char_boundary(start.saturating_add(length % 512));
    check(&format!("{}{text}{}", &FIXTURE[..start], &FIXTURE[end..]));
});
