//! Races for policies.

use std::sync::Arc;

use keyward_testkit::{Answer, InProcess};
use keyward_wire::iam;

use crate::support::*;

/// Whoever wins, a policy that is gone is attached to nobody, and one that is attached is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_not_deleted_while_it_is_attached() {
    let server = Arc::new(InProcess::start().await.unwrap());
    user(&server, "ann").await;
    user(&server, "bob").await;
    let (mut deleted, mut kept) = (0, 0);
    for round in 0..30 {
        let name = format!("Work{round}");
        let work = policy(&server, &name, &statement("Allow", "s3:*")).await;
        let race = |job: u8| {
            let (server, work) = (Arc::clone(&server), work.clone());
            tokio::spawn(async move {
                let root = &server.root;
                match job {
                    0 => server.call(root, &attach("ann", &work)).await,
                    1 => server.call(root, &put_boundary("bob", &work)).await,
                    _ => server.call(root, &delete(&work)).await,
                }
            })
        };
        let (attached, bounded, gone) = if round % 2 == 0 {
            (race(0), race(1), race(2))
        } else {
            let gone = race(2);
            (race(0), race(1), gone)
        };
        let (attached, bounded, gone) = (
            attached.await.unwrap(),
            bounded.await.unwrap(),
            gone.await.unwrap(),
        );
        match gone.code() {
            "OK" => {
                deleted += 1;
                assert_eq!(
                    (attached.code(), bounded.code()),
                    ("NoSuchEntity", "NoSuchEntity")
                );
            }
            code => {
                kept += 1;
                assert_eq!(code, "DeleteConflict", "{}", gone.body);
                let ok = |answer: &Answer| u32::from(answer.code() == "OK");
                assert_eq!(
                    used(&server, &work).await,
                    counts(ok(&attached), ok(&bounded))
                );
                if ok(&attached) == 1 {
                    done(&server, &detach("ann", &work)).await;
                }
            }
        }
    }
    println!("{deleted} deleted, {kept} kept");
    assert_eq!(deleted + kept, 30);
}

/// Of eight that make the sixth version, and of twenty that attach the eleventh policy, none gets through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotas_hold_in_a_race() {
    let server = Arc::new(InProcess::start().await.unwrap());
    user(&server, "ann").await;
    let work = policy(&server, "Work", &statement("Allow", "s3:*")).await;
    let makers = (0..8).map(|number| {
        let (server, work) = (Arc::clone(&server), work.clone());
        tokio::spawn(async move {
            let call = iam::CreatePolicyVersion {
                policy_arn: work,
                policy_document: statement("Allow", &format!("s3:Get{number}"))
                    .as_str()
                    .into(),
                set_as_default: Some(true),
            };
            server.call(&server.root, &call).await
        })
    });
    let (mut made, mut ids) = (0, std::collections::BTreeSet::new());
    for maker in makers.collect::<Vec<_>>() {
        let answer = maker.await.unwrap();
        match answer.code() {
            "OK" => {
                made += 1;
                ids.insert(answer.element("VersionId").unwrap().to_owned());
            }
            code => assert_eq!(code, "LimitExceeded"),
        }
    }
    assert_eq!((made, ids.len()), (4, 4));
    for number in 0..20 {
        policy(&server, &format!("p{number}"), &statement("Allow", "s3:*")).await;
    }
    let attachers = (0..20).map(|number| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let call = attach("ann", &arn(&format!("p{number}")));
            server.call(&server.root, &call).await.code().to_owned()
        })
    });
    let mut attached = 0;
    for attacher in attachers.collect::<Vec<_>>() {
        match attacher.await.unwrap().as_str() {
            "OK" => attached += 1,
            code => assert_eq!(code, "LimitExceeded"),
        }
    }
    assert_eq!(attached, 10);
    let listed = iam::ListAttachedUserPolicies {
        user_name: "ann".to_owned(),
        ..iam::ListAttachedUserPolicies::default()
    };
    assert_eq!(
        elements(&done(&server, &listed).await, "PolicyName").len(),
        10
    );
}
