use std::collections::BTreeSet;

use keyward_export::read;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::Config;

use super::super::{Asking, WhoCan, found, who_can_json};
use super::*;

/// 2026-01-02T03:04:05Z.
const NOW: i64 = 1_767_323_045;

const EFFECTS: &[&str] = &["Allow", "Allow", "Allow", "Deny"];
const ACTIONS: &[&str] = &[
    r#""Action":"*""#,
    r#""Action":"s3:*""#,
    r#""Action":["sqs:*","s3:get*"]"#,
    r#""Action":"s3:PutObject""#,
    r#""Action":"sts:*""#,
    r#""Action":[]"#,
    r#""NotAction":"s3:*""#,
    r#""NotAction":["iam:*","s3:Put*"]"#,
];
const RESOURCES: &[&str] = &[
    r#""Resource":"*""#,
    r#""Resource":"arn:aws:s3:::b/*""#,
    r#""Resource":["arn:aws:s3:::c/*","arn:aws:s3:::c"]"#,
    r#""Resource":"arn:aws:s3:::*""#,
    r#""Resource":"arn:aws:s3:::${aws:username}/*""#,
    r#""Resource":"arn:aws:s3:::${aws:SourceIdentity}/k""#,
    r#""Resource":"arn:aws:s3:::${aws:PrincipalTag/team, 'b'}/*""#,
    r#""NotResource":"arn:aws:s3:::b/*""#,
    r#""NotResource":["arn:aws:s3:::c/*","arn:aws:s3:::${aws:SourceIdentity}/*"]"#,
    r#""NotResource":"arn:aws:s3:::${aws:SourceIdentity}/*""#,
    r#""NotResource":[]"#,
    r#""Resource":[]"#,
];
const CONDITIONS: &[&str] = &[
    "",
    "",
    r#","Condition":{"StringEquals":{"aws:SourceIdentity":"x"}}"#,
    r#","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}"#,
    r#","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#,
];
const VERSIONS: &[&str] = &["2012-10-17", "2012-10-17", "2008-10-17", "2001-01-01"];

/// Some that the export has, one that only the catalog has, and one that nobody has.
const MANAGED: &[&str] = &[
    "arn:aws:iam::111122223333:policy/one",
    "arn:aws:iam::111122223333:policy/two",
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    "arn:aws:iam::111122223333:policy/gone",
];
const GROUPS: &[&str] = &["g", "h", "gone"];
const QUESTIONS: &[(&str, &str)] = &[
    ("s3:GetObject", "arn:aws:s3:::b/k"),
    ("s3:GetObject", "arn:aws:s3:::owned/k"),
    ("S3:putobject", "arn:aws:s3:::d/k"),
    ("s3:ListAllMyBuckets", "*"),
    ("sts:GetCallerIdentity", "*"),
    ("sts:GetSessionToken", "*"),
    ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r0"),
];

fn document() -> impl Strategy<Value = String> {
    let statement = (
        select(EFFECTS),
        select(ACTIONS),
        select(RESOURCES),
        select(CONDITIONS),
    );
    (vec(statement, 1..3), select(VERSIONS)).prop_map(|(statements, version)| {
        let statements: Vec<String> = statements
            .into_iter()
            .map(|(effect, action, resource, condition)| {
                format!(r#"{{"Effect":"{effect}",{action},{resource}{condition}}}"#)
            })
            .collect();
        format!(
            r#"{{"Version":"{version}","Statement":[{}]}}"#,
            statements.join(",")
        )
    })
}

/// What a user, group or role has: documents, managed policies, a boundary, groups.
type Holder = (
    Vec<String>,
    Vec<&'static str>,
    Option<&'static str>,
    Vec<&'static str>,
);

fn holder() -> impl Strategy<Value = Holder> {
    (
        vec(document(), 0..3),
        subsequence(MANAGED, 0..2),
        proptest::option::of(select(MANAGED)),
        subsequence(GROUPS, 0..2),
    )
}

fn entity(kind: &str, name: &str, (documents, managed, boundary, groups): &Holder) -> String {
    let list = |items: Vec<String>| format!("[{}]", items.join(","));
    let policies = documents.iter().enumerate().map(|(number, document)| {
        format!(r#"{{"PolicyName":"p{number}","PolicyDocument":{document}}}"#)
    });
    let attached = managed
        .iter()
        .map(|arn| format!(r#"{{"PolicyName":"x","PolicyArn":"{arn}"}}"#));
    let boundary = boundary.map_or_else(String::new, |arn| {
        format!(r#","PermissionsBoundary":{{"PermissionsBoundaryArn":"{arn}"}}"#)
    });
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/u0"},"Action":"sts:AssumeRole"}}"#;
    format!(
        r#"{{"{kind}Name":"{name}","{kind}Id":"X{name}","Arn":"arn:aws:iam::111122223333:{}/{name}","{kind}PolicyList":{},"AttachedManagedPolicies":{},"GroupList":{:?},"Tags":[{{"Key":"team","Value":"red"}}],"AssumeRolePolicyDocument":{trust}{boundary}}}"#,
        kind.to_lowercase(),
        list(policies.collect()),
        list(attached.collect()),
        groups,
    )
}

fn export(users: &[Holder], roles: &[Holder], groups: [Holder; 2], managed: [String; 2]) -> Export {
    let list = |kind: &str, all: &[Holder]| {
        let letter = if kind == "User" { "u" } else { "r" };
        let all = all.iter().enumerate();
        all.map(|(number, it)| entity(kind, &format!("{letter}{number}"), it))
            .collect::<Vec<_>>()
            .join(",")
    };
    let [g, h] = groups;
    let policies = ["one", "two"].into_iter().zip(managed).map(|(name, document)| {
        format!(
            r#"{{"PolicyName":"{name}","Arn":"arn:aws:iam::111122223333:policy/{name}","PolicyVersionList":[{{"IsDefaultVersion":true,"VersionId":"v1","Document":{document}}}]}}"#
        )
    });
    let account = format!(
        r#"{{"UserDetailList":[{}],"RoleDetailList":[{}],"GroupDetailList":[{},{}],"Policies":[{}]}}"#,
        list("User", users),
        list("Role", roles),
        entity("Group", "g", &g),
        entity("Group", "h", &h),
        policies.collect::<Vec<_>>().join(","),
    );
    let bucket = r#"{"Resource":"arn:aws:s3:::owned","Account":"111122223333","Policy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/u0"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::owned/*"}]}}"#;
    let pieces = [("account.json", account.as_str()), ("bucket.json", bucket)];
    let pieces = pieces
        .into_iter()
        .flat_map(|(path, text)| read(path, text.to_owned()).unwrap());
    Export::of(pieces).unwrap()
}

fn ask(export: &Export, question: &Question, asking: Asking) -> WhoCan {
    found(export, question, NOW, 2, asking, |_, _| ()).unwrap()
}

/// Returns the names of those that are not passed over.
fn asked_about<'a>(export: &'a Export, question: &'a Question) -> BTreeSet<&'a str> {
    let (mut hopeful, mut shelf) = (Hopeful::new(export, question), Shelf::default());
    let accounts = export.accounts.values();
    let callers = accounts.flat_map(|it| it.users.iter().map(Caller::user));
    let roles = export.accounts.values();
    callers
        .chain(roles.flat_map(|it| it.roles.iter().map(Caller::role)))
        .filter(|caller| hopeful.has(caller, &mut shelf))
        .map(|caller| caller.arn.rsplit('/').next().unwrap())
        .collect()
}

proptest! {
    #![proptest_config(Config { cases: 300, ..Config::default() })]

    /// Byte for byte.
    #[test]
    fn whoever_is_passed_over_leaves_no_trace(
        users in vec(holder(), 1..4),
        roles in vec(holder(), 0..3),
        groups in (holder(), holder()),
        managed in (document(), document()),
        given in select(&[None, None, Some("aws:SourceIdentity=x"), Some("aws:ResourceAccount=444455556666")][..]),
    ) {
        let export = export(&users, &roles, groups.into(), managed.into());
        let context: Vec<String> = given.into_iter().map(str::to_owned).collect();
        for (action, resource) in QUESTIONS {
            let question = Question::new("", action, resource, &context).unwrap();
            let all = ask(&export, &question, Asking::All);
            let hopeful = ask(&export, &question, Asking::Hopeful);
            prop_assert_eq!(who_can_json(&hopeful), who_can_json(&all), "{} {}", action, resource);
            let asked = asked_about(&export, &question);
            for row in &all.rows {
                prop_assert!(asked.contains(row.principal.rsplit('/').next().unwrap()));
            }
        }
    }
}

fn holds(documents: &[&str], managed: &[&'static str], groups: &[&'static str]) -> Holder {
    let documents = documents
        .iter()
        .map(|it| format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{it}}}]}}"#));
    (documents.collect(), managed.to_vec(), None, groups.to_vec())
}

#[test]
fn most_are_passed_over() {
    let other = r#""Action":"s3:*","Resource":"arn:aws:s3:::c/*""#;
    let queues = r#""Action":"sqs:*","Resource":"*""#;
    let this = r#""Action":"s3:Get*","Resource":"arn:aws:s3:::b/*""#;
    let bounded = |arn| {
        let (documents, managed, _, groups) = holds(&[other], &[], &[]);
        (documents, managed, Some(arn), groups)
    };
    let users = [
        holds(&[other, queues], &[MANAGED[0]], &["g"]),
        holds(&[other, this], &[], &[]),
        holds(&[other], &[MANAGED[1]], &[]),
        holds(&[], &[], &["g", "h"]),
        holds(&[], &[], &["gone"]),
        holds(&[], &[MANAGED[2]], &[]),
        holds(&[], &[MANAGED[3]], &[]),
        bounded(MANAGED[1]),
        bounded(MANAGED[2]),
    ];
    let roles = [
        holds(&[other], &[MANAGED[0]], &[]),
        holds(&[this], &[], &[]),
    ];
    let groups = [holds(&[queues], &[], &[]), holds(&[this], &[], &[])];
    let document = |it: &str| holds(&[it], &[], &[]).0.concat();
    let export = export(&users, &roles, groups, [document(other), document(this)]);
    let check = |action: &str, resource: &str, expected: &[&str]| {
        let question = Question::new("", action, resource, &[]).unwrap();
        let asked = asked_about(&export, &question);
        assert_eq!(asked, expected.iter().copied().collect(), "{action}");
    };
    // What the export lacks is told: a group, a policy of the catalog, one of nobody, a boundary of the catalog.
    let lacking = ["u4", "u5", "u6", "u8"];
    let object = "arn:aws:s3:::b/k";
    check(
        "s3:GetObject",
        object,
        &[&lacking[..], &["r1", "u1", "u2", "u3"]].concat(),
    );
    check("s3:PutObject", object, &lacking);
    let all = [
        "r0", "r1", "u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8",
    ];
    check("s3:GetObject", "arn:aws:s3:::owned/k", &all);
    check("sts:GetCallerIdentity", "*", &all);
    check("sts:AssumeRole", "arn:aws:iam::111122223333:role/r0", &all);
}
