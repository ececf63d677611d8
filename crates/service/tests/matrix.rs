//! Who may call what: every operation by every kind of caller, as a table that is read as a diff.
//!
//! An operation that is missing here cannot exist: the table comes from `Operation::ALL`, and the form of each call
//! from the model's own descriptors.

use std::fmt::Write as _;

use keyward_sigv4::{Credentials, SecretKey};
use keyward_testkit::InProcess;
use keyward_wire::{Operation, iam};

use form::{form, required};

mod form;

/// The kinds of caller, in the order of the columns.
const CALLERS: [&str; 6] = ["root", "admin", "denied", "nobody", "stranger", "unsigned"];

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
    let server = InProcess::start().await.unwrap();
    user(&server, "target", None).await;
    let everything = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let nothing = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
    let admin = user(&server, "admin", Some(&policy(everything))).await;
    let denied = user(
        &server,
        "denied",
        Some(&policy(&format!("{everything},{nothing}"))),
    )
    .await;
    let nobody = user(&server, "nobody", None).await;
    let (_, stranger) = server.account("stranger@example.test").await.unwrap();
    let unsigned = Credentials {
        access_key_id: "AKIAUNKNOWN000000000".to_owned(),
        secret: SecretKey::new("x".to_owned()),
        session_token: None,
    };
    let callers = [&server.root, &admin, &denied, &nobody, &stranger, &unsigned];
    let mut table = format!("{:<48}", "");
    CALLERS
        .iter()
        .for_each(|caller| table.push_str(&format!("{caller:<22}")));
    for operation in Operation::ALL {
        let _ = write!(
            table,
            "\n{:<48}",
            format!("{}:{}", operation.service(), operation.name())
        );
        let form = form(operation, &required(operation));
        for caller in callers {
            let answer = server.send(caller, operation, form.as_bytes()).await;
            let _ = write!(table, "{:<22}", answer.code());
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!("access_matrix", table.join("\n"));
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
