use proptest::prelude::*;

use super::*;
use crate::pki::fixtures::{self, base64_of, metadata};

fn check(document: &str, expected: Result<(), ParseMetadataError>) {
    let parsed = SamlMetadata::parse(document).map(|_| ());
    assert_eq!(parsed, expected, "{document}");
}

#[test]
fn reads_what_identity_providers_write() {
    let parsed = SamlMetadata::parse(&metadata("")).unwrap();
    assert_eq!(parsed.entity_id, "https://idp.example/saml");
    assert_eq!(
        (parsed.valid_until, parsed.signing_certificates.len()),
        (None, 1)
    );
    // Another prefix, no `use`, a second role, a key for encryption only.
    let other = metadata("")
        .replace("md:", "")
        .replace("xmlns:md", "xmlns")
        .replace(" use=\"signing\"", "")
        .replace(
            "</IDPSSODescriptor>",
            "</IDPSSODescriptor><SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>",
        );
    let other = other.replace("<EntityDescriptor xmlns:md=", "<EntityDescriptor xmlns=");
    assert!(other.contains("<EntityDescriptor xmlns="), "{other}");
    check(&other, Ok(()));
    let encryption = metadata("").replace("use=\"signing\"", "use=\"encryption\"");
    check(&encryption, Err(ParseMetadataError::Malformed));
}

#[test]
fn refuses_what_is_not_metadata_of_one_identity_provider() {
    let good = metadata("");
    let malformed = |from: &str, to: &str| {
        let document = good.replace(from, to);
        assert_ne!(document, good, "{from}");
        check(&document, Err(ParseMetadataError::Malformed));
    };
    malformed("entityID=\"https://idp.example/saml\"", "");
    malformed("https://idp.example/saml", "");
    malformed("IDPSSODescriptor", "SPSSODescriptor");
    malformed(
        "urn:oasis:names:tc:SAML:2.0:protocol",
        "urn:oasis:names:tc:SAML:1.1:protocol",
    );
    malformed("urn:oasis:names:tc:SAML:2.0:metadata", "urn:other");
    malformed("EntityDescriptor", "EntitiesDescriptor");
    malformed("SingleSignOnService", "SingleLogoutService");
    malformed("Location=\"https://idp.example/sso\"", "");
    malformed("X509Certificate", "KeyName");
    malformed("</md:EntityDescriptor>", "");
    malformed("<?xml version", "\u{feff}<?xml version");
    malformed("https://idp.example/sso", "&unknown;");
    malformed(&base64_of(fixtures::LEAF), "AAAA");
    malformed(&base64_of(fixtures::LEAF), "!");
    let short = base64_of(include_str!("../pki/fixtures/rsa512.pem"));
    malformed(&base64_of(fixtures::LEAF), &short);
    for text in ["", "x", "<a/>", "{}"] {
        check(text, Err(ParseMetadataError::Malformed));
    }
}

#[test]
fn a_dtd_and_its_entities_are_refused() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"#;
    let outside = r#"<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>"#;
    for dtd in [
        bomb,
        outside,
        "<!DOCTYPE x>",
        "<!DOCTYPE x SYSTEM \"http://x.example/\">",
    ] {
        let document = metadata("").replace(
            "<md:EntityDescriptor",
            &format!("{dtd}<md:EntityDescriptor"),
        );
        check(&document, Err(ParseMetadataError::Malformed));
    }
}

#[test]
fn ten_keys_fit() {
    let good = metadata("");
    let (_, rest) = good.split_once("<md:KeyDescriptor").unwrap();
    let (key, _) = rest.split_once("</md:KeyDescriptor>").unwrap();
    let key = format!("<md:KeyDescriptor{key}</md:KeyDescriptor>");
    let with = |count: usize| good.replace(&key, &key.repeat(count));
    check(&with(10), Ok(()));
    check(&with(11), Err(ParseMetadataError::TooManyKeys));
}

#[test]
fn the_earlier_end_counts() {
    let end = |document: &str| {
        let parsed = SamlMetadata::parse(document)?;
        Ok(parsed.valid_until.map(Timestamp::unix_seconds))
    };
    let at = |text: &str| end(&metadata(&format!("validUntil=\"{text}\"")));
    assert_eq!(at("2027-01-01T00:00:00Z"), Ok(Some(1_798_761_600)));
    assert_eq!(at("2027-01-01T00:00:00.123Z"), Ok(Some(1_798_761_600)));
    assert_eq!(at("2027-01-01T00:00:00"), Ok(Some(1_798_761_600)));
    assert_eq!(at("2027-01-01T02:00:00+02:00"), Ok(Some(1_798_761_600)));
    assert_eq!(at("2026-12-31T23:30:00-00:30"), Ok(Some(1_798_761_600)));
    for text in [
        "",
        "2027",
        "2027-13-01T00:00:00Z",
        "2027-02-30T00:00:00Z",
        "2027-01-01T24:00:00Z",
        "2027-01-01T00:00:00.Z",
        "2027-01-01T00:00:00+15:00",
        "2027-01-01T00:00:00+1",
        "27-01-01T00:00:00Z",
        "2027-01-01 00:00:00",
    ] {
        assert_eq!(at(text), Err(ParseMetadataError::Malformed), "{text}");
    }
    let both = metadata("validUntil=\"2027-01-01T00:00:00Z\"").replace(
        "<md:IDPSSODescriptor",
        "<md:IDPSSODescriptor validUntil=\"2026-06-01T00:00:00Z\"",
    );
    assert_eq!(end(&both), Ok(Some(1_780_272_000)));
}

#[test]
fn large_and_deep_documents_end() {
    let refused = |document: &str| check_quietly(document);
    refused(&format!(
        "{}{}",
        "<a>".repeat(100_000),
        "</a>".repeat(100_000)
    ));
    let attributes =
        |count: usize| -> String { (0..count).map(|number| format!(" a{number}=''")).collect() };
    refused(&format!("<a{}/>", attributes(60_000)));
    refused(&format!(
        "<a>{}</a>",
        format!("<b{}/>", attributes(256)).repeat(300)
    ));
    let spaces = |count: usize| -> String {
        (0..count)
            .map(|number| format!(" xmlns:a{number}='u{number}'"))
            .collect()
    };
    refused(&format!(
        "<a{}>{}</a>",
        spaces(20_000),
        "<b/>".repeat(20_000)
    ));
    refused(&format!(
        "<a{}>{}</a>",
        spaces(250),
        "<b xmlns='x'/>".repeat(749)
    ));
    refused(&format!("<a{}>{}</a>", spaces(250), "<b/>".repeat(90_000)));
}

/// As [`check`], without a megabyte of text where it fails.
fn check_quietly(document: &str) {
    assert_eq!(
        SamlMetadata::parse(document).unwrap_err(),
        ParseMetadataError::Malformed
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_answered(text in "\\PC*") {
        let _ = SamlMetadata::parse(&text);
    }

    #[test]
    fn damaged_documents_are_answered(
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        put in "\\PC{0,6}",
    ) {
        let good = metadata("validUntil=\"2027-01-01T00:00:00Z\"");
        let at = at.index(good.len());
        let end = (at + length).min(good.len());
        let (before, after) = (good.get(..at).unwrap(), good.get(end..).unwrap());
        let damaged = format!("{before}{put}{after}");
        let _ = SamlMetadata::parse(&damaged);
    }
}
