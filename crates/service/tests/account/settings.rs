//! The account's alias, properties, STS preferences, outbound federation, and what needs an organization.

use std::collections::BTreeMap;

use keyward_testkit::ACCOUNT;
use keyward_wire::iam;

use crate::world::{elements, not_allowed, ok, refused, start, user};

fn create(alias: &str) -> iam::CreateAccountAlias {
    iam::CreateAccountAlias {
        account_alias: alias.to_owned(),
    }
}

fn delete(alias: &str) -> iam::DeleteAccountAlias {
    iam::DeleteAccountAlias {
        account_alias: alias.to_owned(),
    }
}

#[tokio::test]
async fn an_alias_is_of_one_account_in_the_installation() {
    let server = start().await;
    let root = &server.root;
    let (_, other) = server.account("other@example.test").await.unwrap();
    let list = iam::ListAccountAliases::default();
    let listed = ok(&server, root, &list).await;
    assert!(elements(&listed, "member").is_empty());
    assert_eq!(listed.element("IsTruncated"), Some("false"));
    ok(&server, root, &create("my-company")).await;
    let taken = (
        409,
        "EntityAlreadyExists",
        "The account alias my-company already exists.",
    );
    refused(&server, root, &create("my-company"), taken).await;
    refused(&server, &other, &create("my-company"), taken).await;
    // A new alias takes the place of the old, which others may have now.
    ok(&server, root, &create("our-company")).await;
    assert_eq!(
        elements(&ok(&server, root, &list).await, "member"),
        ["our-company"]
    );
    ok(&server, &other, &create("my-company")).await;
    let missing = (
        404,
        "NoSuchEntity",
        "The Account Alias with name my-company cannot be found.",
    );
    refused(&server, root, &delete("my-company"), missing).await;
    ok(&server, root, &delete("our-company")).await;
    assert!(elements(&ok(&server, root, &list).await, "member").is_empty());
    assert_eq!(
        elements(&ok(&server, &other, &list).await, "member"),
        ["my-company"]
    );
    ok(&server, root, &create("our-company")).await;
    for bad in ["123456789012", "ab", "a--b"] {
        assert_eq!(
            server.call(root, &create(bad)).await.code(),
            "ValidationError",
            "{bad}"
        );
    }
    let nobody = user(&server, "nobody", "").await;
    let text = not_allowed("nobody", "iam:ListAccountAliases", "*");
    refused(&server, &nobody, &list, (403, "AccessDenied", &text)).await;
}

fn put(pairs: &[(&str, &str)]) -> iam::PutAccountProperties {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    iam::PutAccountProperties {
        properties: pairs.iter().map(owned).collect::<BTreeMap<_, _>>(),
    }
}

#[tokio::test]
async fn properties_are_kept_by_namespace() {
    let server = start().await;
    let root = &server.root;
    ok(
        &server,
        root,
        &put(&[("Billing/Center", "42"), ("Billing/Owner", "ann")]),
    )
    .await;
    ok(&server, root, &put(&[("Security/Contact", "x")])).await;
    let got = ok(&server, root, &iam::GetAccountProperties {}).await;
    assert_eq!(
        elements(&got, "key"),
        ["Billing/Center", "Billing/Owner", "Security/Contact"]
    );
    assert_eq!(elements(&got, "value"), ["42", "ann", "x"]);
    let one = "Properties must have keys of the form Namespace/Property, all of one namespace.";
    let two = put(&[("A/x", "1"), ("B/x", "1")]);
    refused(&server, root, &two, (400, "InvalidInput", one)).await;
    let some = user(
        &server,
        "some",
        r#"{"Effect":"Allow","Action":"iam:PutAccountProperties","Resource":"*",
            "Condition":{"ForAllValues:StringEquals":{"iam:AccountPropertyNamespaces":"Billing"}}}"#,
    )
    .await;
    ok(&server, &some, &put(&[("Billing/Center", "43")])).await;
    let text = not_allowed("some", "iam:PutAccountProperties", "*");
    let other = put(&[("Security/Contact", "y")]);
    refused(&server, &some, &other, (403, "AccessDenied", &text)).await;
}

#[tokio::test]
async fn outbound_federation_keeps_its_issuer() {
    let server = start().await;
    let root = &server.root;
    let (enable, disable, info) = (
        iam::EnableOutboundWebIdentityFederation {},
        iam::DisableOutboundWebIdentityFederation {},
        iam::GetOutboundWebIdentityFederationInfo {},
    );
    let disabled = (
        404,
        "FeatureDisabled",
        "Outbound web identity federation is not enabled for this account.",
    );
    refused(&server, root, &info, disabled).await;
    refused(&server, root, &disable, disabled).await;
    let made = ok(&server, root, &enable).await;
    let issuer = made.element("IssuerIdentifier").unwrap().to_owned();
    let id = issuer.strip_prefix("https://keyward.test/oidc/").unwrap();
    assert_eq!(id.len(), 36);
    let enabled = (
        409,
        "FeatureEnabled",
        "Outbound web identity federation is already enabled for this account.",
    );
    refused(&server, root, &enable, enabled).await;
    let got = ok(&server, root, &info).await;
    assert_eq!(got.element("IssuerIdentifier"), Some(issuer.as_str()));
    assert_eq!(got.element("JwtVendingEnabled"), Some("true"));
    ok(&server, root, &disable).await;
    refused(&server, root, &info, disabled).await;
    let again = ok(&server, root, &enable).await;
    assert_eq!(again.element("IssuerIdentifier"), Some(issuer.as_str()));
}

#[tokio::test]
async fn the_kind_of_sts_tokens_is_set() {
    let server = start().await;
    let call = iam::SetSecurityTokenServicePreferences {
        global_endpoint_token_version: iam::GlobalEndpointTokenVersion::V2Token,
    };
    let version = |answer: &keyward_testkit::Answer| {
        let (_, after) = answer
            .body
            .split_once("GlobalEndpointTokenVersion</key>")
            .unwrap();
        after
            .trim_start()
            .strip_prefix("<value>")
            .unwrap()
            .chars()
            .next()
    };
    let summary = iam::GetAccountSummary {};
    assert_eq!(
        version(&ok(&server, &server.root, &summary).await),
        Some('1')
    );
    ok(&server, &server.root, &call).await;
    assert_eq!(
        version(&ok(&server, &server.root, &summary).await),
        Some('2')
    );
    let nobody = user(&server, "nobody", "").await;
    let text = not_allowed("nobody", "iam:SetSecurityTokenServicePreferences", "*");
    refused(&server, &nobody, &call, (403, "AccessDenied", &text)).await;
}

#[tokio::test]
async fn no_account_is_in_an_organization() {
    let server = start().await;
    let root = &server.root;
    let none = (
        400,
        "OrganizationNotFoundException",
        "Your account is not a member of an organization.",
    );
    refused(&server, root, &iam::ListOrganizationsFeatures {}, none).await;
    refused(
        &server,
        root,
        &iam::EnableOrganizationsRootSessions {},
        none,
    )
    .await;
    refused(
        &server,
        root,
        &iam::DisableOrganizationsRootSessions {},
        none,
    )
    .await;
    let call = iam::EnableOrganizationsRootCredentialsManagement {};
    refused(&server, root, &call, none).await;
    let call = iam::DisableOrganizationsRootCredentialsManagement {};
    refused(&server, root, &call, none).await;
    let report = iam::GenerateOrganizationsAccessReport {
        entity_path: "o-a1b2c3d4e5/r-f6g7h8i9j0example".to_owned(),
        organizations_policy_id: None,
    };
    refused(&server, root, &report, none).await;
    let id = "019b76da-a800-7fff-bfff-ffffffffffff";
    let call = iam::GetOrganizationsAccessReport {
        job_id: id.to_owned(),
        ..iam::GetOrganizationsAccessReport::default()
    };
    let text = format!("The job with id {id} cannot be found.");
    refused(&server, root, &call, (404, "NoSuchEntity", &text)).await;
    // Nobody learns even that without the permission.
    let nobody = user(&server, "nobody", "").await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:access-report/o-a1b2c3d4e5/r-f6g7h8i9j0example");
    let text = not_allowed("nobody", "iam:GenerateOrganizationsAccessReport", &arn);
    refused(&server, &nobody, &report, (403, "AccessDenied", &text)).await;
}
