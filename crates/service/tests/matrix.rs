//! Who may call what: every operation by every kind of caller, as a table that is read as a diff.
//!
//! An operation that is missing here cannot exist: the table comes from `Operation::ALL`, and the form of each call
//! from the model's own descriptors.

use std::fmt::Write as _;

use keyward_sigv4::{Credentials, SecretKey};
use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::{Kind, Operation, Shape, iam};

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

/// Returns a value that a shape lets through, as a form writes it.
fn sample(name: &str, shape: &Shape) -> Vec<(String, String)> {
    let filled = |text: &str| vec![(name.to_owned(), text.to_owned())];
    match &shape.kind {
        Kind::Boolean => filled("true"),
        Kind::Enumeration(values) => filled(values.first().copied().unwrap_or_default()),
        Kind::Integer => filled(&shape.min.unwrap_or(1).to_string()),
        Kind::List(inner) => sample(&format!("{name}.member.1"), inner),
        Kind::Map { key, value } => {
            let mut entry = sample(&format!("{name}.entry.1.key"), key);
            entry.extend(sample(&format!("{name}.entry.1.value"), value));
            entry
        }
        Kind::Structure(members) | Kind::Union(members) => {
            let required = members().iter().filter(|member| member.required);
            required
                .flat_map(|member| sample(&format!("{name}.{}", member.name), member.shape))
                .collect()
        }
        Kind::String => filled(&text(name, shape)),
    }
}

/// Texts by the name of the parameter, then by length.
fn text(name: &str, shape: &Shape) -> String {
    let known = match name {
        "UserName" => "target",
        "PolicyName" => "absent",
        "PolicyDocument" => {
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#
        }
        "AccessKeyId" => "AKIAABSENT0000000000",
        "SerialNumber" => return format!("arn:aws:iam::{ACCOUNT}:mfa/absent"),
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let length = usize::try_from(shape.min.unwrap_or(1).max(1)).unwrap_or(1);
    let candidates = [
        "a".repeat(length),
        "1".repeat(length),
        "/".to_owned(),
        "v1".to_owned(),
        "https://a.example".to_owned(),
    ];
    let fits = |candidate: &&String| {
        shape
            .pattern
            .is_none_or(|pattern| pattern.matches(candidate))
    };
    candidates.iter().find(fits).cloned().unwrap_or_default()
}

fn form(operation: Operation) -> String {
    let mut form = format!(
        "Action={}&Version={}",
        operation.name(),
        operation.service().version()
    );
    for member in operation
        .facts()
        .members()
        .iter()
        .filter(|member| member.required)
    {
        for (name, value) in sample(member.name, member.shape) {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let _ = write!(form, "&{name}={value}");
        }
    }
    form
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
        let form = form(operation);
        for caller in callers {
            let answer = server.send(caller, operation, form.as_bytes()).await;
            let _ = write!(table, "{:<22}", answer.code());
        }
    }
    let table: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!("access_matrix", table.join("\n"));
}

#[test]
fn pending_operations_are_counted() {
    let pending = keyward_service::pending();
    println!(
        "{} of {} operations are pending",
        pending.len(),
        Operation::ALL.len()
    );
    assert_eq!(pending.len() + 22, Operation::ALL.len());
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
