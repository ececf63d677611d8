//! The claims that AWS defines: roles, tags, source identity.

use serde_json::{Value, json};

use super::support::verified;
use crate::{RoleAuthorizedByIdp, SessionTags};

const ROLE: &str = "arn:aws:iam::111122223333:role/Deploy";

#[test]
fn the_roles_claim_names_roles_letter_by_letter() {
    for (claim, expected) in [
        (Value::Null, Some(RoleAuthorizedByIdp::NotSaid)),
        (json!(ROLE), Some(RoleAuthorizedByIdp::Yes)),
        (json!([ROLE]), Some(RoleAuthorizedByIdp::Yes)),
        (json!(["x", ROLE]), Some(RoleAuthorizedByIdp::Yes)),
        (json!([]), None),
        (json!(""), None),
        (json!("Deploy"), None),
        (json!("*"), None),
        (json!("arn:aws:iam::111122223333:role/*"), None),
        (json!("arn:aws:iam::111122223333:role/deploy"), None),
        (json!(format!("{ROLE} ")), None),
        (json!([ROLE, 1]), None),
        (json!({ROLE: true}), None),
        (json!(1), None),
        (json!(true), None),
    ] {
        let token = verified(&json!({"https://aws.amazon.com/roles": claim})).unwrap();
        let checked = token.check_roles_claim(ROLE);
        assert_eq!(checked.as_ref().ok(), expected.as_ref(), "{claim}");
        if let Err(error) = checked {
            assert_eq!(
                error.to_string(),
                "The target role ARN is not present in the roles claim of the identity token"
            );
        }
    }
}

#[test]
fn a_claim_that_is_null_is_there() {
    // `claims` takes nulls away, so this one is written by hand.
    use super::support::{base64, issuer, verify};
    let claims = r#"{"iss":"https://issuer.example","sub":"a","aud":"other","iat":1799999999,"exp":1800000600,
        "https://aws.amazon.com/roles":null,"https://aws.amazon.com/tags":null,"https://aws.amazon.com/source_identity":null}"#;
    let message = format!(
        "{}.{}",
        base64(r#"{"alg":"ES256","kid":"p256"}"#),
        base64(claims)
    );
    let signature = issuer().sign(crate::Algorithm::Es256, message.as_bytes());
    let token = format!("{message}.{}", base64(signature));
    let token = verify(&token, &issuer().keys()).unwrap();
    assert!(token.check_roles_claim(ROLE).is_err());
    assert!(token.session_tags().is_err());
    assert!(token.source_identity().is_err());
}

#[test]
fn tags_come_nested_and_flat() {
    let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let some = |tags: &[(&str, &str)], keys: &[&str]| {
        Some(SessionTags {
            tags: owned(tags),
            transitive_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        })
    };
    let nested = |value: Value| json!({"https://aws.amazon.com/tags": value});
    let flat = "https://aws.amazon.com/tags/principal_tags/";
    for (change, expected) in [
        (json!({}), some(&[], &[])),
        (nested(json!({})), some(&[], &[])),
        (
            nested(
                json!({"principal_tags": {"B": ["2"], "A": ["1"]}, "transitive_tag_keys": ["B"]}),
            ),
            some(&[("A", "1"), ("B", "2")], &["B"]),
        ),
        (
            nested(json!({"principal_tags": {"A": "1"}})),
            some(&[("A", "1")], &[]),
        ),
        (
            nested(json!({"principal_tags": {"A": [""]}})),
            some(&[("A", "")], &[]),
        ),
        (nested(json!({"principal_tags": {"A": ["1", "2"]}})), None),
        (nested(json!({"principal_tags": {"A": []}})), None),
        (nested(json!({"principal_tags": {"A": [1]}})), None),
        (nested(json!({"principal_tags": ["A"]})), None),
        (nested(json!({"transitive_tag_keys": {"A": 1}})), None),
        (nested(json!([])), None),
        (
            json!({format!("{flat}Team"): "core", format!("{flat}a/b"): ["c"], "https://aws.amazon.com/tags/transitive_tag_keys": ["Team", "Team"]}),
            some(&[("Team", "core"), ("a/b", "c")], &["Team"]),
        ),
        (
            json!({"https://aws.amazon.com/tags/transitive_tag_keys": "Team"}),
            some(&[], &["Team"]),
        ),
        (json!({format!("{flat}Team"): ["a", "b"]}), None),
        (
            json!({"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["a"]}}, format!("{flat}Team"): "a"}),
            None,
        ),
        (nested(json!({"principal_tags": {"": "1"}})), None),
        (nested(json!({"principal_tags": {"a,b": "1"}})), None),
        (nested(json!({"principal_tags": {"a": "1\n"}})), None),
        (
            nested(json!({"principal_tags": {"a": "x".repeat(257)}})),
            None,
        ),
        (
            nested(json!({"principal_tags": {"x".repeat(129): "1"}})),
            None,
        ),
        (
            nested(json!({"principal_tags": {"\u{e4} b:/=+-@_.": "c d"}})),
            some(&[("\u{e4} b:/=+-@_.", "c d")], &[]),
        ),
        // Keys that differ by case only are for the rules of session tags to refuse.
        (
            nested(json!({"principal_tags": {"a": ["1"], "A": ["1"]}})),
            some(&[("A", "1"), ("a", "1")], &[]),
        ),
    ] {
        let tags = verified(&change).unwrap().session_tags();
        assert_eq!(tags.ok(), expected, "{change}");
    }
}

#[test]
fn a_source_identity_has_its_form() {
    for (claim, good) in [
        (json!("DiegoRamirez"), true),
        (json!("a_+=,.@-"), true),
        (json!("ab"), true),
        (json!("a"), false),
        (json!("a".repeat(64)), true),
        (json!("a".repeat(65)), false),
        (json!("aws:x"), false),
        (json!("a b"), false),
        (json!("\u{e4}\u{e4}"), false),
        (json!(["ab"]), false),
        (json!(12), false),
    ] {
        let token = verified(&json!({"https://aws.amazon.com/source_identity": claim})).unwrap();
        match token.source_identity() {
            Ok(identity) => assert_eq!((identity, good), (claim.as_str(), true)),
            Err(error) => {
                assert!(!good, "{claim}");
                assert_eq!(
                    error.to_string(),
                    "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\""
                );
            }
        }
    }
    assert_eq!(verified(&json!({})).unwrap().source_identity(), Ok(None));
}
