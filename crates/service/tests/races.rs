//! Clients that race: one winner, AWS's error for the others, and nothing that must not be, on both stores.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail the test that calls them"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use keyward_sigv4::Credentials;
use keyward_store::{MemoryStore, OpenMode, RedbStore, Store};
use keyward_testkit::{ACCOUNT, Answer, InProcess};
use keyward_wire::{Call, iam};

const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}"#;

/// Sends all calls at once and counts the answers by their codes.
async fn race<C: Call + Clone + Send + Sync + 'static>(
    server: &Arc<InProcess>,
    calls: Vec<C>,
) -> BTreeMap<String, usize> {
    let root = Arc::new(server.root.clone());
    let tasks: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let (server, root) = (Arc::clone(server), Arc::clone(&root));
            tokio::spawn(async move { server.call(&root, &call).await.code().to_owned() })
        })
        .collect();
    let mut codes = BTreeMap::new();
    for task in tasks {
        *codes.entry(task.await.unwrap()).or_default() += 1;
    }
    codes
}

fn codes(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected
        .iter()
        .map(|(code, count)| ((*code).to_owned(), *count))
        .collect()
}

async fn ok<C: Call>(server: &InProcess, call: C) -> Answer {
    let answer = server.call(&server.root, &call).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    answer
}

fn user(name: &str) -> iam::CreateUser {
    iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    }
}

fn group(name: &str) -> iam::CreateGroup {
    iam::CreateGroup {
        group_name: name.to_owned(),
        ..iam::CreateGroup::default()
    }
}

fn policy(name: &str) -> iam::CreatePolicy {
    iam::CreatePolicy {
        policy_name: name.to_owned(),
        policy_document: DOCUMENT.into(),
        ..iam::CreatePolicy::default()
    }
}

fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

async fn one_name_is_given_once(server: &Arc<InProcess>) {
    let names = ["twin", "TWIN", "Twin", "tWin"];
    let calls = (0..16).map(|at: usize| user(names[at % names.len()]));
    let found = race(server, calls.collect()).await;
    assert_eq!(found, codes(&[("EntityAlreadyExists", 15), ("OK", 1)]));
}

async fn two_access_keys_at_most(server: &Arc<InProcess>) {
    ok(server, user("holder")).await;
    let call = iam::CreateAccessKey {
        user_name: Some("holder".to_owned()),
    };
    let found = race(server, vec![call; 12]).await;
    assert_eq!(found, codes(&[("LimitExceeded", 10), ("OK", 2)]));
}

async fn five_versions_at_most(server: &Arc<InProcess>) {
    ok(server, policy("versions")).await;
    let call = iam::CreatePolicyVersion {
        policy_arn: policy_arn("versions"),
        policy_document: DOCUMENT.into(),
        set_as_default: Some(true),
    };
    let found = race(server, vec![call; 12]).await;
    assert_eq!(found, codes(&[("LimitExceeded", 8), ("OK", 4)]));
    let call = iam::ListPolicyVersions {
        policy_arn: policy_arn("versions"),
        ..iam::ListPolicyVersions::default()
    };
    let listed = ok(server, call).await.body;
    assert_eq!(
        listed.matches("<IsDefaultVersion>true<").count(),
        1,
        "{listed}"
    );
}

/// Whoever wins: a policy that is gone is attached to nobody, and one that is attached is there.
async fn a_policy_is_not_deleted_while_it_is_attached(server: &Arc<InProcess>) {
    ok(server, user("attached")).await;
    for round in 0..20 {
        let name = format!("contested-{round}");
        ok(server, policy(&name)).await;
        let attach = iam::AttachUserPolicy {
            user_name: "attached".to_owned(),
            policy_arn: policy_arn(&name),
        };
        let delete = iam::DeletePolicy {
            policy_arn: policy_arn(&name),
        };
        let root = server.root.clone();
        let (attached, deleted) =
            tokio::join!(server.call(&root, &attach), server.call(&root, &delete));
        match (attached.code(), deleted.code()) {
            ("OK", "DeleteConflict") => {
                let detach = iam::DetachUserPolicy {
                    user_name: "attached".to_owned(),
                    policy_arn: policy_arn(&name),
                };
                ok(server, detach).await;
                ok(server, delete).await;
            }
            ("NoSuchEntity", "OK") => {}
            other => panic!("{other:?}"),
        }
        let listed = iam::ListAttachedUserPolicies {
            user_name: "attached".to_owned(),
            ..iam::ListAttachedUserPolicies::default()
        };
        assert!(!ok(server, listed).await.body.contains("<PolicyArn>"));
    }
}

/// Whoever wins: a group that is gone has no member, and one that has a member is there.
async fn a_group_is_not_deleted_while_a_user_joins(server: &Arc<InProcess>) {
    ok(server, user("joiner")).await;
    for round in 0..20 {
        let name = format!("contested-{round}");
        ok(server, group(&name)).await;
        let join = iam::AddUserToGroup {
            group_name: name.clone(),
            user_name: "joiner".to_owned(),
        };
        let delete = iam::DeleteGroup {
            group_name: name.clone(),
        };
        let root = server.root.clone();
        let (joined, deleted) =
            tokio::join!(server.call(&root, &join), server.call(&root, &delete));
        match (joined.code(), deleted.code()) {
            ("OK", "DeleteConflict") => {
                let leave = iam::RemoveUserFromGroup {
                    group_name: name,
                    user_name: "joiner".to_owned(),
                };
                ok(server, leave).await;
                ok(server, delete).await;
            }
            ("NoSuchEntity", "OK") => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn quotas_are_exact(server: &Arc<InProcess>) {
    // Twenty groups are made, and deleted again, by the other races.
    let calls = (0..310).map(|number| group(&format!("group-{number}")));
    let found = race(server, calls.collect()).await;
    assert_eq!(found, codes(&[("LimitExceeded", 10), ("OK", 300)]));
}

async fn run(store: Arc<dyn Store>) {
    let server = Arc::new(InProcess::over(store).await.unwrap());
    one_name_is_given_once(&server).await;
    two_access_keys_at_most(&server).await;
    five_versions_at_most(&server).await;
    a_policy_is_not_deleted_while_it_is_attached(&server).await;
    a_group_is_not_deleted_while_a_user_joins(&server).await;
    quotas_are_exact(&server).await;
    own_keys_sign_while_they_change(&server).await;
}

/// A user whose policies change all the time is answered by the old or by the new ones, never by half of a change.
async fn own_keys_sign_while_they_change(server: &Arc<InProcess>) {
    ok(server, user("reader")).await;
    let key: Credentials = server.key_of("reader").await;
    let put = |effect: &str| {
        iam::PutUserPolicy {
        user_name: "reader".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"iam:GetUser","Resource":"*"}}]}}"#
        )
        .into(),
    }
    };
    ok(server, put("Allow")).await;
    let writer = {
        let server = Arc::clone(server);
        let calls = [put("Deny"), put("Allow")];
        tokio::spawn(async move {
            for round in 0..40 {
                ok(&server, calls[round % 2].clone()).await;
            }
        })
    };
    while !writer.is_finished() {
        let answer = server.call(&key, &iam::GetUser::default()).await;
        let message = answer.element("Message").unwrap_or_default();
        let whole = answer.code() == "OK"
            || message.ends_with("with an explicit deny in an identity-based policy");
        assert!(whole, "{}", answer.body);
    }
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_memory() {
    run(Arc::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path().join("keyward.redb"), OpenMode::CreateNew).unwrap();
    run(Arc::new(store)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_disk_by_whoever_comes() {
    let folder = tempfile::tempdir().unwrap();
    let store = RedbStore::open(folder.path().join("keyward.redb"), OpenMode::CreateNew).unwrap();
    run(Arc::new(store.writing_where_called(|| true))).await;
}
