//! The rows of the table in spec/sts.md §6, in its order.

use keyward_directory::Timestamp;

use super::idp::{
    KNOWN, Known, NOW, Signer, assertion, attribute, check_changed, response, signed,
};
use crate::{AssertionError, RefusalCode, Response};

const AWS: &str = "https://aws.amazon.com/SAML/Attributes/";

fn refused(from: &str, to: &str, expected: AssertionError) {
    assert_eq!(
        check_changed(from, to).unwrap_err(),
        expected,
        "{from} → {to}"
    );
}

fn with_attributes(attributes: &str) -> Result<crate::Assertion, AssertionError> {
    let end = "</saml:AttributeStatement>";
    check_changed(end, &format!("{attributes}{end}"))
}

#[test]
fn a_good_one() {
    for xml in [
        signed(&assertion()),
        Signer::default().sign(&response(&assertion())),
        Signer::default().sign(&response(&Signer::default().sign(&assertion()))),
        format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x -->{}",
            signed(&assertion())
        ),
    ] {
        let assertion = KNOWN.check(&xml).unwrap();
        assert_eq!(assertion.session_name, "alice@idp");
        let keys: Vec<_> = assertion
            .condition_keys
            .iter()
            .map(|key| (key.key, key.values.join("|")))
            .collect();
        // printf 'https://idp.example/saml111122223333/Idp' | openssl sha1 -binary | base64
        let qualifier = "DC3NR0lRPVMJ+v05oxQzuQ2MRUE=".to_owned();
        assert_eq!(assertion.name_qualifier, qualifier);
        let expected = [
            ("saml:aud", "https://signin.aws.amazon.com/saml".to_owned()),
            ("saml:doc", "111122223333/Idp".to_owned()),
            ("saml:iss", "https://idp.example/saml".to_owned()),
            ("saml:namequalifier", qualifier),
            ("saml:sub", "alice".to_owned()),
            ("saml:sub_type", "persistent".to_owned()),
        ];
        assert_eq!(keys, expected);
    }
}

#[test]
fn row_1_parameters() {
    let check = |encoded: &str, expected| {
        assert_eq!(
            Response::parse(encoded).unwrap_err(),
            expected,
            "{encoded:.40}"
        );
    };
    for encoded in ["", "AAA", "AAAAA", "!!!!", "AA=A", &"A".repeat(100_001)] {
        check(encoded, AssertionError::Base64);
    }
    let encode =
        |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    for xml in [
        "x",
        "<a/>",
        "<Response/>",
        &assertion(),
        "<!DOCTYPE a><a/>",
        "\u{fffd}",
    ] {
        check(&encode(xml), AssertionError::Malformed);
    }
    check("gICA", AssertionError::Malformed);
    let version = signed(&assertion()).replacen("Version=\"2.0\"", "Version=\"1.1\"", 1);
    check(&encode(&version), AssertionError::Malformed);
    // Lines are joined.
    let good = encode(&signed(&assertion()));
    let lines: Vec<_> = good
        .as_bytes()
        .chunks(76)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    assert!(Response::parse(&lines.join("\r\n")).is_ok());
}

#[test]
fn row_3_issuer() {
    refused(
        "https://idp.example/saml<",
        "https://other.example/saml<",
        AssertionError::Issuer,
    );
    refused(
        "<saml:Issuer>https://idp.example/saml",
        "<saml:Issuer>",
        AssertionError::Issuer,
    );
    // That of the response counts where it is there, even before a signature is looked at.
    let other = response(&assertion()).replacen(
        "https://idp.example/saml<",
        "https://other.example/saml<",
        1,
    );
    assert_eq!(KNOWN.check(&other).unwrap_err(), AssertionError::Issuer);
    let mut known = Known::new(&[include_str!("fixtures/idp.pem")], &[]);
    known.record.valid_until = NOW;
    assert_eq!(
        known.check(&signed(&assertion())).unwrap_err(),
        AssertionError::MetadataExpired
    );
}

#[test]
fn row_4_signature() {
    let check = |xml: &str| assert_eq!(KNOWN.check(xml).unwrap_err(), AssertionError::Signature);
    check(&response(&assertion()));
    check(&response(&Signer::other().sign(&assertion())));
    check(&signed(&assertion()).replace("alice", "admin"));
    // A signature that is wrong refuses, even beside one that is right.
    check(&Signer::other().sign(&response(&Signer::default().sign(&assertion()))));
    check(&Signer::default().sign(&response(&Signer::other().sign(&assertion()))));
    check(&response(""));
}

#[test]
fn row_5_status() {
    let failed = |xml: String| {
        let changed = xml.replace("status:Success", "status:Responder");
        assert_ne!(xml, changed);
        changed
    };
    let unsigned_status = failed(signed(&assertion()));
    assert_eq!(
        KNOWN.check(&unsigned_status).unwrap_err(),
        AssertionError::Rejected
    );
    let nobody = Signer::default().sign(&failed(response("")));
    assert_eq!(KNOWN.check(&nobody).unwrap_err(), AssertionError::Rejected);
    assert_eq!(
        AssertionError::Rejected.code(),
        RefusalCode::IdpRejectedClaim
    );
    let nothing = Signer::default().sign(&response(""));
    assert_eq!(
        KNOWN.check(&nothing).unwrap_err(),
        AssertionError::Malformed
    );
    let no_status = signed(&assertion()).replace("samlp:Status>", "samlp:Other>");
    assert_eq!(
        KNOWN.check(&no_status).unwrap_err(),
        AssertionError::Rejected
    );
}

#[test]
fn rows_6_and_7_recipient_and_audience() {
    let audience = AssertionError::Audience;
    assert_eq!(
        audience.to_string(),
        "Response does not contain the required audience."
    );
    refused(
        "https://signin.aws.amazon.com/saml",
        "https://other.example/saml",
        audience,
    );
    refused(
        " Recipient=\"https://signin.aws.amazon.com/saml\"",
        "",
        audience,
    );
    refused(" NotOnOrAfter=\"2026-01-02T03:09:00Z\"", "", audience);
    refused("cm:bearer", "cm:holder-of-key", audience);
    refused("urn:amazon:webservices", "urn:other", audience);
    refused("saml:AudienceRestriction", "saml:OneTimeUse", audience);
    refused("saml:Conditions", "saml:Advice", audience);
    refused("saml:Subject>", "saml:Advice>", audience);
    let bearer = "</saml:SubjectConfirmation>";
    refused(
        bearer,
        &format!(
            "{bearer}<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">{bearer}"
        ),
        audience,
    );
    // All restrictions must name us, one audience of each is enough.
    let restriction = "</saml:AudienceRestriction>";
    let other = "<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>";
    refused(restriction, &format!("{restriction}{other}"), audience);
    let second = "</saml:Audience>";
    assert!(
        check_changed(
            second,
            &format!("{second}<saml:Audience>urn:other</saml:Audience>")
        )
        .is_ok()
    );
    refused(
        restriction,
        &format!("{restriction}<saml:Condition></saml:Condition>"),
        AssertionError::Malformed,
    );
    let own = assertion()
        .replace(
            "https://signin.aws.amazon.com/saml",
            "https://iam.example/saml",
        )
        .replace("urn:amazon:webservices", "https://iam.example/saml");
    assert_eq!(
        KNOWN.check(&signed(&own)).unwrap().audience,
        "https://iam.example/saml"
    );
}

#[test]
fn row_8_time() {
    let xml = signed(&assertion());
    let check = |seconds: i64, expected: Option<AssertionError>| {
        let now = Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds);
        let mut known = Known::new(&[include_str!("fixtures/idp.pem")], &[]);
        known.record.valid_until = Timestamp::from_unix_seconds(i64::MAX);
        assert_eq!(known.check_at(&xml, now).err(), expected, "{seconds}");
    };
    // Issued 5 seconds before; the confirmation ends 295 seconds after, the conditions 355, the session 28,735.
    check(0, None);
    check(294, None);
    check(295, Some(AssertionError::Expired));
    check(-305, None);
    check(-306, Some(AssertionError::NotYetValid));
    check(-366, Some(AssertionError::NotYetValid));
    let later = "2026-01-02T04:09:00Z";
    let long = assertion()
        .replace("2026-01-02T03:09:00Z", later)
        .replace("2026-01-02T03:10:00Z", later);
    let long = signed(&long);
    let at = |seconds| {
        KNOWN.check_at(
            &long,
            Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds),
        )
    };
    assert!(at(0).is_ok());
    let mut known = Known::new(&[include_str!("fixtures/idp.pem")], &[]);
    known.record.valid_until = Timestamp::from_unix_seconds(i64::MAX);
    let at = |seconds| {
        known
            .check_at(
                &long,
                Timestamp::from_unix_seconds(NOW.unix_seconds() + seconds),
            )
            .err()
    };
    assert_eq!((at(295), at(296)), (None, Some(AssertionError::TooOld)));
    assert_eq!(
        AssertionError::TooOld.to_string(),
        "Token must be redeemed within 5 minutes of issuance"
    );
    assert_eq!(AssertionError::Expired.to_string(), "Response has expired");
    refused(
        "2026-01-02T11:03:00Z",
        "2026-01-02T03:04:05Z",
        AssertionError::Expired,
    );
    refused(
        "2026-01-02T03:10:00Z",
        "2026-01-02T03:04:05Z",
        AssertionError::Expired,
    );
    refused(
        "2026-01-02T03:10:00Z",
        "tomorrow",
        AssertionError::Malformed,
    );
    refused(
        " IssueInstant=\"2026-01-02T03:04:00Z\"",
        "",
        AssertionError::Malformed,
    );
}

#[test]
fn rows_9_and_10_subject_and_role() {
    let denied = AssertionError::NotAuthorized;
    assert_eq!(denied.code(), RefusalCode::AccessDenied);
    refused("saml:NameID", "saml:BaseID", denied);
    refused(">alice<", "><", denied);
    let pair = "arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:saml-provider/Idp";
    for other in [
        "",
        "arn:aws:iam::111122223333:role/Reader",
        "arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:saml-provider/Other",
        "arn:aws:iam::111122223333:role/reader,arn:aws:iam::111122223333:saml-provider/Idp",
        "arn:aws:iam::111122223333:role/*,arn:aws:iam::111122223333:saml-provider/Idp",
        "arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:saml-provider/Idp,x",
        "arn:aws:iam::111122223333:role/Reader,arn:aws:iam::111122223333:role/Reader",
    ] {
        refused(pair, other, denied);
    }
    refused("Attributes/Role\"", "Attributes/role\"", denied);
    let swapped =
        "arn:aws:iam::111122223333:saml-provider/Idp, arn:aws:iam::111122223333:role/Reader";
    assert!(check_changed(pair, swapped).is_ok());
    let role = format!("{AWS}Role");
    let several = attribute(
        &role,
        &["arn:aws:iam::1:role/X,arn:aws:iam::1:saml-provider/Y", pair],
    );
    assert!(check_changed(&attribute(&role, &[pair]), &several).is_ok());
    let split = attribute(&role, &["x"]) + &attribute(&role, &[pair]);
    assert!(check_changed(&attribute(&role, &[pair]), &split).is_ok());
}

#[test]
fn rows_11_and_12_names() {
    refused(
        "Attributes/RoleSessionName",
        "Attributes/Other",
        AssertionError::SessionName,
    );
    for name in [
        "",
        "a",
        "a b",
        "a/b",
        "é",
        "x</saml:AttributeValue><saml:AttributeValue>y",
        &"a".repeat(65),
    ] {
        refused("alice@idp", name, AssertionError::SessionNameForm);
    }
    assert_eq!(
        AssertionError::SessionNameForm.to_string(),
        "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
    );
    let identity =
        |value: &str| with_attributes(&attribute(&format!("{AWS}SourceIdentity"), &[value]));
    assert_eq!(
        identity("Alice_1").unwrap().source_identity.as_deref(),
        Some("Alice_1")
    );
    for value in ["", "a", "aws:alice", "a b"] {
        assert_eq!(identity(value).unwrap_err(), AssertionError::SourceIdentity);
    }
    assert_eq!(
        AssertionError::SourceIdentity.to_string(),
        "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\""
    );
}

#[test]
fn attributes_of_the_session() {
    let all = [
        attribute(&format!("{AWS}SessionDuration"), &["1800"]),
        attribute(&format!("{AWS}PrincipalTag:Team"), &["blue"]),
        attribute(&format!("{AWS}PrincipalTag:Cost Center"), &[""]),
        attribute(&format!("{AWS}TransitiveTagKeys"), &["Team", "Cost Center"]),
        attribute("urn:oid:1.3.6.1.4.1.5923.1.1.1.1", &["staff", "member"]),
        attribute("urn:oid:2.5.4.3", &["Alice"]),
        attribute("http://schemas.xmlsoap.org/claims/CommonName", &["Another"]),
        attribute(
            "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid",
            &["S-1"],
        ),
        attribute(
            "urn:oid:1.3.6.1.4.1.5923.1.1.1.10",
            &["<saml:NameID>opaque</saml:NameID>"],
        ),
        attribute("unknown", &["x"]),
    ];
    let assertion = with_attributes(&all.concat()).unwrap();
    assert_eq!(assertion.session_duration_seconds, Some(1800));
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        assertion.principal_tags,
        [tag("Team", "blue"), tag("Cost Center", "")]
    );
    assert_eq!(assertion.transitive_tag_keys, ["Team", "Cost Center"]);
    let keys: Vec<_> = assertion.condition_keys[6..]
        .iter()
        .map(|key| format!("{}={}", key.key, key.values.join("|")))
        .collect();
    let expected = [
        "saml:eduPersonAffiliation=staff|member",
        "saml:eduPersonTargetedID=opaque",
        "saml:cn=Alice",
        "saml:commonName=Alice",
        "saml:primaryGroupSID=S-1",
        "saml:uid=S-1",
    ];
    assert_eq!(keys, expected);
    let odd = |attribute: &str| {
        assert_eq!(
            with_attributes(attribute).unwrap_err(),
            AssertionError::Attributes,
            "{attribute}"
        );
    };
    for seconds in [
        "",
        "899",
        "43201",
        "-1",
        "+900",
        "1e3",
        "99999999999999999999",
    ] {
        odd(&attribute(&format!("{AWS}SessionDuration"), &[seconds]));
    }
    odd(&attribute(&format!("{AWS}PrincipalTag:Team"), &["a", "b"]));
    odd(&attribute(&format!("{AWS}PrincipalTag:Team"), &[]));
    odd(&attribute(&format!("{AWS}PrincipalTag:Team"), &["<x></x>"]));
    odd(&attribute(&format!("{AWS}PrincipalTag:Team"), &["a;b"]));
    odd(&attribute(
        &format!("{AWS}PrincipalTag:Team"),
        &[&"a".repeat(257)],
    ));
    odd(&attribute(
        &format!("{AWS}PrincipalTag:{}", "k".repeat(129)),
        &["a"],
    ));
    odd(&attribute(&format!("{AWS}PrincipalTag:"), &["a"]));
    odd(&attribute(&format!("{AWS}TransitiveTagKeys"), &["<x></x>"]));
    odd("<saml:EncryptedAttribute></saml:EncryptedAttribute>");
    odd("<saml:Attribute></saml:Attribute>");
}

#[test]
fn formats_of_names() {
    let format = |to: &str| {
        let from = " Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"";
        check_changed(from, to).unwrap().subject_type
    };
    assert_eq!(
        format(""),
        "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
    );
    assert_eq!(
        format(" Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\""),
        "transient"
    );
    let email = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    assert_eq!(format(&format!(" Format=\"{email}\"")), email);
}
