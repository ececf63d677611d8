//! Groups and roles: the rules are those of users. Their records are put into the store, so that nothing here depends on
//! the operations that make them.

use std::time::Duration;

use keyward_arn::{AccountId, Path};
use keyward_directory::{
    Group, GroupName, NewRole, Role, RoleName, Timestamp, TrustPolicy, User, UserName,
};
use keyward_records::{Cell, Record};
use keyward_store::{Commit, Write};
use keyward_testkit::{ACCOUNT, Answer, InProcess, NOW};
use keyward_wire::iam;

use crate::support::*;

fn account() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

async fn put<R: Record>(server: &InProcess, record: &R) {
    let view = server.service.view();
    let cell = view.cell(account()).unwrap();
    let write = Write::Put(
        record.cell().of(account()).encode(),
        record.encode(cell.vault()).unwrap(),
    );
    let commit = Commit {
        conditions: Vec::new(),
        writes: vec![write],
    };
    let revision = server.store.commit(commit).await.unwrap();
    assert!(view.wait_for(revision, Duration::from_secs(5)).await);
}

async fn group(server: &InProcess, name: &str) -> Group {
    let name = GroupName::parse(name).unwrap();
    let now = Timestamp::from_unix_seconds(NOW);
    let group = Group::create(account(), None, name, Path::default(), [3; 8], now).unwrap();
    put(server, &group).await;
    group
}

async fn role(server: &InProcess, name: &str, path: &str) {
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    let request = NewRole {
        name: RoleName::parse(name).unwrap(),
        path: Path::parse(path).unwrap(),
        description: None,
        max_session_duration: None,
        trust_policy: TrustPolicy::from_bound(trust.to_owned()),
        tags: Vec::new(),
        permissions_boundary: None,
    };
    let now = Timestamp::from_unix_seconds(NOW);
    let role = Role::create(account(), None, request, [4; 8], now).unwrap();
    put(server, &role).await;
}

async fn join(server: &InProcess, user: &str, group: &Group) {
    let place = Cell::user(&UserName::parse(user).unwrap()).of(account());
    let snapshot = server.store.snapshot().await.unwrap();
    let found = snapshot.get(&place.encode()).await.unwrap().unwrap();
    drop(snapshot);
    let cell = server.service.view().cell(account()).unwrap();
    let mut user = User::decode(&found.value, cell.vault()).unwrap();
    user.groups.push(group.id.clone());
    put(server, &user).await;
}

fn attach_group(name: &str, policy: &str) -> iam::AttachGroupPolicy {
    iam::AttachGroupPolicy {
        group_name: name.to_owned(),
        policy_arn: policy.to_owned(),
    }
}

fn attach_role(name: &str, policy: &str) -> iam::AttachRolePolicy {
    iam::AttachRolePolicy {
        role_name: name.to_owned(),
        policy_arn: policy.to_owned(),
    }
}

fn detach_role(name: &str, policy: &str) -> iam::DetachRolePolicy {
    iam::DetachRolePolicy {
        role_name: name.to_owned(),
        policy_arn: policy.to_owned(),
    }
}

#[tokio::test]
async fn a_groups_policy_decides_its_members_next_request() {
    let server = InProcess::start().await.unwrap();
    user(&server, "ann").await;
    let ann = server.key_of("ann").await;
    let team = group(&server, "Team").await;
    join(&server, "ann", &team).await;
    let get = get_user("ann");
    let code = async || server.call(&ann, &get).await.code().to_owned();
    assert_eq!(code().await, "AccessDenied");
    let work = policy(&server, "Work", &statement("Allow", "iam:GetUser")).await;
    done(&server, &attach_group("team", &work)).await;
    assert_eq!(code().await, "OK");
    done(&server, &new_version(&work, "s3:*", true)).await;
    assert_eq!(code().await, "AccessDenied");
    done(&server, &attach_group("Team", READ_ONLY)).await;
    assert_eq!(code().await, "OK");
    let call = iam::DetachGroupPolicy {
        group_name: "Team".to_owned(),
        policy_arn: READ_ONLY.to_owned(),
    };
    done(&server, &call).await;
    assert_eq!(code().await, "AccessDenied");
    let message = format!("Policy {READ_ONLY} was not found.");
    refused(&server, &call, "NoSuchEntity", &message).await;
    let list = iam::ListAttachedGroupPolicies {
        group_name: "TEAM".to_owned(),
        ..iam::ListAttachedGroupPolicies::default()
    };
    assert_eq!(
        elements(&done(&server, &list).await, "PolicyName"),
        ["Work"]
    );
    let missing = "The group with name absent cannot be found.";
    refused(
        &server,
        &attach_group("absent", &work),
        "NoSuchEntity",
        missing,
    )
    .await;
}

#[tokio::test]
async fn a_role_has_policies_and_a_boundary() {
    let server = InProcess::start().await.unwrap();
    role(&server, "Deploy", "/").await;
    let work = policy(&server, "Work", &statement("Allow", "s3:*")).await;
    done(&server, &attach_role("deploy", &work)).await;
    done(&server, &attach_role("Deploy", &work)).await;
    let list = iam::ListAttachedRolePolicies {
        role_name: "Deploy".to_owned(),
        ..iam::ListAttachedRolePolicies::default()
    };
    assert_eq!(
        elements(&done(&server, &list).await, "PolicyArn"),
        [work.as_str()]
    );
    let call = iam::PutRolePermissionsBoundary {
        role_name: "Deploy".to_owned(),
        permissions_boundary: work.clone(),
    };
    done(&server, &call).await;
    assert_eq!(used(&server, &work).await, counts(1, 1));
    let team = group(&server, "Team").await;
    done(&server, &attach_group(team.name.as_str(), &work)).await;
    let entities = iam::ListEntitiesForPolicy {
        policy_arn: work.clone(),
        ..iam::ListEntitiesForPolicy::default()
    };
    let got = done(&server, &entities).await;
    let named = |got: &Answer| {
        (
            elements(got, "GroupName").join(" "),
            elements(got, "RoleName").join(" "),
            elements(got, "UserName").join(" "),
        )
    };
    assert_eq!(
        named(&got),
        ("Team".to_owned(), "Deploy".to_owned(), String::new())
    );
    assert_eq!(
        (elements(&got, "GroupId")[0], elements(&got, "RoleId").len()),
        (team.id.as_str(), 1)
    );
    let first = iam::ListEntitiesForPolicy {
        max_items: Some(1),
        ..entities.clone()
    };
    let got = done(&server, &first).await;
    assert_eq!(
        named(&got),
        ("Team".to_owned(), String::new(), String::new())
    );
    let second = iam::ListEntitiesForPolicy {
        marker: got.element("Marker").map(str::to_owned),
        ..first
    };
    assert_eq!(named(&done(&server, &second).await).1, "Deploy");
    let call = iam::DeleteRolePermissionsBoundary {
        role_name: "Deploy".to_owned(),
    };
    done(&server, &call).await;
    done(&server, &detach_role("Deploy", &work)).await;
    assert_eq!(used(&server, &work).await, counts(1, 0));
    let missing = "The role with name absent cannot be found.";
    refused(
        &server,
        &attach_role("absent", &work),
        "NoSuchEntity",
        missing,
    )
    .await;
    let ask = iam::ListPoliciesGrantingServiceAccess {
        marker: None,
        arn: format!("arn:aws:iam::{ACCOUNT}:group/Team"),
        service_namespaces: vec!["s3".to_owned()],
    };
    assert_eq!(elements(&done(&server, &ask).await, "PolicyName"), ["Work"]);
}

#[tokio::test]
async fn a_service_linked_role_keeps_its_policies() {
    let server = InProcess::start().await.unwrap();
    let name = "AWSServiceRoleForECS";
    role(&server, name, "/aws-service-role/ecs.amazonaws.com/").await;
    let message = format!(
        "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    );
    let unmodifiable = async |answer: Answer| {
        let got = answer
            .element("Message")
            .unwrap_or_default()
            .replace("&apos;", "'");
        assert_eq!(
            (answer.code(), got.as_str()),
            ("UnmodifiableEntity", message.as_str())
        );
    };
    let root = &server.root;
    unmodifiable(server.call(root, &attach_role(name, READ_ONLY)).await).await;
    unmodifiable(server.call(root, &detach_role(name, READ_ONLY)).await).await;
    let call = iam::PutRolePermissionsBoundary {
        role_name: name.to_owned(),
        permissions_boundary: READ_ONLY.to_owned(),
    };
    unmodifiable(server.call(root, &call).await).await;
    let call = iam::DeleteRolePermissionsBoundary {
        role_name: name.to_owned(),
    };
    unmodifiable(server.call(root, &call).await).await;
}

#[tokio::test]
async fn ten_policies_at_most_for_each_kind() {
    let server = InProcess::start().await.unwrap();
    group(&server, "Team").await;
    role(&server, "Deploy", "/").await;
    for number in 0..10 {
        let made = policy(&server, &format!("p{number}"), &statement("Allow", "s3:*")).await;
        done(&server, &attach_group("Team", &made)).await;
        done(&server, &attach_role("Deploy", &made)).await;
    }
    let message = "Cannot exceed quota for PoliciesPerGroup: 10";
    refused(
        &server,
        &attach_group("Team", READ_ONLY),
        "LimitExceeded",
        message,
    )
    .await;
    let message = "Cannot exceed quota for PoliciesPerRole: 10";
    refused(
        &server,
        &attach_role("Deploy", READ_ONLY),
        "LimitExceeded",
        message,
    )
    .await;
}
