//! Who may call what: every operation by every kind of caller, as tables that are read as a diff.
//!
//! An operation that is missing here cannot exist: the tables come from `Operation::ALL`, and the form of each call
//! from the model's own descriptors. Each call finds the same account, whatever the calls before it did.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test that calls them"
)]

use std::fmt::Write as _;
use std::sync::Arc;

use keyward_sigv4::{Credentials, SecretKey};
use keyward_store::MemoryStore;
use keyward_testkit::{Answer, InProcess};
use keyward_wire::{Operation, iam, sts};

use form::{Parameters, form, required};

mod form;

/// The kinds of caller, in the order of the columns.
const CALLERS: [&str; 10] = [
    "root",
    "admin",
    "denied",
    "nobody",
    "stranger",
    "unsigned",
    // Sessions: of a role that may do everything, the same under a session policy that allows to read users, of
    // GetSessionToken without a code, of GetFederationToken with a session policy that allows everything.
    "role",
    "limited",
    "token",
    "federated",
];

/// The operations that make what the calls name, in this order.
const MADE_BY: [Operation; 29] = [
    Operation::CreateUser,
    Operation::CreateGroup,
    Operation::CreateRole,
    Operation::CreateInstanceProfile,
    Operation::CreatePolicy,
    Operation::CreatePolicyVersion,
    Operation::AddUserToGroup,
    Operation::AddRoleToInstanceProfile,
    Operation::AttachGroupPolicy,
    Operation::AttachRolePolicy,
    Operation::AttachUserPolicy,
    Operation::PutGroupPolicy,
    Operation::PutRolePolicy,
    Operation::PutUserPolicy,
    Operation::CreateAccessKey,
    Operation::CreateAccountAlias,
    Operation::CreateLoginProfile,
    Operation::CreateOpenIDConnectProvider,
    Operation::CreateSAMLProvider,
    Operation::CreateServiceLinkedRole,
    Operation::CreateServiceSpecificCredential,
    Operation::CreateVirtualMFADevice,
    Operation::DeleteServiceLinkedRole,
    Operation::GenerateCredentialReport,
    Operation::GenerateServiceLastAccessedDetails,
    Operation::UpdateAccountPasswordPolicy,
    Operation::UploadSSHPublicKey,
    Operation::UploadServerCertificate,
    Operation::UploadSigningCertificate,
];

/// What the server names itself: the element of an answer that shows it, and the parameter that takes it.
const MADE: [&str; 6] = [
    "AccessKeyId",
    "CertificateId",
    "DeletionTaskId",
    "JobId",
    "SSHPublicKeyId",
    "ServiceSpecificCredentialId",
];

/// Returns the call of an operation on whatever is called `target`.
fn call_of(operation: Operation) -> Parameters {
    let mut call = required(operation);
    // The subject, which is the caller where nobody is named, and what only AWS's text says is required.
    let more: &[(&str, &str)] = match operation {
        Operation::CreateDelegationRequest => &[(
            "Permissions.PolicyTemplateArn",
            "arn:aws:iam:::delegation-template/target",
        )],
        Operation::CreateLoginProfile => &[("Password", "Target-password-1")],
        Operation::UpdateAssumeRolePolicy => &[("PolicyDocument", form::TRUST_POLICY)],
        Operation::DeleteServiceLinkedRole => &[("RoleName", "AWSServiceRoleForECS")],
        Operation::AssumeRoot => &[
            ("TargetPrincipal", "444455556666"),
            (
                "TaskPolicyArn.arn",
                "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials",
            ),
        ],
        _ => &[],
    };
    for (name, value) in more {
        call.retain(|(sent, _)| sent != name);
        call.push(((*name).to_owned(), (*value).to_owned()));
    }
    let takes_user = |name: &str| {
        let mut members = operation.facts().members().iter();
        members.any(|member| member.name == name)
    };
    if takes_user("UserName") && !call.iter().any(|(name, _)| name == "UserName") {
        call.push(("UserName".to_owned(), "target".to_owned()));
    }
    call
}

/// Makes the sessions that call.
async fn sessions(server: &InProcess, admin: &Credentials) -> [Credentials; 4] {
    let everything = policy(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let role = iam::CreateRole {
        role_name: "everything".to_owned(),
        assume_role_policy_document: policy(
            r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/admin"},"Action":"sts:AssumeRole"}"#,
        )
        .into(),
        ..iam::CreateRole::default()
    };
    assert_eq!(server.call(&server.root, &role).await.code(), "OK");
    let allow = iam::PutRolePolicy {
        role_name: "everything".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: everything.clone().into(),
    };
    assert_eq!(server.call(&server.root, &allow).await.code(), "OK");
    let assume = sts::AssumeRole {
        role_arn: "arn:aws:iam::111122223333:role/everything".to_owned(),
        role_session_name: "session".to_owned(),
        ..sts::AssumeRole::default()
    };
    let limited = sts::AssumeRole {
        policy: Some(policy(
            r#"{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}"#,
        )),
        ..assume.clone()
    };
    let federated = sts::GetFederationToken {
        name: "guest".to_owned(),
        policy: Some(everything),
        ..sts::GetFederationToken::default()
    };
    [
        credentials(&server.call(admin, &assume).await),
        credentials(&server.call(admin, &limited).await),
        credentials(&server.call(admin, &sts::GetSessionToken::default()).await),
        credentials(&server.call(admin, &federated).await),
    ]
}

fn credentials(answer: &Answer) -> Credentials {
    let element = |name| answer.element(name).unwrap().to_owned();
    Credentials {
        access_key_id: element("AccessKeyId"),
        secret: SecretKey::new(element("SecretAccessKey")),
        session_token: Some(element("SessionToken")),
    }
}

/// An account in which everything is called `target`, and who calls it.
struct World {
    store: MemoryStore,
    server: InProcess,
    callers: Vec<Credentials>,
    /// The names that the server made.
    made: Parameters,
}

impl World {
    async fn make() -> Self {
        let store = MemoryStore::new();
        let server = InProcess::over(Arc::new(store.clone())).await.unwrap();
        let everything = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        let nothing = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
        let admin = user(&server, "admin", Some(&policy(everything))).await;
        let both = policy(&format!("{everything},{nothing}"));
        let denied = user(&server, "denied", Some(&both)).await;
        let nobody = user(&server, "nobody", None).await;
        let (_, stranger) = server.account("stranger@example.test").await.unwrap();
        let unsigned = Credentials {
            access_key_id: "AKIAUNKNOWN000000000".to_owned(),
            secret: SecretKey::new("x".to_owned()),
            session_token: None,
        };
        let sessions = sessions(&server, &admin).await;
        let mut world = Self {
            callers: vec![
                server.root.clone(),
                admin,
                denied,
                nobody,
                stranger,
                unsigned,
            ],
            store,
            server,
            made: Vec::new(),
        };
        world.callers.extend(sessions);
        world.fill().await;
        world
    }

    async fn fill(&mut self) {
        for operation in MADE_BY.into_iter().chain([
            // The one before has been deleted.
            Operation::CreateServiceLinkedRole,
        ]) {
            let form = form(operation, &call_of(operation));
            let root = &self.callers[0];
            let answer = self.server.send(root, operation, form.as_bytes()).await;
            assert_eq!(answer.status, 200, "{operation:?}: {}", answer.body);
            for name in MADE {
                let made = answer.element(name).map(str::to_owned);
                self.made.extend(made.map(|made| (name.to_owned(), made)));
            }
        }
        assert_eq!(self.made.len(), MADE.len(), "{:?}", self.made);
    }

    /// Returns a call on what is there.
    fn present(&self, operation: Operation) -> Parameters {
        let mut call = call_of(operation);
        for (name, value) in &mut call {
            if let Some((_, made)) = self.made.iter().find(|(made, _)| made == name) {
                value.clone_from(made);
            }
        }
        call
    }

    /// Returns a call on what is not there.
    fn absent(operation: Operation) -> Parameters {
        let mut call = call_of(operation);
        for (_, value) in &mut call {
            *value = value
                .replace("target", "absent")
                .replace("AWSServiceRoleForECS", "AWSServiceRoleForAbsent");
        }
        call
    }

    /// Writes what every caller is answered to every operation.
    async fn table(&self, call: impl Fn(Operation) -> Parameters) -> String {
        let mut table = format!("{:<50}", "");
        for caller in CALLERS {
            let _ = write!(table, "{caller:<48}");
        }
        for operation in Operation::ALL {
            let name = format!("{}:{}", operation.service(), operation.name());
            let _ = write!(table, "\n{name:<50}");
            let form = form(operation, &call(operation));
            for caller in &self.callers {
                let again = self.server.beside(Arc::new(self.store.fork()));
                let again = again.await.unwrap();
                let answer = again.send(caller, operation, form.as_bytes()).await;
                let _ = write!(table, "{:<48}", answer.code());
            }
        }
        let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
        lines.join("\n")
    }
}

async fn user(server: &InProcess, name: &str, document: Option<&str>) -> Credentials {
    server
        .call(
            &server.root,
            &iam::CreateUser {
                user_name: name.to_owned(),
                ..iam::CreateUser::default()
            },
        )
        .await;
    if let Some(document) = document {
        let call = iam::PutUserPolicy {
            user_name: name.to_owned(),
            policy_name: "p".to_owned(),
            policy_document: document.into(),
        };
        assert_eq!(server.call(&server.root, &call).await.code(), "OK");
    }
    server.key_of(name).await
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

#[tokio::test]
async fn every_operation_by_every_caller() {
    let world = World::make().await;
    let present = world.table(|operation| world.present(operation)).await;
    insta::assert_snapshot!("access_matrix", present);
    let absent = world.table(World::absent).await;
    insta::assert_snapshot!("access_matrix_absent", absent);
}

/// The operations that give tags to what they make, and the action that tags it.
const TAGGING: [(Operation, &str); 8] = [
    (Operation::CreateInstanceProfile, "iam:TagInstanceProfile"),
    (
        Operation::CreateOpenIDConnectProvider,
        "iam:TagOpenIDConnectProvider",
    ),
    (Operation::CreatePolicy, "iam:TagPolicy"),
    (Operation::CreateRole, "iam:TagRole"),
    (Operation::CreateSAMLProvider, "iam:TagSAMLProvider"),
    (Operation::CreateUser, "iam:TagUser"),
    (Operation::CreateVirtualMFADevice, "iam:TagMFADevice"),
    (
        Operation::UploadServerCertificate,
        "iam:TagServerCertificate",
    ),
];

#[tokio::test]
async fn what_is_made_with_tags_asks_for_the_action_that_tags() {
    let server = InProcess::start().await.unwrap();
    let making = r#"{"Effect":"Allow","Action":["iam:Create*","iam:Upload*"],"Resource":"*"}"#;
    let tagging = r#"{"Effect":"Allow","Action":"iam:Tag*","Resource":"*",
        "Condition":{"StringEquals":{"aws:RequestTag/k":"v"}}}"#;
    let maker = user(&server, "maker", Some(&policy(making))).await;
    let both = policy(&format!("{making},{tagging}"));
    let tagger = user(&server, "tagger", Some(&both)).await;
    for operation in Operation::ALL {
        let takes = |name| {
            let mut members = operation.facts().members().iter();
            members.any(|member| member.name == name && !member.required)
        };
        let listed = TAGGING.iter().find(|(makes, _)| *makes == operation);
        // Session tags of STS are another matter: sts:TagSession.
        let is_iam = operation.service() == keyward_wire::Service::Iam;
        assert_eq!(takes("Tags") && is_iam, listed.is_some(), "{operation:?}");
        let Some((_, action)) = listed else { continue };
        let call = call_of(operation);
        let tagged = |value: &str| {
            let mut call = call.clone();
            call.push(("Tags.member.1.Key".to_owned(), "k".to_owned()));
            call.push(("Tags.member.1.Value".to_owned(), value.to_owned()));
            form(operation, &call)
        };
        for (caller, value) in [(&maker, "v"), (&tagger, "other")] {
            let answer = server
                .send(caller, operation, tagged(value).as_bytes())
                .await;
            let message = answer.element("Message").unwrap_or_default();
            let reason = format!("is not authorized to perform: {action} on resource: ");
            assert!(
                answer.code() == "AccessDenied" && message.contains(&reason),
                "{operation:?}: {}",
                answer.body
            );
        }
        let answer = server
            .send(&tagger, operation, tagged("v").as_bytes())
            .await;
        assert_eq!(answer.code(), "OK", "{operation:?}: {}", answer.body);
        let without: Parameters = call.iter().cloned().map(renamed).collect();
        let form = form(operation, &without);
        let answer = server.send(&maker, operation, form.as_bytes()).await;
        assert_eq!(answer.code(), "OK", "{operation:?}: {}", answer.body);
    }
}

fn renamed((name, value): (String, String)) -> (String, String) {
    (name, value.replace("target", "other"))
}

#[test]
fn pending_operations() {
    let pending = keyward_service::pending();
    println!(
        "{} of {} operations are pending",
        pending.len(),
        Operation::ALL.len()
    );
    let names = pending
        .iter()
        .map(|operation| format!("{}:{}\n", operation.service(), operation.name()));
    insta::assert_snapshot!("pending_operations", names.collect::<String>());
}

#[test]
fn rows_of_the_table() {
    let mut table = String::new();
    for row in keyward_service::summaries() {
        if let Some(action) = row.action {
            let _ = writeln!(
                table,
                "{action:<38} {:<58} {}",
                row.resource,
                row.keys.join(" ")
            );
        }
    }
    insta::assert_snapshot!("operations_table", table);
}
