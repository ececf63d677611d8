//! Service last accessed details, from what was really called.

use keyward_sigv4::Credentials;
use keyward_testkit::{ACCOUNT, Answer, InProcess};
use keyward_wire::{iam, sts};

use crate::world::{elements, not_allowed, ok, refused, start, user};

const READS: &str = r#"{"Effect":"Allow","Action":["iam:Get*","iam:ListUsers","s3:GetObject"],"Resource":"*"},
    {"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;

fn generate(arn: &str, actions: bool) -> iam::GenerateServiceLastAccessedDetails {
    iam::GenerateServiceLastAccessedDetails {
        arn: arn.to_owned(),
        granularity: actions.then_some(iam::AccessAdvisorUsageGranularityType::ActionLevel),
    }
}

async fn job(server: &InProcess, who: &Credentials, arn: &str, actions: bool) -> String {
    let made = ok(server, who, &generate(arn, actions)).await;
    made.element("JobId").unwrap().to_owned()
}

fn get(job: &str) -> iam::GetServiceLastAccessedDetails {
    iam::GetServiceLastAccessedDetails {
        job_id: job.to_owned(),
        ..iam::GetServiceLastAccessedDetails::default()
    }
}

fn with_entities(job: &str, prefix: &str) -> iam::GetServiceLastAccessedDetailsWithEntities {
    iam::GetServiceLastAccessedDetailsWithEntities {
        job_id: job.to_owned(),
        service_namespace: prefix.to_owned(),
        ..iam::GetServiceLastAccessedDetailsWithEntities::default()
    }
}

fn user_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

/// Returns the part of an answer that is about one service.
fn of_service(answer: &Answer, prefix: &str) -> Answer {
    let found = elements(answer, "ServicesLastAccessed").concat();
    let parts = found.split("<ServiceName>");
    let part = parts
        .into_iter()
        .find(|part| part.contains(&format!("<ServiceNamespace>{prefix}</ServiceNamespace>")));
    Answer {
        status: 200,
        body: part.unwrap().to_owned(),
        authorization_message: None,
    }
}

#[tokio::test]
async fn a_users_calls_are_told() {
    let server = start().await;
    let ann = user(&server, "ann", READS).await;
    let arn = user_arn("ann");
    let root = &server.root;
    let id = job(&server, root, &arn, false).await;
    assert_eq!(id.len(), 36);
    let before = ok(&server, root, &get(&id)).await;
    assert_eq!(before.element("JobStatus"), Some("COMPLETED"));
    assert_eq!(before.element("JobType"), Some("SERVICE_LEVEL"));
    assert_eq!(
        before.element("JobCreationDate"),
        Some("2026-01-02T03:04:05Z")
    );
    assert_eq!(elements(&before, "ServiceNamespace"), ["iam", "s3"]);
    assert!(!before.body.contains("LastAuthenticated>"));
    assert_eq!(elements(&before, "TotalAuthenticatedEntities"), ["0", "0"]);
    server.clock.advance(60);
    ok(&server, &ann, &iam::ListUsers::default()).await;
    server.clock.advance(60);
    // An attempt that is refused counts too.
    let call = iam::DeleteUser {
        user_name: "ann".to_owned(),
    };
    assert_eq!(server.call(&ann, &call).await.status, 403);
    let id = job(&server, root, &arn, true).await;
    let after = ok(&server, root, &get(&id)).await;
    let of_iam = of_service(&after, "iam");
    for (name, value) in [
        ("LastAuthenticated", "2026-01-02T03:06:05Z"),
        ("LastAuthenticatedEntity", arn.as_str()),
        ("LastAuthenticatedRegion", "us-east-1"),
        ("TotalAuthenticatedEntities", "1"),
    ] {
        assert_eq!(of_iam.element(name), Some(value), "{name}");
    }
    assert!(
        after
            .body
            .contains("<ServiceName>AWS Identity and Access Management</ServiceName>")
    );
    let actions = elements(&of_iam, "ActionName");
    assert!(actions.contains(&"ListUsers".to_owned()) && actions.contains(&"GetUser".to_owned()));
    assert!(
        !actions.contains(&"DeleteUser".to_owned()),
        "no policy allows it"
    );
    assert_eq!(
        elements(&of_iam, "LastAccessedTime"),
        ["2026-01-02T03:05:05Z"]
    );
    assert!(
        of_service(&after, "s3")
            .element("TrackedActionsLastAccessed")
            .is_none()
    );
}

#[tokio::test]
async fn jobs_are_read_in_pages_by_who_made_them() {
    let server = start().await;
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let ann = user(&server, "ann", all).await;
    let bob = user(&server, "bob", all).await;
    let id = job(&server, &ann, &user_arn("ann"), false).await;
    let text = format!("The job with id {id} cannot be found.");
    let missing = (404, "NoSuchEntity", text.as_str());
    refused(&server, &bob, &get(&id), missing).await;
    refused(&server, &bob, &with_entities(&id, "iam"), missing).await;
    let mut names: Vec<String> = Vec::new();
    let mut marker = None;
    loop {
        let page = iam::GetServiceLastAccessedDetails {
            max_items: Some(150),
            marker: marker.take(),
            ..get(&id)
        };
        let page = ok(&server, &ann, &page).await;
        names.extend(elements(&page, "ServiceNamespace"));
        marker = page.element("Marker").map(str::to_owned);
        assert_eq!(
            page.element("IsTruncated") == Some("true"),
            marker.is_some()
        );
        if marker.is_none() {
            break;
        }
    }
    assert!(names.len() > 400 && names.is_sorted(), "{}", names.len());
    server.clock.advance(8 * 86_400);
    refused(&server, &ann, &get(&id), missing).await;
}

#[tokio::test]
async fn arns_are_found_or_refused() {
    let server = start().await;
    let root = &server.root;
    user(&server, "ann", READS).await;
    for (arn, code, text) in [
        (
            "arn:aws:iam::111122223333:user/x",
            "NoSuchEntity",
            "The user with name x cannot be found.",
        ),
        (
            "arn:aws:iam::111122223333:user/p/ann",
            "NoSuchEntity",
            "The user with name ann cannot be found.",
        ),
        (
            "arn:aws:iam::111122223333:role/x",
            "NoSuchEntity",
            "The role with name x cannot be found.",
        ),
        (
            "arn:aws:iam::111122223333:group/x",
            "NoSuchEntity",
            "The group with name x cannot be found.",
        ),
        (
            "arn:aws:iam::aws:policy/NoneSuch",
            "NoSuchEntity",
            "Policy arn:aws:iam::aws:policy/NoneSuch was not found.",
        ),
        (
            "arn:aws:iam::111122223333:root",
            "InvalidInput",
            "ARN arn:aws:iam::111122223333:root is not valid.",
        ),
        (
            "arn:aws:s3:::user/bucket",
            "InvalidInput",
            "ARN arn:aws:s3:::user/bucket is not valid.",
        ),
        (
            "nothing-like-an-arn-at-all",
            "ValidationError",
            "Invalid ARN:  Could not be parsed!",
        ),
    ] {
        let status = if code == "NoSuchEntity" { 404 } else { 400 };
        refused(&server, root, &generate(arn, false), (status, code, text)).await;
    }
    let id = job(
        &server,
        root,
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        false,
    )
    .await;
    let read = ok(&server, root, &get(&id)).await;
    assert_eq!(read.element("IsTruncated"), Some("true"));
    let nobody = user(&server, "nobody", "").await;
    let arn = user_arn("ann");
    let text = not_allowed("nobody", "iam:GenerateServiceLastAccessedDetails", &arn);
    refused(
        &server,
        &nobody,
        &generate(&arn, false),
        (403, "AccessDenied", &text),
    )
    .await;
}

#[tokio::test]
async fn the_entities_behind_a_service_are_listed() {
    let server = start().await;
    let root = &server.root;
    let ann = user(&server, "ann", READS).await;
    ok(&server, &ann, &iam::ListUsers::default()).await;
    let id = job(&server, root, &user_arn("ann"), false).await;
    let got = ok(&server, root, &with_entities(&id, "iam")).await;
    assert_eq!(got.element("JobStatus"), Some("COMPLETED"));
    for (name, value) in [
        ("Arn", user_arn("ann").as_str()),
        ("Name", "ann"),
        ("Type", "USER"),
        ("Path", "/"),
        ("LastAuthenticated", "2026-01-02T03:04:05Z"),
    ] {
        assert_eq!(got.element(name), Some(value), "{name}");
    }
    assert!(got.element("Id").unwrap().starts_with("AIDA"));
    let never = ok(&server, root, &with_entities(&id, "s3")).await;
    assert_eq!(elements(&never, "Name"), ["ann"]);
    assert_eq!(never.element("LastAuthenticated"), None);
    let text = "The service with namespace ec2 cannot be found in the report.";
    refused(
        &server,
        root,
        &with_entities(&id, "ec2"),
        (404, "NoSuchEntity", text),
    )
    .await;
}

#[tokio::test]
async fn calls_are_saved_and_outlive_renames_but_not_users() {
    let server = start().await;
    let root = &server.root;
    let ann = user(&server, "ann", READS).await;
    ok(&server, &ann, &iam::ListUsers::default()).await;
    server.call(&ann, &sts::GetCallerIdentity {}).await;
    // The keys of the root user and of ann, and ann.
    assert_eq!(server.service.save_uses().await.unwrap(), 3);
    assert_eq!(server.service.save_uses().await.unwrap(), 0);
    server.clock.advance(60);
    ok(&server, &ann, &iam::ListUsers::default()).await;
    assert_eq!(server.service.save_uses().await.unwrap(), 2);
    let rename = iam::UpdateUser {
        user_name: "ann".to_owned(),
        new_user_name: Some("anna".to_owned()),
        new_path: None,
    };
    ok(&server, root, &rename).await;
    let id = job(&server, root, &user_arn("anna"), false).await;
    let got = ok(&server, root, &get(&id)).await;
    let of_iam = of_service(&got, "iam");
    assert_eq!(
        of_iam.element("LastAuthenticated"),
        Some("2026-01-02T03:05:05Z")
    );
    assert_eq!(
        of_iam.element("LastAuthenticatedEntity"),
        Some(user_arn("anna").as_str())
    );
    for call in [("p", ann.access_key_id.as_str())] {
        let policy = iam::DeleteUserPolicy {
            user_name: "anna".to_owned(),
            policy_name: call.0.to_owned(),
        };
        ok(&server, root, &policy).await;
        let key = iam::DeleteAccessKey {
            user_name: Some("anna".to_owned()),
            access_key_id: call.1.to_owned(),
        };
        ok(&server, root, &key).await;
    }
    let delete = iam::DeleteUser {
        user_name: "anna".to_owned(),
    };
    ok(&server, root, &delete).await;
    let gone = ok(&server, root, &get(&id)).await;
    assert_eq!(gone.element("JobStatus"), Some("FAILED"));
    assert_eq!(gone.element("Code"), Some("NoSuchEntity"));
}

/// Makes a role that the account may assume.
async fn role(server: &InProcess, name: &str) {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"sts:AssumeRole"}}}}"#
    );
    let call = iam::CreateRole {
        role_name: name.to_owned(),
        assume_role_policy_document: trust.as_str().into(),
        ..iam::CreateRole::default()
    };
    ok(server, &server.root, &call).await;
}

#[tokio::test]
async fn groups_and_policies_are_told_of_by_those_who_have_them() {
    let server = start().await;
    let root = &server.root;
    let ann = user(&server, "ann", READS).await;
    let bob = user(&server, "Bob", READS).await;
    user(&server, "eve", READS).await;
    role(&server, "deploy").await;
    let group = iam::CreateGroup {
        group_name: "team".to_owned(),
        ..iam::CreateGroup::default()
    };
    ok(&server, root, &group).await;
    for name in ["ann", "Bob"] {
        let call = iam::AddUserToGroup {
            group_name: "team".to_owned(),
            user_name: name.to_owned(),
        };
        ok(&server, root, &call).await;
    }
    let policy = "arn:aws:iam::aws:policy/IAMReadOnlyAccess".to_owned();
    let to_group = iam::AttachGroupPolicy {
        group_name: "team".to_owned(),
        policy_arn: policy.clone(),
    };
    ok(&server, root, &to_group).await;
    let to_role = iam::AttachRolePolicy {
        role_name: "deploy".to_owned(),
        policy_arn: policy.clone(),
    };
    ok(&server, root, &to_role).await;
    // Who has it twice is one, and a boundary gives nothing.
    let to_user = iam::AttachUserPolicy {
        user_name: "ann".to_owned(),
        policy_arn: policy.clone(),
    };
    ok(&server, root, &to_user).await;
    let boundary = iam::PutUserPermissionsBoundary {
        user_name: "eve".to_owned(),
        permissions_boundary: policy.clone(),
    };
    ok(&server, root, &boundary).await;
    ok(&server, &ann, &iam::ListUsers::default()).await;
    server.clock.advance(60);
    ok(&server, &bob, &iam::ListUsers::default()).await;
    let team = format!("arn:aws:iam::{ACCOUNT}:group/team");
    for (arn, names) in [
        (team.as_str(), &["ann", "Bob"][..]),
        (policy.as_str(), &["deploy", "ann", "Bob"]),
    ] {
        let id = job(&server, root, arn, false).await;
        let got = ok(&server, root, &get(&id)).await;
        let of_iam = of_service(&got, "iam");
        assert_eq!(
            of_iam.element("TotalAuthenticatedEntities"),
            Some("2"),
            "{arn}"
        );
        assert_eq!(
            of_iam.element("LastAuthenticatedEntity"),
            Some(user_arn("Bob").as_str())
        );
        let entities = ok(&server, root, &with_entities(&id, "iam")).await;
        assert_eq!(elements(&entities, "Name"), names, "{arn}");
        let first = iam::GetServiceLastAccessedDetailsWithEntities {
            max_items: Some(1),
            ..with_entities(&id, "iam")
        };
        let first = ok(&server, root, &first).await;
        assert_eq!(elements(&first, "Name"), names[..1]);
        let rest = iam::GetServiceLastAccessedDetailsWithEntities {
            marker: first.element("Marker").map(str::to_owned),
            ..with_entities(&id, "iam")
        };
        assert_eq!(
            elements(&ok(&server, root, &rest).await, "Name"),
            names[1..]
        );
    }
}
