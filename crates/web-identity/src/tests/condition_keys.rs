//! Claims as condition keys, issuer by issuer.

use serde_json::{Value, json};

use super::support::verified;
use crate::{ConditionValue, Survives};

/// Writes the keys of a token: a name, `=`, the value, `+` where the session keeps it.
fn keys(change: &Value) -> Vec<String> {
    let token = verified(change).unwrap();
    let url = token.issuer().trim_start_matches("https://").to_owned();
    token
        .condition_keys()
        .into_iter()
        .map(|key| {
            let name = key
                .name
                .strip_prefix(&format!("{url}:"))
                .unwrap()
                .to_owned();
            let value = match key.value {
                ConditionValue::List(values) => format!("{values:?}"),
                ConditionValue::Single(value) => value,
            };
            let survives = match key.survives {
                Survives::InSession => "+",
                Survives::InTrustPolicy => "",
            };
            format!("{name}={value}{survives}")
        })
        .collect()
}

#[test]
fn any_provider_has_the_default_keys() {
    let common = [
        "aud=sts.amazonaws.com+",
        "oaud=sts.amazonaws.com",
        "sub=subject+",
    ];
    assert_eq!(
        keys(&json!({"repository": "o/r", "groups": ["admin"]})),
        common
    );
    assert_eq!(
        keys(&json!({"amr": ["mfa", "pwd"], "email": "a@b", "azp": "other", "aud": ["x", "y"]})),
        [
            "aud=other+",
            "oaud=[\"x\", \"y\"]",
            "sub=subject+",
            "amr=[\"mfa\", \"pwd\"]+",
            "email=a@b"
        ]
    );
    assert_eq!(keys(&json!({"amr": "pwd"}))[3], "amr=[\"pwd\"]+");
    // What has another type than the key gives none.
    assert_eq!(keys(&json!({"amr": [1], "email": ["a@b"]})), common);
    assert_eq!(keys(&json!({"amr": []})), common);
}

#[test]
fn known_issuers_have_keys_of_their_own() {
    let github = json!({
        "actor": "a", "actor_id": "1", "job_workflow_ref": "w", "repository": "o/r", "repository_id": "2",
        "repository_owner_id": "3", "workflow": "wf", "ref": "refs/heads/main", "environment": "prod",
        "enterprise_id": "4", "sha": "no key", "email": "e", "amr": ["x"],
    });
    let own = [
        "aud=sts.amazonaws.com+",
        "oaud=sts.amazonaws.com",
        "sub=subject+",
        "amr=[\"x\"]",
        "email=e",
        "actor=a",
        "actor_id=1",
        "job_workflow_ref=w",
        "repository=o/r",
        "repository_id=2",
        "repository_owner_id=3",
        "workflow=wf",
        "ref=refs/heads/main",
        "environment=prod",
        "enterprise_id=4",
    ];
    let default = &own[..5];
    for (issuer, is_github) in [
        ("https://token.actions.githubusercontent.com", true),
        ("https://token.actions.githubusercontent.com/octo", true),
        ("https://token.actions.octo.ghe.com", true),
        ("https://github.com/enterprises/octo", true),
        (
            "https://token.actions.githubusercontent.com.evil.example",
            false,
        ),
        ("https://token.actions.githubusercontent.com/a/b", false),
        ("https://token.actions.a.b.ghe.com", false),
        ("https://token.actions.evil/.ghe.com", false),
        ("https://Token.actions.githubusercontent.com", false),
        ("https://gitlab.example", false),
    ] {
        let mut change = github.clone();
        change["iss"] = issuer.into();
        let got = keys(&change);
        if is_github {
            assert_eq!(got, own, "{issuer}");
        } else {
            let names: Vec<&str> = got
                .iter()
                .map(|key| key.split('=').next().unwrap())
                .collect();
            let wanted: Vec<&str> = default
                .iter()
                .map(|key| key.split('=').next().unwrap())
                .collect();
            assert_eq!(names, wanted, "{issuer}");
        }
    }
    for (change, expected) in [
        (
            json!({"iss": "https://gitlab.com", "namespace_id": "1", "ref_protected": "true", "user_access_level": "owner", "ref": "no key"}),
            vec![
                "namespace_id=1",
                "user_access_level=owner",
                "ref_protected=true",
            ],
        ),
        (
            json!({"iss": "https://gitlab.com", "project_id": 7, "ref_protected": true, "user_id": null, "user_login": {"a": 1}}),
            vec!["project_id=7", "ref_protected=true"],
        ),
        (
            json!({"iss": "https://agent.buildkite.com", "organization_slug": "o", "build_branch": "main"}),
            vec!["organization_slug=o", "build_branch=main"],
        ),
        (
            json!({"iss": "https://agent.x.buildkite.dev", "cluster_id": "c"}),
            vec!["cluster_id=c"],
        ),
        (
            json!({"iss": "https://oidc.circleci.com/org/0a", "oidc.circleci.com/project-id": "p", "oidc.circleci.com/vcs-ref": "r"}),
            vec!["oidc.circleci.com/project-id=p"],
        ),
        (
            json!({"iss": "https://idcs-1.identity.oraclecloud.com", "rpst_id": "r"}),
            vec!["rpst_id=r"],
        ),
        (
            json!({"iss": "https://app.terraform.io", "terraform_workspace_id": "w"}),
            vec![],
        ),
        (
            json!({"iss": "https://oidc.eks.us-east-1.amazonaws.com/id/ABC", "kubernetes.io": {"namespace": "n"}}),
            vec![],
        ),
        (
            json!({"iss": "https://accounts.google.com", "google": {"organization_number": 12}}),
            vec!["google/organization_number=12"],
        ),
        (
            json!({"iss": "https://accounts.google.com", "google:organization_number": "13", "google": {"organization_number": 12}}),
            vec!["google/organization_number=13"],
        ),
    ] {
        assert_eq!(keys(&change)[3..], expected, "{change}");
    }
}

#[test]
fn google_keeps_oaud_and_cognito_keeps_amr() {
    let google = keys(&json!({"iss": "https://accounts.google.com", "azp": "other", "amr": ["a"]}));
    assert_eq!(
        google,
        [
            "aud=other+",
            "oaud=sts.amazonaws.com+",
            "sub=subject+",
            "amr=[\"a\"]"
        ]
    );
    let cognito =
        keys(&json!({"iss": "https://cognito-identity.amazonaws.com", "amr": ["authenticated"]}));
    assert_eq!(cognito[3], "amr=[\"authenticated\"]+");
}

#[test]
fn a_provider_can_t_take_the_names_of_other_keys() {
    for issuer in [
        "https://saml",
        "https://aws",
        "https://STS/x",
        "https://iam",
    ] {
        assert!(
            verified(&json!({"iss": issuer}))
                .unwrap()
                .condition_keys()
                .is_empty()
        );
    }
}
