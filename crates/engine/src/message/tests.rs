use std::sync::Arc;

use keyward_policy::Policy;

use super::*;
use crate::tests::world::{A, account, document, principal};
use crate::{AttachedPolicy, AttachedTo, CompiledPolicy, Context, CredentialKind, PolicyLists, decide};

const BOUNDARY: &str = "arn:aws:iam::111111111111:policy/B";

fn attach(text: &str, arn: Option<&str>) -> Vec<AttachedPolicy> {
    let policy = CompiledPolicy::compile(&Policy::parse(&document(text)).unwrap());
    vec![AttachedPolicy::new(Arc::new(policy), "P", arn.map(Arc::from), AttachedTo::User("bob".into()))]
}

/// Words a refusal of somebody's action, with the layers that `build` sets.
fn check_with<'a>(
    (who, action, resource): (&'a str, &'a str, &'a str),
    layers: &Layers<'_>,
    wording: Wording<'_>,
    credential: CredentialKind,
    expected: &str,
) {
    let context = Context::new();
    let mut request = Request::new(principal(who), action, resource, &context);
    request.resource_account = Some(account(A));
    request.credential = credential;
    let decision = decide(&request, layers);
    assert!(!matches!(decision, Decision::Allow(_)), "{expected}");
    assert_eq!(access_denied(&request, &decision, layers, &wording), expected);
}

fn check(asked: (&str, &str, &str), layers: &Layers<'_>, resource: Option<&str>, expected: &str) {
    check_with(asked, layers, Wording { resource, ..Wording::default() }, CredentialKind::LongTerm, expected);
}

const GET_USER: (&str, &str, &str) = ("bob", "iam:GetUser", "arn:aws:iam::111111111111:user/cat");
const START: &str =
    "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: iam:GetUser on resource: user cat";

#[test]
fn implicit_denies() {
    let all = attach("+*", None);
    let (none, endpoint) = (attach("+ec2:*", None), attach("+ec2:* P:*", None));
    let layers = Layers { identity: PolicyLists::from(all.as_slice()), ..Layers::default() };
    let lists = || Some(PolicyLists::from(none.as_slice()));
    for (layers, expected) in [
        (Layers::default(), "identity-based policy"),
        (Layers { boundary: Some(&none), ..layers.clone() }, "permissions boundary"),
        (Layers { session: lists(), ..layers.clone() }, "session policy"),
        (Layers { service_control: lists(), ..layers.clone() }, "service control policy"),
        (Layers { resource_control: lists(), ..layers.clone() }, "resource control policy"),
        (Layers { endpoint: Some(&endpoint), ..layers.clone() }, "VPC endpoint policy"),
    ] {
        let expected = format!("{START} because no {expected} allows the iam:GetUser action");
        check(GET_USER, &layers, Some("user cat"), &expected);
    }
    let (who, action, _) = GET_USER;
    let context = Context::new();
    let mut request = Request::new(principal(who), action, "arn:aws:iam::222222222222:role/x", &context);
    request.resource_account = Some(account("222222222222"));
    let decision = decide(&request, &layers);
    let wording = Wording { resource: Some("role x"), ..Wording::default() };
    assert_eq!(
        access_denied(&request, &decision, &layers, &wording),
        "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: iam:GetUser on resource: role x \
         because no resource-based policy allows the iam:GetUser action"
    );
}

#[test]
fn explicit_denies() {
    let allow = attach("+*", None);
    let inline = attach("-*", None);
    let managed = attach("-*", Some(BOUNDARY));
    let resource = attach("-* P:*", Some(BOUNDARY));
    let base = Layers { identity: PolicyLists::from(allow.as_slice()), ..Layers::default() };
    let lists = |list| Some(PolicyLists::from(list));
    for (layers, expected) in [
        (Layers { identity: PolicyLists::from(&inline[..]), ..base.clone() }, "an identity-based policy".to_owned()),
        (
            Layers { identity: PolicyLists::from(&managed[..]), ..base.clone() },
            format!("an identity-based policy: {BOUNDARY}"),
        ),
        (Layers { boundary: Some(&managed), ..base.clone() }, format!("a permissions boundary: {BOUNDARY}")),
        (Layers { session: lists(&managed[..]), ..base.clone() }, format!("a session policy: {BOUNDARY}")),
        (Layers { session: lists(&inline[..]), ..base.clone() }, "a session policy".to_owned()),
        (
            Layers { service_control: lists(&managed[..]), ..base.clone() },
            format!("a service control policy: {BOUNDARY}"),
        ),
        (
            Layers { resource_control: lists(&resource[..]), ..base.clone() },
            format!("a resource control policy: {BOUNDARY}"),
        ),
        (Layers { resource: &resource, ..base.clone() }, "a resource-based policy".to_owned()),
        (Layers { endpoint: Some(&resource), ..base.clone() }, "a VPC endpoint policy".to_owned()),
    ] {
        check(GET_USER, &layers, Some("user cat"), &format!("{START} with an explicit deny in {expected}"));
    }
}

#[test]
fn principals() {
    let role = Layers { resource_kind: ResourceKind::Role, ..Layers::default() };
    let arn = "arn:aws:iam::111111111111:role/T";
    check(
        ("R/s", "sqs:SendMessage", "arn:aws:sqs:r:111111111111:q"),
        &Layers::default(),
        Some("arn:aws:sqs:r:111111111111:q"),
        "User: arn:aws:sts::111111111111:assumed-role/R/s is not authorized to perform: sqs:sendmessage on resource: \
         arn:aws:sqs:r:111111111111:q because no identity-based policy allows the sqs:sendmessage action",
    );
    check(
        ("fed", "dynamodb:GetItem", "*"),
        &Layers::default(),
        None,
        "User: arn:aws:sts::111111111111:federated-user/bob is not authorized to perform: dynamodb:GetItem because no \
         identity-based policy allows the dynamodb:GetItem action",
    );
    check(
        ("anonymous", "sqs:SendMessage", "arn:aws:sqs:r:111111111111:q"),
        &Layers::default(),
        Some("q"),
        "User: anonymous is not authorized to perform: sqs:sendmessage on resource: q because no resource-based policy \
         allows the sqs:sendmessage action",
    );
    check(
        ("svc:sns.amazonaws.com", "lambda:Invoke", "arn:aws:lambda:r:111111111111:f"),
        &Layers::default(),
        None,
        "User: sns.amazonaws.com is not authorized to perform: lambda:Invoke because no resource-based policy allows \
         the lambda:Invoke action",
    );
    for action in ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"] {
        let asked = format!("sts:{action}");
        let expected = format!("Not authorized to perform sts:{action}");
        check(("token:accounts.google.com", &asked, arn), &role, Some(arn), &expected);
    }
}

#[test]
fn assuming_roles() {
    let arn = "arn:aws:iam::111111111111:role/T";
    let (deny, trust) = (attach("-*", None), attach("-* @ P:*", None));
    let layers = Layers { resource_kind: ResourceKind::Role, ..Layers::default() };
    for layers in [
        layers.clone(),
        Layers { identity: PolicyLists::from(&deny[..]), ..layers.clone() },
        Layers { resource: &trust, ..layers.clone() },
    ] {
        for action in ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] {
            let expected = format!(
                "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: {action} on resource: {arn}"
            );
            check(("bob", action, arn), &layers, Some(arn), &expected);
        }
    }
    check(("root", "sts:AssumeRole", arn), &layers, Some(arn), "Roles may not be assumed by root accounts.");
    let trust_text = "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: sts:Other on resource: x \
                      because no role trust policy allows the sts:Other action";
    check(("bob", "sts:Other", arn), &layers, Some("x"), trust_text);
    let denied = "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: sts:Other on resource: x with \
                  an explicit deny in the role trust policy";
    check(("bob", "sts:Other", arn), &Layers { resource: &trust, ..layers }, Some("x"), denied);
}

#[test]
fn services() {
    let object = "arn:aws:s3:::b/o";
    let quoted = "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: s3:GetObject on resource: \
                  \"arn:aws:s3:::b/o\" because no identity-based policy allows the s3:GetObject action";
    check(("bob", "s3:GetObject", object), &Layers::default(), Some(object), quoted);
    check(("bob", "s3:GetObject", object), &Layers::default(), Some("\"arn:aws:s3:::b/o\""), quoted);
    check(("anonymous", "s3:GetObject", object), &Layers::default(), Some(object), "Access Denied");
    let foreign = Wording { resource: Some(object), audience: Audience::OtherOrganization, details: None };
    let long = CredentialKind::LongTerm;
    check_with(("bob", "s3:GetObject", object), &Layers::default(), foreign, long, "Access Denied");
    let text = "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: sns:Publish on resource: t";
    let foreign = Wording { resource: Some("t"), ..foreign };
    check_with(("bob", "sns:Publish", "arn:aws:sns:r:1:t"), &Layers::default(), foreign, long, text);
    let key = Layers { resource_kind: ResourceKind::KmsKey, ..Layers::default() };
    let text = "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: kms:Encrypt on this resource \
                because the resource does not exist in this Region, no resource-based policies allow access, or a \
                resource-based policy explicitly denies access";
    check(("bob", "kms:Encrypt", "arn:aws:kms:r:1:key/k"), &key, Some("k"), text);
    let policy = attach("+* P:root", None);
    let text = "User: arn:aws:iam::111111111111:user/bob is not authorized to perform: kms:Encrypt on resource: k because \
                no identity-based policy allows the kms:Encrypt action";
    check(("bob", "kms:Encrypt", "arn:aws:kms:r:1:key/k"), &Layers { resource: &policy, ..key }, Some("k"), text);
}

#[test]
fn credentials_and_details() {
    let layers = Layers::default();
    let invalid = "The security token included in the request is invalid";
    let token = CredentialKind::SessionToken;
    check_with(GET_USER, &layers, Wording::default(), token, invalid);
    check(("fed", "iam:GetUser", "*"), &layers, None, invalid);
    let session = "Cannot call GetFederationToken with session credentials";
    check(("R/s", "sts:GetFederationToken", "*"), &layers, None, session);
    check(("fed", "sts:GetFederationToken", "*"), &layers, None, session);
    let session = "Cannot call GetSessionToken with session credentials";
    check(("fed", "sts:GetSessionToken", "*"), &layers, None, session);
    let root = "User: arn:aws:iam::111111111111:root is not authorized to perform: sts:AssumeRoot on resource: \
        arn:aws:iam::222222222222:root";
    let assume_root = ("root", "sts:AssumeRoot", "arn:aws:iam::222222222222:root");
    let target = Layers { resource_kind: ResourceKind::Role, ..Layers::default() };
    check(assume_root, &target, Some("arn:aws:iam::222222222222:root"), root);
    check_with(("bob", "sts:GetSessionToken", "*"), &layers, Wording::default(), token, session);
    let url = "https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/abc123";
    let wording =
        Wording { resource: Some("user cat"), details: Some(Details { url, id: "abc123" }), ..Wording::default() };
    let expected = format!(
        "{START} because no identity-based policy allows the iam:GetUser action. Go to {url} for complete details, or call \
         the GetRequestAuthorizationDetails API with the following authorization id: abc123"
    );
    check_with(GET_USER, &layers, wording, CredentialKind::LongTerm, &expected);
}
