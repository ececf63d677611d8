//! Trust policies: principals are bound to unique ids, and shown by their ARNs.

use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::iam;

use crate::{document, done, get_role, refused, role};

fn trusting(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17", "Statement":[{{"Effect":"Allow","Principal":{{"AWS":{principal}}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

#[tokio::test]
async fn principals_are_bound_to_the_users_and_roles_that_had_the_names() {
    let server = InProcess::start().await.unwrap();
    let call = iam::CreateUser {
        user_name: "alice".to_owned(),
        ..iam::CreateUser::default()
    };
    done(&server, &call).await;
    done(&server, &role("Other")).await;
    let alice = format!("arn:aws:iam::{ACCOUNT}:user/alice");
    let other = format!("arn:aws:iam::{ACCOUNT}:role/Other");
    let sent = trusting(&format!(
        r#"["{alice}", "{other}", "arn:aws:iam::{ACCOUNT}:root"]"#
    ));
    let call = iam::CreateRole {
        assume_role_policy_document: sent.clone().into(),
        ..role("Deploy")
    };
    assert_eq!(document(&done(&server, &call).await), sent);
    assert_eq!(document(&done(&server, &get_role("Deploy")).await), sent);
    // A renamed user is trusted under its new name.
    let call = iam::UpdateUser {
        user_name: "alice".to_owned(),
        new_user_name: Some("anna".to_owned()),
        new_path: Some("/b/".to_owned()),
    };
    done(&server, &call).await;
    let anna = format!("arn:aws:iam::{ACCOUNT}:user/b/anna");
    let shown = document(&done(&server, &get_role("Deploy")).await);
    assert_eq!(shown, sent.replace(&alice, &anna));
    // One that is gone is shown by its id, also when another has its name.
    done(
        &server,
        &iam::DeleteRole {
            role_name: "Other".to_owned(),
        },
    )
    .await;
    let gone = document(&done(&server, &get_role("Deploy")).await);
    assert!(
        gone.contains(r#""AROA"#) && !gone.contains(&other),
        "{gone}"
    );
    done(&server, &role("Other")).await;
    assert_eq!(document(&done(&server, &get_role("Deploy")).await), gone);
    let listed = done(&server, &iam::ListRoles::default()).await;
    assert_eq!(document(&listed), gone);
    // And whoever sends the id back is told.
    let id = gone
        .split('"')
        .find(|text| text.starts_with("AROA"))
        .unwrap()
        .to_owned();
    let call = iam::UpdateAssumeRolePolicy {
        role_name: "Deploy".to_owned(),
        policy_document: gone.into(),
    };
    refused(
        &server,
        &call,
        400,
        "MalformedPolicyDocument",
        &format!(r#"Invalid principal in policy: "AWS":"{id}""#),
    )
    .await;
    let call = iam::UpdateAssumeRolePolicy {
        role_name: "Deploy".to_owned(),
        policy_document: trusting(&format!(r#""{other}""#)).into(),
    };
    done(&server, &call).await;
    assert_eq!(
        document(&done(&server, &get_role("Deploy")).await),
        trusting(&format!(r#""{other}""#))
    );
}

#[tokio::test]
async fn principals_of_other_accounts_are_looked_up_there() {
    let server = InProcess::start().await.unwrap();
    let (partner, root) = server.account("partner@example.test").await.unwrap();
    let call = iam::CreateUser {
        user_name: "bob".to_owned(),
        ..iam::CreateUser::default()
    };
    assert_eq!(server.call(&root, &call).await.code(), "OK");
    for (principal, good) in [
        (format!("arn:aws:iam::{partner}:user/bob"), true),
        (format!("arn:aws:iam::{partner}:user/Bob"), false),
        (format!("arn:aws:iam::{partner}:user/x/bob"), false),
        (format!("arn:aws:iam::{partner}:role/bob"), false),
        (format!("arn:aws:iam::{partner}:root"), true),
        (format!("arn:aws:iam::{ACCOUNT}:user/bob"), false),
        (
            format!("arn:aws:sts::{ACCOUNT}:assumed-role/absent/s"),
            false,
        ),
        // Accounts that this installation does not hold are taken at their word.
        ("arn:aws:iam::999988887777:user/who".to_owned(), true),
        ("999988887777".to_owned(), true),
        ("arn:aws-cn:iam::999988887777:root".to_owned(), false),
        ("*".to_owned(), true),
    ] {
        let text = trusting(&format!("\"{principal}\""));
        let call = iam::CreateRole {
            assume_role_policy_document: text.clone().into(),
            ..role("Deploy")
        };
        if good {
            done(&server, &call).await;
            // An account's id is shown as the ARN of its root user; whatever else as it was sent.
            let shown = text.replace("\"999988887777\"", "\"arn:aws:iam::999988887777:root\"");
            assert_eq!(document(&done(&server, &get_role("Deploy")).await), shown);
            done(
                &server,
                &iam::DeleteRole {
                    role_name: "Deploy".to_owned(),
                },
            )
            .await;
        } else {
            let message = format!(r#"Invalid principal in policy: "AWS":"{principal}""#);
            refused(&server, &call, 400, "MalformedPolicyDocument", &message).await;
        }
    }
    // A principal of another account follows its renaming too.
    let text = trusting(&format!(r#""arn:aws:iam::{partner}:user/bob""#));
    done(
        &server,
        &iam::CreateRole {
            assume_role_policy_document: text.clone().into(),
            ..role("Deploy")
        },
    )
    .await;
    let call = iam::UpdateUser {
        user_name: "bob".to_owned(),
        new_user_name: Some("rob".to_owned()),
        ..iam::UpdateUser::default()
    };
    assert_eq!(server.call(&root, &call).await.code(), "OK");
    assert_eq!(
        document(&done(&server, &get_role("Deploy")).await),
        text.replace("bob", "rob")
    );
}
