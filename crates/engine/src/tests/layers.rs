//! Layers: every row of `spec/evaluation.md` §2a, what binds whom (§6), levels, groups, unusable documents, and the rules
//! that no policy changes.

use super::world::{C, Case, FULL, GO, check};
use crate::{CredentialKind, ResourceKind};

const ALL: Option<&[&str]> = Some(&["+*"]);
const NONE: Option<&[&str]> = Some(&["+ec2:*"]);

/// SOURCE: spec/evaluation.md §2a.
#[test]
fn resource_allow_against_implicit_denies() {
    let role = Case { who: "R/s", ..GO };
    let fed = Case { who: "fed", ..GO };
    for (name, case, expected) in [
        ("user", Case { rp: &["+* P:bob"], pb: NONE, ..GO }, "allow resource"),
        (
            "GetSessionToken session",
            Case { rp: &["+* P:bob"], pb: NONE, credential: CredentialKind::SessionToken, ..GO },
            "allow resource",
        ),
        ("role ARN, boundary", Case { rp: &["+* P:R"], pb: NONE, ..role }, "implicit permissionsBoundary"),
        ("role ARN, session", Case { rp: &["+* P:R"], pb: ALL, sp: NONE, ..role }, "implicit session"),
        ("role ARN", Case { rp: &["+* P:R"], ..role }, "allow resource"),
        ("role ARN, allowed by both", Case { rp: &["+* P:R"], pb: ALL, sp: ALL, ..role }, "allow resource"),
        ("session ARN", Case { rp: &["+* P:R/s"], pb: NONE, sp: NONE, ..role }, "allow resource"),
        ("another session's ARN", Case { rp: &["+* P:R/t"], ..role }, "implicit identity"),
        (
            "issuing user, boundary",
            Case { rp: &["+* P:bob"], pb: NONE, sp: ALL, ..fed },
            "implicit permissionsBoundary",
        ),
        ("issuing user, session", Case { rp: &["+* P:bob"], sp: NONE, ..fed }, "implicit session"),
        ("issuing user, no session policy", Case { rp: &["+* P:bob"], id: &["+*"], ..fed }, "implicit session"),
        ("issuing user", Case { rp: &["+* P:bob"], pb: ALL, sp: ALL, ..fed }, "allow resource"),
        ("federated-user ARN", Case { rp: &["+* P:fed"], pb: NONE, sp: NONE, ..fed }, "allow resource"),
        ("federated-user ARN, no session policy", Case { rp: &["+* P:fed"], ..fed }, "allow resource"),
        ("federated, anyone", Case { rp: &["+* P:*"], pb: NONE, sp: ALL, ..fed }, "allow resource"),
        ("federated, anyone, session", Case { rp: &["+* P:*"], sp: NONE, ..fed }, "implicit session"),
        ("federated, anyone, no session policy", Case { rp: &["+* P:*"], ..fed }, "implicit session"),
        ("user, anyone", Case { rp: &["+* P:*"], pb: NONE, ..GO }, "allow resource"),
        ("role, anyone", Case { rp: &["+* P:*"], pb: NONE, sp: NONE, ..role }, "allow resource"),
        ("user by account", Case { rp: &["+* P:root"], ..GO }, "implicit identity"),
        ("role by account", Case { rp: &["+* P:A"], ..role }, "implicit identity"),
        ("federated by account", Case { rp: &["+* P:root"], sp: ALL, ..fed }, "implicit identity"),
        ("root", Case { who: "root", ..GO }, "allow rule RootUser"),
        ("root, gated", Case { who: "root", kind: ResourceKind::KmsKey, ..GO }, "implicit resource"),
    ] {
        check(name, case, expected);
    }
}

#[test]
fn a_federated_session_named_twice() {
    let fed = Case { who: "fed", rp: &["+* P:any,bob"], ..GO };
    check("neither", Case { pb: NONE, sp: NONE, ..fed }, "implicit session");
    check("boundary alone is silent", Case { pb: NONE, sp: ALL, ..fed }, "allow resource");
}

#[test]
fn explicit_denies_beat_every_grant() {
    let deny: &[&str] = &["+*", "-s3:*"];
    for who in ["bob", "R/s", "fed"] {
        let granted = Case { who, id: &["+*"], rp: &["+* P:*,bob,R/s,fed"], pb: ALL, sp: ALL, ..GO };
        let granted = Case { rp: &["+* P:any,bob,R/s,fed"], ..granted };
        check(who, granted, "allow resource");
        check(who, Case { id: deny, ..granted }, "explicit identity");
        check(who, Case { pb: Some(deny), ..granted }, "explicit permissionsBoundary");
        check(who, Case { sp: Some(deny), ..granted }, "explicit session");
        check(who, Case { rp: &["+* P:any", "-* P:any"], ..granted }, "explicit resource");
        check(who, Case { vpce: Some(&["+* P:any", "-* P:any"]), ..granted }, "explicit endpoint");
        check(who, Case { scp: Some(&[&["+*"], deny]), ..granted }, "explicit serviceControl");
        check(who, Case { rcp: Some(&[&[FULL, "-* P:*"]]), ..granted }, "explicit resourceControl");
        // The first layer names the refusal.
        let everywhere = Case { id: deny, pb: Some(deny), scp: Some(&[deny]), rp: &["-* P:*"], ..granted };
        check(who, everywhere, "explicit serviceControl");
        // An explicit deny is named before the lack of an allow in an earlier layer.
        check(who, Case { id: deny, scp: Some(&[&[]]), ..granted }, "explicit identity");
    }
}

#[test]
fn unions_within_a_layer() {
    let deny: &[&str] = &["-s3:*"];
    check("groups", Case { id: &["+ec2:*"], groups: &[&["+sqs:*"], &["+s3:*"]], ..GO }, "allow identity");
    check("groups alone", Case { groups: &[&["+s3:*"]], ..GO }, "allow identity");
    check("deny in a group", Case { id: &["+*"], groups: &[&["+*"], deny], ..GO }, "explicit identity");
    let many: Vec<&[&str]> = (0..30).map(|index| if index == 29 { &["+s3:*"][..] } else { &["+ec2:*"][..] }).collect();
    check("thirty groups", Case { groups: &many, ..GO }, "allow identity");
    let role = Case { who: "R/s", id: &["+*"], ..GO };
    check("session policies", Case { sp: Some(&["+ec2:*", "+s3:*"]), ..role }, "allow identity");
    check("no session policy of any", Case { sp: Some(&[]), ..role }, "implicit session");
    check("an empty boundary", Case { pb: Some(&[]), ..role }, "implicit permissionsBoundary");
    check("an empty endpoint policy", Case { vpce: Some(&[]), ..role }, "implicit endpoint");
    check("resource policies", Case { rp: &["+ec2:* P:bob", "+s3:* P:bob"], ..GO }, "allow resource");
}

#[test]
fn levels() {
    let id: &[&str] = &["+s3:*"];
    for (scp, expected) in [
        (&[&["+*"][..], &["+*"], &["+*"]][..], "allow identity"),
        (&[&["+*"], &["+s3:Get*"]], "allow identity"),
        (&[&["+s3:*"], &["+ec2:*"]], "implicit serviceControl"),
        (&[&["+ec2:*", "+s3:*"]], "allow identity"),
        (&[&["+*"], &[]], "implicit serviceControl"),
        (&[], "implicit serviceControl"),
        (&[&["+*"], &["+*", "-s3:Get*"]], "explicit serviceControl"),
        (&[&["+*"], &["-s3:Get*"]], "explicit serviceControl"),
    ] {
        check(&format!("{scp:?}"), Case { id, scp: Some(scp), ..GO }, expected);
    }
    for (rcp, expected) in [
        (&[&[FULL][..], &[FULL]][..], "allow identity"),
        (&[&[FULL], &[]], "implicit resourceControl"),
        (&[], "implicit resourceControl"),
        // Customers' RCPs only deny: an Allow of their own opens nothing.
        (&[&["+s3:* P:*"]], "implicit resourceControl"),
        (&[&["+* @arn:aws:s3:::* P:*"]], "implicit resourceControl"),
        (&[&[r#"+* P:* ?{"Null":{"k":"true"}}"#]], "implicit resourceControl"),
        (&[&["+* P:root"]], "implicit resourceControl"),
        (&[&["+* P:any"]], "allow identity"),
        (&[&[FULL, "-s3:* P:*"]], "explicit resourceControl"),
    ] {
        check(&format!("{rcp:?}"), Case { id, rcp: Some(rcp), ..GO }, expected);
    }
}

/// SOURCE: spec/evaluation.md §6.
#[test]
fn what_binds_whom() {
    let deny: &[&str] = &["-*"];
    let anyone = Case { id: &["+*"], sp: ALL, rp: &["+* P:any,A"], ..GO };
    let service = "svc:s3.amazonaws.com";
    for (who, bound) in [
        ("bob", true),
        ("R/s", true),
        ("fed", true),
        ("root", true),
        ("slr", false),
        (service, false),
        ("anonymous", false),
    ] {
        let case = Case { who, scp: Some(&[&[]]), ..anyone };
        check(who, case, if bound { "implicit serviceControl" } else { "allow resource" });
    }
    for (who, bound) in [
        ("bob", true),
        ("R/s", true),
        ("fed", true),
        ("root", true),
        ("slr", false),
        (service, true),
        ("anonymous", true),
    ] {
        let case = Case { who, rcp: Some(&[&[FULL, "-* P:*"]]), ..anyone };
        check(who, case, if bound { "explicit resourceControl" } else { "allow resource" });
    }
    for (who, bound) in
        [("bob", true), ("R/s", true), ("root", true), ("slr", true), (service, false), ("anonymous", true)]
    {
        let case = Case { who, vpce: Some(&[]), ..anyone };
        check(who, case, if bound { "implicit endpoint" } else { "allow resource" });
    }
    for (who, bound) in
        [("bob", true), ("R/s", true), ("fed", true), ("root", false), (service, false), ("anonymous", false)]
    {
        check(who, Case { who, id: deny, ..anyone }, if bound { "explicit identity" } else { "allow resource" });
        let boundary = Case { who, pb: Some(deny), ..anyone };
        check(who, boundary, if bound { "explicit permissionsBoundary" } else { "allow resource" });
        let session = Case { who, sp: Some(deny), ..anyone };
        check(who, session, if bound { "explicit session" } else { "allow resource" });
    }
    for who in ["bob", "root", service, "anonymous", "slr"] {
        check(who, Case { who, rp: &["+* P:any", "-* P:any"], id: &["+*"], ..GO }, "explicit resource");
    }
}

#[test]
fn root_issued_federated_sessions() {
    let fed = Case { who: "rootfed", ..GO };
    check("no session policy", fed, "implicit session");
    check("session policy", Case { sp: ALL, ..fed }, "allow identity");
    check("session policy for something else", Case { sp: NONE, ..fed }, "implicit session");
    check("denied", Case { sp: ALL, id: &["-*"], ..fed }, "explicit identity");
    check("boundary without effect", Case { sp: ALL, pb: NONE, ..fed }, "allow identity");
}

#[test]
fn exemptions_from_resource_control() {
    let rcp: Option<&[&[&str]]> = Some(&[&[FULL, "-* P:*"]]);
    let retire = Case {
        action: "kms:RetireGrant",
        resource: "arn:aws:kms:r:111111111111:key/k",
        kind: ResourceKind::KmsKey,
        rp: &["+kms:* P:bob"],
        rcp,
        ..GO
    };
    check("kms:RetireGrant", retire, "allow resource");
    check("KMS:retiregrant", Case { action: "KMS:retiregrant", ..retire }, "allow resource");
    check("kms:Decrypt", Case { action: "kms:Decrypt", ..retire }, "explicit resourceControl");
    let assume = Case {
        who: "svc:x.amazonaws.com",
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::111111111111:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX",
        kind: ResourceKind::Role,
        rp: &["+sts:AssumeRole @ P:svc:x.amazonaws.com,svc:x.amazonaws.co"],
        rcp,
        ..GO
    };
    check("own service-linked role", assume, "allow resource");
    check("another's", Case { who: "svc:x.amazonaws.co", ..assume }, "explicit resourceControl");
    let plain = "arn:aws:iam::111111111111:role/x.amazonaws.com/R";
    check("plain role", Case { resource: plain, ..assume }, "explicit resourceControl");
}

#[test]
fn member_roots() {
    let root = Case {
        who: "bob",
        action: "sts:AssumeRoot",
        resource: "arn:aws:iam::222222222222:root",
        owner: C,
        kind: ResourceKind::MemberRoot,
        id: &["+sts:AssumeRoot"],
        ..GO
    };
    check("allowed", root, "allow identity");
    check("without permission", Case { id: &[], ..root }, "implicit identity");
    check("boundary", Case { pb: NONE, ..root }, "implicit permissionsBoundary");
    check("role", Case { who: "R/s", sp: NONE, ..root }, "implicit session");
    check("root", Case { who: "root", ..root }, "implicit rule CredentialKind");
    check("anonymous", Case { who: "anonymous", ..root }, "implicit rule CredentialKind");
    check("ordinary", Case { kind: ResourceKind::Ordinary, ..root }, "implicit resource");
}

#[test]
fn unusable_documents_refuse() {
    let broken: &[&str] = &["+*", "{broken"];
    let granted = Case { id: &["+*"], rp: &["+* P:bob"], ..GO };
    check("granted", granted, "allow resource");
    check("identity", Case { id: broken, ..granted }, "implicit unusable identity");
    check("group", Case { groups: &[broken], ..granted }, "implicit unusable identity");
    check("resource", Case { rp: &["+* P:bob", "{broken"], ..granted }, "implicit unusable resource");
    check("boundary", Case { pb: Some(broken), ..granted }, "implicit unusable permissionsBoundary");
    check("session", Case { who: "R/s", sp: Some(broken), ..granted }, "implicit unusable session");
    check("endpoint", Case { vpce: Some(&["+* P:*", "{broken"]), ..granted }, "implicit unusable endpoint");
    check("scp", Case { scp: Some(&[broken]), ..granted }, "implicit unusable serviceControl");
    check("rcp", Case { rcp: Some(&[&[FULL, "{broken"]]), ..granted }, "implicit unusable resourceControl");
    // A deny elsewhere still names itself, and a layer that does not bind is not asked.
    check("deny", Case { id: broken, rp: &["-* P:bob"], ..granted }, "explicit resource");
    check("root", Case { who: "root", id: broken, ..GO }, "allow rule RootUser");
    check(
        "fixed rule",
        Case { action: "sts:GetCallerIdentity", resource: "*", id: broken, ..GO },
        "allow rule GetCallerIdentity",
    );
}

#[test]
fn credentials() {
    use CredentialKind::{Console, LongTerm, SessionToken, SessionTokenWithMfa};
    let role = "arn:aws:iam::111111111111:role/T";
    let sts = Case { resource: role, id: &["+*"], rp: &["+* P:bob,R/s,fed,root,C"], sp: ALL, ..GO };
    let forbidden = "implicit rule CredentialKind";
    for (who, credential, action, expected) in [
        ("bob", LongTerm, "sts:AssumeRole", "allow resource"),
        ("bob", SessionToken, "sts:AssumeRole", "allow resource"),
        ("bob", SessionToken, "sts:TagSession", "allow resource"),
        ("bob", SessionToken, "sts:SetSourceIdentity", "allow resource"),
        ("bob", SessionTokenWithMfa, "STS:assumerole", "allow resource"),
        ("bob", SessionTokenWithMfa, "sts:DecodeAuthorizationMessage", forbidden),
        ("bob", SessionToken, "sts:GetFederationToken", forbidden),
        ("bob", SessionToken, "iam:ListUsers", forbidden),
        ("bob", SessionToken, "IAM:GetUser", forbidden),
        ("bob", SessionToken, "iam:PassRole", "allow resource"),
        ("bob", SessionTokenWithMfa, "iam:ListUsers", "allow resource"),
        ("bob", SessionToken, "s3:GetObject", "allow resource"),
        ("bob", Console, "iam:ListUsers", "allow resource"),
        ("bob", Console, "sts:GetFederationToken", forbidden),
        ("bob", LongTerm, "sts:GetFederationToken", "allow resource"),
        ("R/s", LongTerm, "sts:GetFederationToken", forbidden),
        ("R/s", LongTerm, "sts:GetSessionToken", forbidden),
        ("R/s", LongTerm, "iam:ListUsers", "allow resource"),
        ("fed", LongTerm, "iam:ListUsers", forbidden),
        ("fed", LongTerm, "sts:AssumeRole", forbidden),
        ("fed", LongTerm, "sts:GetCallerIdentity", "allow rule GetCallerIdentity"),
        ("fed", LongTerm, "s3:GetObject", "allow resource"),
        ("root", LongTerm, "sts:AssumeRole", "implicit rule RootAssumesRole"),
        ("root", LongTerm, "sts:TagSession", "implicit rule RootAssumesRole"),
        ("Croot", LongTerm, "sts:AssumeRole", "implicit rule RootAssumesRole"),
        ("root", LongTerm, "sts:GetSessionToken", "allow rule GetSessionToken"),
        ("root", LongTerm, "sts:GetFederationToken", "implicit rule RootAssumesRole"),
        ("anonymous", LongTerm, "sts:GetSessionToken", forbidden),
        ("anonymous", LongTerm, "sts:GetCallerIdentity", forbidden),
        ("svc:x.amazonaws.com", LongTerm, "sts:GetSessionToken", forbidden),
        ("token:accounts.google.com", LongTerm, "s3:GetObject", forbidden),
        ("token:accounts.google.com", LongTerm, "sts:AssumeRole", forbidden),
        ("token:accounts.google.com", LongTerm, "sts:AssumeRoleWithWebIdentity", "implicit resource"),
    ] {
        check(&format!("{who} {credential:?} {action}"), Case { who, credential, action, ..sts }, expected);
    }
    let token = Case { action: "sts:GetSessionToken", resource: "*", id: &["-*"], scp: Some(&[&["-*"]]), ..GO };
    check("no policy has a say", token, "allow rule GetSessionToken");
    check("session credentials", Case { credential: SessionToken, ..token }, forbidden);
    let federation = Case { who: "root", action: "sts:GetFederationToken", resource: "*", ..GO };
    check("root federates", federation, "allow rule RootUser");
}

#[test]
fn cross_account_roots() {
    let root = Case { who: "Croot", ..GO };
    check("not named", root, "implicit resource");
    check("named", Case { rp: &["+* P:C"], ..root }, "allow resource");
    check("bound by its SCPs", Case { rp: &["+* P:C"], scp: Some(&[&[]]), ..root }, "implicit serviceControl");
    check("gated", Case { rp: &["+* P:Croot"], kind: ResourceKind::KmsKey, ..root }, "allow resource");
}
