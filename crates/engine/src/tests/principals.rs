//! Principal elements.

use super::world::{C, Case, GO, check, run};
use crate::{MatchClasses, ResourceKind};

/// Checks how a principal element of an Allow names somebody.
fn class(who: &str, names: &str, expected: MatchClasses) {
    let statement = format!("+* P:{names}");
    let action = if who.starts_with("token") { "sts:AssumeRoleWithWebIdentity" } else { GO.action };
    let (_, trace) = run(&Case { who, action, rp: &[&statement], ..GO });
    assert_eq!(trace.resource_grants, expected, "{names} for {who}");
}

#[test]
fn classes() {
    use MatchClasses as M;
    let google = "token:accounts.google.com";
    for (who, names, expected) in [
        ("bob", "*", M::ANY),
        ("bob", "any", M::ANY),
        ("anonymous", "*", M::ANY),
        ("svc:s3.amazonaws.com", "any", M::ANY),
        (google, "*", M::NONE),
        ("bob", "bob", M::DIRECT),
        ("bob", "AIDABOB", M::DIRECT),
        ("bob", "AIDACAT", M::NONE),
        ("bob", "root", M::ACCOUNT),
        ("bob", "A", M::ACCOUNT),
        ("bob", "C", M::NONE),
        ("bob", "arn:aws:iam::111111111111:user/Bob", M::NONE),
        ("bob", "arn:aws:iam::111111111111:user/*", M::NONE),
        ("bob", "arn:aws:iam::111111111111:user/p/bob", M::NONE),
        ("bob", "arn:aws-cn:iam::111111111111:root", M::NONE),
        ("bob", "arn:aws:iam::111111111111:Root", M::NONE),
        ("bob", "arn:aws:sts::111111111111:root", M::NONE),
        ("bob", "bob,root", M::DIRECT.union(M::ACCOUNT)),
        ("R/s", "R", M::SESSION_ROLE),
        ("R/s", "AROAR", M::SESSION_ROLE),
        ("R/s", "R/s", M::DIRECT),
        ("R/s", "R/t", M::NONE),
        ("R/s", "arn:aws:sts::111111111111:assumed-role/R/S", M::NONE),
        ("R/s", "arn:aws:sts::111111111111:assumed-role/R/*", M::NONE),
        ("R/s", "root", M::ACCOUNT),
        ("R/s", "X", M::NONE),
        ("fed", "fed", M::DIRECT),
        ("fed", "bob", M::SESSION_ISSUER),
        ("fed", "AIDABOB", M::SESSION_ISSUER),
        ("fed", "A", M::ACCOUNT),
        ("rootfed", "rootfed", M::DIRECT),
        ("rootfed", "root", M::ACCOUNT),
        ("root", "root", M::ACCOUNT),
        ("root", "bob", M::NONE),
        ("anonymous", "root,bob", M::NONE),
        ("svc:s3.amazonaws.com", "svc:s3.amazonaws.com", M::SERVICE),
        ("svc:s3.amazonaws.com", "svc:S3.amazonaws.com", M::NONE),
        ("svc:s3.amazonaws.com", "svc:*", M::NONE),
        ("bob", "svc:s3.amazonaws.com", M::NONE),
        (google, "token:accounts.google.com", M::FEDERATED),
        (google, "token:www.amazon.com", M::NONE),
        (google, "token:*", M::NONE),
        ("bob", "token:accounts.google.com", M::NONE),
        ("bob", "", M::NONE),
    ] {
        class(who, names, expected);
    }
}

#[test]
fn canonical_users() {
    use super::world::{attach, principal};
    use crate::{Context, Decision, Layers, Request, explain};
    let document = |id: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"CanonicalUser":"{id}"}},"Action":"*","Resource":"*"}}}}"#
        )
    };
    let context = Context::new();
    let mut request = Request::new(principal("bob"), "s3:GetObject", "arn:aws:s3:::b/o", &context);
    for (own, named, expected) in [
        (Some("abc"), "abc", MatchClasses::ACCOUNT),
        (Some("abc"), "abd", MatchClasses::NONE),
        (None, "abc", MatchClasses::NONE),
        (Some("abc"), "*", MatchClasses::NONE),
    ] {
        request.canonical_user = own;
        let resource = attach(&[&document(named)]);
        let (decision, trace) = explain(&request, &Layers { resource: &resource, ..Layers::default() });
        assert_eq!(trace.resource_grants, expected, "{own:?} {named}");
        assert!(matches!(decision, Decision::ImplicitDeny(_)));
    }
}

#[test]
fn not_principal() {
    // A session that is not known is not named by its role.
    let unknown = Case { who: "R/?", id: &["+*"], ..GO };
    check("unknown session", Case { rp: &["-* !P:R,root"], ..unknown }, "explicit resource");
    check(
        "unknown session",
        Case { rp: &["+* P:R"], pb: Some(&["+ec2:*"]), ..unknown },
        "implicit permissionsBoundary",
    );
    let boundary: Option<&[&str]> = Some(&["+*"]);
    let case = Case { id: &["+*"], sp: Some(&["+*"]), ..GO };
    for (who, names, is_exempt) in [
        ("bob", "bob", false),
        ("bob", "root", false),
        ("bob", "bob,root", true),
        ("bob", "bob,A", true),
        ("bob", "AIDABOB,A", true),
        ("bob", "any", false),
        ("R/s", "R,root", false),
        ("R/s", "R/s,root", false),
        ("R/s", "R/s,R", false),
        ("R/s", "R/s,R,root", true),
        ("R/s", "R/s,AROAR,A", true),
        ("R/s", "R/t,R,root", false),
        ("fed", "fed,root", false),
        ("fed", "bob,root", false),
        ("fed", "fed,bob,root", true),
        ("rootfed", "rootfed,root", true),
        ("rootfed", "rootfed", false),
        ("root", "root", true),
        ("root", "A", true),
        ("root", "C", false),
    ] {
        let deny = format!("-* !P:{names}");
        let case = Case { who, rp: &[&deny, "+* P:root"], ..case };
        let decision = super::world::words(&run(&case).0);
        assert_eq!(decision != "explicit resource", is_exempt, "{who} not {names}: {decision}");
        if is_exempt && matches!(who, "bob" | "R/s" | "fed") {
            check(who, Case { pb: boundary, ..case }, "explicit resource");
        }
    }
    let service = Case { who: "svc:s3.amazonaws.com", ..GO };
    let deny = "-* !P:svc:s3.amazonaws.com";
    check("service", Case { rp: &["+* P:*", deny], ..service }, "allow resource");
    check(
        "other service",
        Case { who: "svc:sns.amazonaws.com", rp: &["+* P:*", deny], ..service },
        "explicit resource",
    );
    check("anonymous", Case { who: "anonymous", rp: &["+* P:*", "-* !P:bob,root"], ..GO }, "explicit resource");
    check("nobody listed", Case { rp: &["+* P:*", "-* !P:"], ..GO }, "explicit resource");
    check("allow", Case { rp: &["+* !P:cat"], ..GO }, "implicit identity");
}

#[test]
fn principals_in_denies() {
    for (who, names, denied) in [
        ("bob", "root", true),
        ("bob", "A", true),
        ("R/s", "R", true),
        ("fed", "bob", true),
        ("cat", "root", false),
        ("anonymous", "*", true),
        ("svc:s3.amazonaws.com", "*", true),
        ("bob", "", false),
    ] {
        let deny = format!("-* P:{names}");
        let case = Case { who, rp: &["+* P:*", &deny], id: &["+*"], sp: Some(&["+*"]), ..GO };
        let decision = super::world::words(&run(&case).0);
        assert_eq!(decision == "explicit resource", denied, "{who} {names}: {decision}");
    }
    let token = Case {
        who: "token:accounts.google.com",
        action: "sts:AssumeRoleWithWebIdentity",
        resource: "arn:aws:iam::111111111111:role/T",
        kind: ResourceKind::Role,
        ..GO
    };
    check("token", Case { rp: &["+sts:* @ P:token:accounts.google.com"], ..token }, "allow resource");
    check("token, anyone", Case { rp: &["+sts:* @ P:*"], ..token }, "implicit resource");
    let denied = ["+sts:* @ P:token:accounts.google.com", "-sts:* @ P:*"];
    check("token, denied", Case { rp: &denied, ..token }, "explicit resource");
}

/// A stored trust policy names users and roles by the ids that they had when they were trusted.
#[test]
fn trust_is_bound_to_unique_ids() {
    let role = Case {
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::111111111111:role/T",
        kind: ResourceKind::Role,
        ..GO
    };
    let named: Option<&[&str]> = Some(&["+sts:AssumeRole"]);
    for (who, id, names, expected) in [
        ("bob", &[] as &[&str], "AIDABOB", "allow resource"),
        ("bob", &["+*"], "AIDAGONE", "implicit resource"),
        ("bob", &["+*"], "AROABOB", "implicit resource"),
        ("R/s", &[], "AROAR", "allow resource"),
        ("R/s", &["+*"], "AROAGONE", "implicit resource"),
        ("cat", &[], "AIDACAT", "implicit identity"),
        ("cat", &["+sts:AssumeRole"], "AIDACAT", "allow identity"),
        ("cat", &["+sts:AssumeRole"], "AIDAGONE", "implicit resource"),
        ("X/s", &["+sts:AssumeRole"], "AROAX", "allow identity"),
    ] {
        let trust = format!("+sts:AssumeRole @ P:{names}");
        let case = Case { who, id, rp: &[&trust], sp: named, ..role };
        let found = super::world::words(&run(&case).0);
        assert_eq!(found, expected, "{who} {id:?} {names}");
        let deny = format!("-sts:AssumeRole @ P:{names}");
        let case = Case { rp: &[&deny, "+sts:AssumeRole @ P:bob,R,cat,X"], id: &["+*"], ..case };
        let found = super::world::words(&run(&case).0);
        let is_named = !names.contains("GONE") && names != "AROABOB";
        assert_eq!(found == "explicit resource", is_named, "{who} not {names}: {found}");
    }
}

#[test]
fn principals_where_they_do_not_belong() {
    check("identity", Case { id: &["+* P:bob"], ..GO }, "implicit identity");
    check("identity, deny", Case { id: &["+*", "-* P:cat"], ..GO }, "explicit identity");
    check("identity, not", Case { id: &["+*", "-* !P:bob,root"], ..GO }, "explicit identity");
    check("boundary", Case { id: &["+*"], pb: Some(&["+* P:*"]), ..GO }, "implicit permissionsBoundary");
    check("scp", Case { id: &["+*"], scp: Some(&[&["+* P:*"]]), ..GO }, "implicit serviceControl");
    check("session", Case { who: "R/s", id: &["+*"], sp: Some(&["+* P:*"]), ..GO }, "implicit session");
    // And where they are left out.
    check("resource", Case { id: &["+*"], rp: &["+*"], owner: C, ..GO }, "implicit resource");
    check("resource, deny", Case { id: &["+*"], rp: &["-*"], ..GO }, "explicit resource");
    check("endpoint", Case { id: &["+*"], vpce: Some(&["+*"]), ..GO }, "implicit endpoint");
    check("endpoint, deny", Case { id: &["+*"], vpce: Some(&["+* P:*", "-*"]), ..GO }, "explicit endpoint");
    check(
        "rcp, deny",
        Case { id: &["+*"], rcp: Some(&[&[super::world::FULL, "-*"]]), ..GO },
        "explicit resourceControl",
    );
}
