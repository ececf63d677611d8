//! The exports of realistic size are read, and asked.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use keyward_analysis::{Question, doctor, explain, who_can};
use keyward_engine::Decision;
use keyward_export::{Export, PIECE_BYTES, Skimmer, read, stretches};
use keyward_testkit::exports::{
    ACCOUNTS, ExportFile, ROLES, many_roles, organization, role_arn, small_shop,
};

/// 2026-11-01T00:00:00Z.
const NOW: i64 = 1_793_491_200;

fn export(files: &[ExportFile]) -> Export {
    let pieces = files
        .iter()
        .flat_map(|file| read(&file.path, file.text.clone()).unwrap());
    Export::of(pieces).unwrap()
}

fn ask(
    export: &Export,
    principal: &str,
    action: &str,
    resource: &str,
    context: &[&str],
) -> &'static str {
    let context: Vec<String> = context.iter().map(|it| (*it).to_owned()).collect();
    let question = Question::new(principal, action, resource, &context).unwrap();
    match explain(export, &question, NOW).unwrap().decision {
        Decision::Allow(_) => "allowed",
        Decision::ExplicitDeny(_) => "explicitDeny",
        Decision::ImplicitDeny(_) => "implicitDeny",
    }
}

#[test]
fn a_small_shop() {
    let export = export(&small_shop());
    let bob = "arn:aws:iam::111122223333:user/bob";
    for (principal, action, resource, context, expected) in [
        (
            bob,
            "s3:PutObject",
            "arn:aws:s3:::shop-home/bob/x",
            &[][..],
            "allowed",
        ),
        (
            bob,
            "s3:PutObject",
            "arn:aws:s3:::shop-home/bob/x",
            &["aws:SecureTransport=false"],
            "explicitDeny",
        ),
        (
            bob,
            "s3:PutObject",
            "arn:aws:s3:::shop-home/carol/x",
            &[],
            "implicitDeny",
        ),
        (
            "arn:aws:iam::111122223333:user/alice",
            "ec2:RunInstances",
            "*",
            &[],
            "allowed",
        ),
        (
            "arn:aws:sts::111122223333:assumed-role/Deploy/x",
            "dynamodb:Query",
            "arn:aws:dynamodb:eu-central-1:111122223333:table/checkout-carts",
            &[],
            "allowed",
        ),
    ] {
        assert_eq!(
            ask(&export, principal, action, resource, context),
            expected,
            "{principal} {action}"
        );
    }
    // Deploy trusts a role that is not there.
    let found = doctor(&export, None, NOW);
    assert!(
        found
            .bites
            .iter()
            .any(|bite| bite.rule.id() == "principal-deleted")
    );
}

#[test]
fn forty_accounts() {
    let export = export(&organization());
    assert_eq!(export.accounts.len(), ACCOUNTS);
    let data = "arn:aws:s3:::catalogue-data/x";
    // The first account is in Production, where only some regions are allowed.
    let role = "arn:aws:iam::111122223333:role/catalogue/catalogue-service-0001";
    assert_eq!(ask(&export, role, "s3:GetObject", data, &[]), "allowed");
    assert_eq!(
        ask(
            &export,
            role,
            "s3:GetObject",
            data,
            &["aws:RequestedRegion=ap-south-1"]
        ),
        "explicitDeny"
    );
    // The third is in Sandbox, which has no such rule.
    let role = "arn:aws:iam::111122223335:role/catalogue/catalogue-service-0001";
    assert_eq!(
        ask(
            &export,
            role,
            "s3:GetObject",
            data,
            &["aws:RequestedRegion=ap-south-1"]
        ),
        "allowed"
    );
}

#[test]
fn five_thousand_roles() {
    let export = export(&many_roles());
    let account = export.accounts.values().next().unwrap();
    assert_eq!(account.roles.len(), ROLES);
    let shared = "arn:aws:s3:::shared-reports/x";
    assert_eq!(
        ask(&export, &role_arn(14), "s3:GetObject", shared, &[]),
        "allowed"
    );
    assert_eq!(
        ask(&export, &role_arn(15), "s3:GetObject", shared, &[]),
        "implicitDeny"
    );
    let question = Question::new("", "s3:GetObject", shared, &[]).unwrap();
    let found = who_can(&export, &question, NOW, 2, |_, _| ()).unwrap();
    let bounded = (0..ROLES)
        .filter(|role| role % 7 == 0 && role % 10 == 0)
        .count();
    let all = (0..ROLES).filter(|role| role % 7 == 0).count();
    assert_eq!(
        found.rows.len(),
        all - bounded,
        "a boundary of another team cuts it off"
    );
}

/// Looked through in stretches, that begin at these places, as from the beginning.
#[test]
fn taken_apart() {
    let index = |text: &[u8], borders: &[usize]| {
        let starts = std::iter::once(0).chain(borders.iter().copied());
        let ends = borders.iter().copied().chain([text.len()]);
        let stretches = starts.zip(ends).map(|(start, end)| {
            let mut skimmer = Skimmer::stretch(start as u64);
            for piece in text[start..end].chunks(PIECE_BYTES) {
                skimmer.push(piece);
            }
            skimmer
        });
        format!("{:?}", Skimmer::join(stretches, "x.json"))
    };
    for (file, least) in many_roles().iter().map(|file| (file, 25)).chain(
        small_shop()
            .iter()
            .chain(&organization())
            .map(|file| (file, 0)),
    ) {
        let text = file.text.as_bytes();
        let whole = index(text, &[]);
        let stretches = stretches(text.len() as u64, |range| {
            text[range.start as usize..text.len().min(range.end as usize)].to_vec()
        });
        let borders: Vec<usize> = stretches
            .iter()
            .skip(1)
            .map(|it| it.start as usize)
            .collect();
        assert!(borders.len() >= least, "{}: {}", file.path, borders.len());
        assert_eq!(index(text, &borders), whole, "{}", file.path);
        // Small ones wherever a line begins.
        for (at, _) in file
            .text
            .match_indices('\n')
            .filter(|_| least == 0)
            .step_by(499)
        {
            let apart = index(text, &[at + 1]);
            assert!(
                apart == whole || apart == "Err(Border)",
                "{} {at}",
                file.path
            );
        }
    }
}
