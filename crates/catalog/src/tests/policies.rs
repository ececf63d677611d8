use serde_json::Value;

use keyward_policy::{Policy, limits};

use crate::*;

/// The one policy that is longer than a document may be on the wire: that of a service-linked role.
const TOO_LONG: &str = "AWSSupportServiceRolePolicy";

/// Takes away what a policy may say in two ways: lists of one, and numbers or booleans for strings.
fn normal(value: &Value) -> Value {
    match value {
        Value::Array(items) => match items.as_slice() {
            [item] => normal(item),
            items => items.iter().map(normal).collect(),
        },
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), normal(value)))
            .collect(),
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::Null | Value::String(_) => value.clone(),
    }
}

#[test]
fn every_managed_policy_is_a_policy() {
    let mut longest = Vec::new();
    for managed in managed_policies() {
        let (arn, document) = (managed.arn(), managed.document());
        if document.chars().count() > limits::DOCUMENT_CHARACTERS {
            longest.push(managed.name());
        }
        let policy = Policy::parse_at_most(&document, document.len())
            .unwrap_or_else(|error| panic!("{arn}: {error}"));
        let printed = policy.to_json();
        let again = Policy::parse_at_most(&printed, printed.len()).unwrap();
        assert_eq!(again.to_json(), printed, "{arn}");
        let (given, printed) = (
            serde_json::from_str(&document).unwrap(),
            serde_json::from_str(&printed).unwrap(),
        );
        assert_eq!(normal(&given), normal(&printed), "{arn}");
        assert_eq!(
            given.to_string().len(),
            document.len(),
            "{arn}: no whitespace between tokens"
        );
        for statement in &policy.statements {
            assert!(
                statement.principal.is_none()
                    && statement.action.is_some()
                    && statement.resource.is_some(),
                "{arn}"
            );
        }
    }
    assert_eq!(longest, [TOO_LONG]);
}

#[test]
fn every_managed_policy_is_found_by_its_arn() {
    for managed in managed_policies() {
        let found = managed_policy(&managed.arn()).unwrap();
        assert_eq!(
            (found.name(), found.path()),
            (managed.name(), managed.path())
        );
        assert!(
            managed.created_seconds() <= managed.updated_seconds(),
            "{managed:?}"
        );
        assert!(
            managed
                .version_id()
                .strip_prefix('v')
                .unwrap()
                .parse::<u32>()
                .unwrap()
                > 0,
            "{managed:?}"
        );
    }
    assert!(managed_policies().map(ManagedPolicy::name).is_sorted());
}

fn check(arn: &str, expected: Option<(&str, &str, &str, i64, i64)>) {
    let found = managed_policy(arn);
    let found = found.map(|found| {
        (
            found.name(),
            found.path(),
            found.version_id(),
            found.created_seconds(),
            found.updated_seconds(),
        )
    });
    assert_eq!(found, expected, "{arn}");
}

#[test]
fn lookups() {
    // 2015-02-06T18:39:46Z, both.
    let administrator = (
        "AdministratorAccess",
        "/",
        "v1",
        1_423_247_986,
        1_423_247_986,
    );
    check(
        "arn:aws:iam::aws:policy/AdministratorAccess",
        Some(administrator),
    );
    let found = managed_policy("arn:aws:iam::aws:policy/job-function/Billing").unwrap();
    assert_eq!(found.path(), "/job-function/");
    let document = managed_policy("arn:aws:iam::aws:policy/AdministratorAccess")
        .unwrap()
        .document();
    assert_eq!(
        document,
        r#"{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#
    );
    for unknown in [
        "",
        "AdministratorAccess",
        "arn:aws:iam::aws:policy",
        "arn:aws:iam::aws:policy/",
        "arn:aws:iam::aws:policyAdministratorAccess",
        "arn:aws:iam::aws:policy/administratoraccess",
        "arn:aws:iam::aws:policy/Billing",
        "arn:aws:iam::aws:policy/job-function/AdministratorAccess",
        "arn:aws:iam::aws:policy//AdministratorAccess",
        "arn:aws-cn:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::123456789012:policy/AdministratorAccess",
    ] {
        check(unknown, None);
    }
}

/// AWS's own policies are where new global keys are first seen.
#[test]
fn global_condition_keys_of_managed_policies_are_known() {
    let mut unknown = std::collections::BTreeSet::new();
    for managed in managed_policies() {
        let document = managed.document();
        let policy = Policy::parse_at_most(&document, document.len()).unwrap();
        let conditions = policy.statements.iter().flat_map(|it| &it.conditions);
        for key in conditions.map(|it| it.key.value.as_str()) {
            if key.to_ascii_lowercase().starts_with("aws:") && condition_key(key).is_none() {
                unknown.insert(key.to_owned());
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
    for (key, value_type) in [
        ("aws:PrincipalOrgMasterAccountId", ValueType::String),
        ("aws:ismcpserviceaction", ValueType::Bool),
    ] {
        let found = condition_key(key).unwrap();
        assert_eq!(
            (found.value_type, found.cardinality),
            (value_type, Cardinality::SingleValued)
        );
    }
}
