//! What holds of every policy and request.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use super::world::{A, C, Case, FULL, compile, principal, run};
use crate::question::binds_identity;
use crate::{CredentialKind, Decision, EndpointKind, Prospect, ResourceKind};

const WHO: &[&str] =
    &["bob", "cat", "R/s", "X/s", "fed", "rootfed", "root", "Croot", "anonymous", "svc:s3.amazonaws.com", "slr"];
const ACTIONS: &[&str] =
    &["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "kms:Decrypt", "s3:G", "ec2:RunInstances"];
const RESOURCES: &[&str] =
    &["arn:aws:s3:::b/o", "arn:aws:s3:::b", "arn:aws:s3:::b/a/o", "arn:aws:kms:r:111111111111:key/k", "*"];
const ACTION_PATTERNS: &[&str] = &[
    "*",
    "s3:*",
    "s3:Get*",
    "s3:G*",
    "s3:GetObject",
    "S3:getobject",
    "s3:?etObject",
    "*:*Object",
    "kms:*",
    "kms:Decrypt",
    "s3:Put*,s3:GetObject",
    "!s3:*",
    "!kms:Decrypt,s3:Put*",
    "ec2:RunInstances,kms:Decrypt,s3:G",
    "s3:Get*Acl",
    "k*:*",
];
const RESOURCE_PATTERNS: &[&str] = &[
    "",
    " @*",
    " @arn:aws:s3:::b/*",
    " @arn:aws:s3:::b",
    " @arn:aws:s3:::b/o",
    " @arn:aws:s3:::*",
    " @arn:aws:S3:::b/*",
    " @arn:aws:s3:::b/${aws:username}*,arn:aws:s3:::b/a/*",
    " !@arn:aws:s3:::b/*",
    " !@arn:aws:s3:::b/${aws:PrincipalTag/t}/*",
    " @arn:aws:kms:*:*:key/*",
    " @arn:aws:kms",
    " @arn:aws:*:*:*:key/k,arn:aws:s3:::b/a/o,arn:aws:s3:::b",
    " !@arn:*",
    " @arn:aws:s3:::b/?",
    " @",
];
const PRINCIPALS: &[&str] =
    &["*", "any", "root", "C", "bob", "cat", "R", "R/s", "X", "fed", "svc:s3.amazonaws.com", "bob,R,fed", ""];
const CONDITIONS: &[&str] = &[
    "",
    "",
    "",
    "",
    r#" ?{"StringEquals":{"k":"x"}}"#,
    r#" ?{"StringNotEquals":{"k":"x"}}"#,
    r#" ?{"ForAnyValue:StringLike":{"m":["x*","y"]}}"#,
    r#" ?{"ForAllValues:StringEquals":{"m":"x"}}"#,
    r#" ?{"StringLikeIfExists":{"k":"x*","K":"y*"}}"#,
    r#" ?{"Null":{"k":"true"}}"#,
    r#" ?{"Odd":{"k":"x"}}"#,
    r#" ?{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}"#,
];

/// A case that owns its texts.
#[derive(Clone, Debug)]
struct Random {
    who: &'static str,
    action: &'static str,
    resource: &'static str,
    owner: &'static str,
    kind: ResourceKind,
    credential: CredentialKind,
    endpoint: EndpointKind,
    k: Option<&'static str>,
    m: Option<Vec<&'static str>>,
    id: Vec<String>,
    group: Vec<String>,
    rp: Vec<String>,
    pb: Option<Vec<String>>,
    sp: Option<Vec<String>>,
    scp: Option<Vec<Vec<String>>>,
    rcp: Option<Vec<Vec<String>>>,
    vpce: Option<Vec<String>>,
}

fn statement() -> impl Strategy<Value = String> {
    (select(&["+", "+", "+", "-"][..]), select(ACTION_PATTERNS), select(RESOURCE_PATTERNS), select(CONDITIONS))
        .prop_map(|(effect, action, resource, condition)| format!("{effect}{action}{resource}{condition}"))
}

fn named_statement() -> impl Strategy<Value = String> {
    let principal = prop_oneof![
        8 => select(PRINCIPALS).prop_map(|names| format!(" P:{names}")),
        1 => select(PRINCIPALS).prop_map(|names| format!(" !P:{names}")),
        1 => Just(String::new()),
    ];
    (statement(), principal).prop_map(|(statement, principal)| match statement.split_once(" ?") {
        Some((before, condition)) => format!("{before}{principal} ?{condition}"),
        None => format!("{statement}{principal}"),
    })
}

fn policies() -> impl Strategy<Value = Vec<String>> {
    vec(statement(), 0..4)
}

fn named_policies() -> impl Strategy<Value = Vec<String>> {
    vec(named_statement(), 0..4)
}

fn with_full(mut policies: Vec<String>) -> Vec<String> {
    policies.push(FULL.to_owned());
    policies
}

fn random() -> impl Strategy<Value = Random> {
    use CredentialKind::{LongTerm, SessionToken};
    use ResourceKind::{KmsKey, Ordinary, Role};
    let request = (
        select(WHO),
        select(ACTIONS),
        select(RESOURCES),
        select(&[A, A, C, ""][..]),
        select(&[Ordinary, Ordinary, KmsKey, Role][..]),
        select(&[LongTerm, LongTerm, SessionToken][..]),
        select(&[EndpointKind::Gateway, EndpointKind::Interface][..]),
        (
            proptest::option::of(select(&["x", "y", "xx", ""][..])),
            proptest::option::of(vec(select(&["x", "y", "z", ""][..]), 0..3)),
        ),
    );
    let rcp = vec(named_policies().prop_map(with_full), 1..3);
    let layers = (
        policies(),
        policies(),
        named_policies(),
        proptest::option::of(policies()),
        proptest::option::of(policies()),
        proptest::option::of(vec(policies(), 1..3)),
        proptest::option::of(rcp),
        proptest::option::of(named_policies()),
    );
    (request, layers).prop_map(
        |(
            (who, action, resource, owner, kind, credential, endpoint, (k, m)),
            (id, group, rp, pb, sp, scp, rcp, vpce),
        )| {
            Random {
                who,
                action,
                resource,
                owner,
                kind,
                credential,
                endpoint,
                k,
                m,
                id,
                group,
                rp,
                pb,
                sp,
                scp,
                rcp,
                vpce,
            }
        },
    )
}

fn texts(policies: &[String]) -> Vec<&str> {
    policies.iter().map(String::as_str).collect()
}

fn levels(levels: &[Vec<String>]) -> Vec<Vec<&str>> {
    levels.iter().map(|level| texts(level)).collect()
}

fn decision(random: &Random) -> Decision {
    let context: Vec<_> = random.k.iter().map(|value| ("k", *value)).collect();
    let lists: Vec<_> = random.m.iter().map(|values| ("m", values.as_slice())).collect();
    let (id, group, rp) = (texts(&random.id), texts(&random.group), texts(&random.rp));
    let groups: [&[&str]; 1] = [&group];
    let pb = random.pb.as_deref().map(texts);
    let sp = random.sp.as_deref().map(texts);
    let vpce = random.vpce.as_deref().map(texts);
    let (scp, rcp) = (random.scp.as_deref().map(levels), random.rcp.as_deref().map(levels));
    let scp: Option<Vec<&[&str]>> = scp.as_ref().map(|levels| levels.iter().map(Vec::as_slice).collect());
    let rcp: Option<Vec<&[&str]>> = rcp.as_ref().map(|levels| levels.iter().map(Vec::as_slice).collect());
    run(&Case {
        who: random.who,
        action: random.action,
        resource: random.resource,
        owner: random.owner,
        kind: random.kind,
        credential: random.credential,
        endpoint: random.endpoint,
        context: &context,
        lists: &lists,
        id: &id,
        groups: &groups,
        rp: &rp,
        pb: pb.as_deref(),
        sp: sp.as_deref(),
        scp: scp.as_deref(),
        rcp: rcp.as_deref(),
        vpce: vpce.as_deref(),
    })
    .0
}

fn is_allow(decision: &Decision) -> bool {
    matches!(decision, Decision::Allow(_))
}

/// Puts all statements of all policies of a layer into one document, in this order or the other way round.
fn joined(policies: &[String], is_reversed: bool) -> Vec<String> {
    let mut statements: Vec<_> = policies
        .iter()
        .map(|policy| {
            let document = super::world::document(policy);
            let (_, statement) = document.split_once("\"Statement\":").unwrap();
            statement.strip_suffix('}').unwrap().trim_start_matches('[').trim_end_matches(']').to_owned()
        })
        .collect();
    if is_reversed {
        statements.reverse();
    }
    if statements.is_empty() {
        return Vec::new();
    }
    vec![format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))]
}

proptest! {
    #![proptest_config(Config { cases: 1500, ..Config::default() })]

    /// `run` also checks that the silent, the listing and the recording evaluation agree: the index leaves nothing out.
    #[test]
    fn statement_order_is_irrelevant(random in random()) {
        let written = decision(&random);
        for is_reversed in [false, true] {
            let in_one = |policies: &Vec<String>| joined(policies, is_reversed);
            let other = Random {
                id: in_one(&random.id),
                group: in_one(&random.group),
                rp: in_one(&random.rp),
                pb: random.pb.as_ref().map(in_one),
                sp: random.sp.as_ref().map(in_one),
                vpce: random.vpce.as_ref().map(in_one),
                scp: random.scp.as_ref().map(|levels| levels.iter().map(in_one).collect()),
                rcp: random.rcp.as_ref().map(|levels| levels.iter().map(in_one).collect()),
                ..random.clone()
            };
            let other = decision(&other);
            prop_assert_eq!(written.as_str(), other.as_str());
            prop_assert_eq!(written.determined().by, other.determined().by);
        }
    }

    #[test]
    fn restrictions_never_widen(random in random(), more in named_policies(), plain in policies(), deny in named_statement()) {
        let before = is_allow(&decision(&random));
        let deny = format!("-{}", deny.trim_start_matches(['+', '-']));
        let unnamed = deny.split(" P:").next().unwrap().split(" !P:").next().unwrap().to_owned();
        let mut narrowed = Vec::new();
        let mut narrow = |change: &dyn Fn(&mut Random)| {
            let mut other = random.clone();
            change(&mut other);
            narrowed.push(other);
        };
        narrow(&|other| other.id.push(unnamed.clone()));
        narrow(&|other| other.rp.push(deny.clone()));
        narrow(&|other| other.pb = other.pb.clone().or_else(|| Some(plain.clone())));
        narrow(&|other| if let Some(pb) = &mut other.pb { pb.push(unnamed.clone()) });
        narrow(&|other| if let Some(sp) = &mut other.sp { sp.push(unnamed.clone()) });
        narrow(&|other| other.vpce = other.vpce.clone().or_else(|| Some(more.clone())));
        narrow(&|other| other.scp.get_or_insert_default().push(plain.clone()));
        narrow(&|other| other.rcp.get_or_insert_default().push(more.clone()));
        // A federated session without session policies may do nothing, so that one more widens it.
        if !matches!(random.who, "fed" | "rootfed") {
            narrow(&|other| other.sp = other.sp.clone().or_else(|| Some(plain.clone())));
        }
        for other in &narrowed {
            prop_assert!(before || !is_allow(&decision(other)), "{:?} is wider", other);
        }
    }

    #[test]
    fn grants_never_narrow(random in random(), allow in statement()) {
        let before = decision(&random);
        let mut other = random.clone();
        other.id.push(format!("+{}", allow.trim_start_matches(['+', '-'])));
        let after = decision(&other);
        prop_assert!(!is_allow(&before) || is_allow(&after), "{:?}", other);
        prop_assert_eq!(matches!(before, Decision::ExplicitDeny(_)), matches!(after, Decision::ExplicitDeny(_)));
    }

    /// What [`Prospect`] promises, which lets a question about all principals pass over those without one.
    #[test]
    fn whoever_is_allowed_has_a_prospect(
        random in random(),
        action in select(MORE_ACTIONS),
        resource in select(&[None, Some("arn:aws:s3:::b/bob")][..]),
        has_resource_policy in select(&[false, false, false, true][..]),
        is_session in select(&[false, false, true][..]),
        is_plain in select(&[true, true, false][..]),
    ) {
        let mut random = random;
        random.action = action.unwrap_or(random.action);
        random.resource = resource.unwrap_or(random.resource);
        if !has_resource_policy {
            random.rp.clear();
        }
        // With fewer layers more is allowed.
        if is_plain {
            random = Random { who: if is_session { "R/s" } else { "bob" }, owner: A, kind: ResourceKind::Ordinary, pb: None, sp: None, scp: None, rcp: None, vpce: None, ..random };
            random.id.truncate(1);
            random.group.clear();
        }
        let prospect = Prospect::new(random.action, random.resource);
        let mut policies = random.id.iter().chain(&random.group);
        let has_prospect = prospect.is_by_rule() || !random.rp.is_empty() || policies.any(|it| prospect.is_in(&compile(it)));
        let allowed = is_allow(&decision(&random));
        prop_assert!(!allowed || has_prospect || !binds_identity(&principal(random.who)), "{:?}", random);
    }
}

/// Those that rules or ARNs of all buckets are about.
const MORE_ACTIONS: &[Option<&str>] =
    &[None, None, None, Some("s3:ListAllMyBuckets"), Some("sts:GetCallerIdentity"), Some("sts:GetSessionToken"), Some("sts:AssumeRole")];
