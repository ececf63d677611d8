//! Making, showing, tagging and deleting; AWS's policies; who may do it.

use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::iam;

use crate::support::*;

#[tokio::test]
async fn a_policy_is_made_shown_and_deleted() {
    let server = InProcess::start().await.unwrap();
    let call = iam::CreatePolicy {
        path: Some("/team/".to_owned()),
        description: Some("what it is for".to_owned()),
        tags: Some(vec![tag("Team", "x")]),
        ..new_policy("Work", "s3:GetObject")
    };
    let made = done(&server, &call).await;
    let id = made.element("PolicyId").unwrap();
    assert!(id.starts_with("ANPA") && id.len() == 21, "{id}");
    assert_eq!(
        made.body
            .split_once("<Policy>")
            .unwrap()
            .1
            .split_once("</Policy>")
            .unwrap()
            .0,
        format!(
            "<PolicyName>Work</PolicyName><PolicyId>{id}</PolicyId><Arn>{}</Arn><Path>/team/</Path>\
             <DefaultVersionId>v1</DefaultVersionId><AttachmentCount>0</AttachmentCount>\
             <PermissionsBoundaryUsageCount>0</PermissionsBoundaryUsageCount><IsAttachable>true</IsAttachable>\
             <CreateDate>2026-01-02T03:04:05Z</CreateDate><UpdateDate>2026-01-02T03:04:05Z</UpdateDate>\
             <Tags><member><Key>Team</Key><Value>x</Value></member></Tags>",
            arn("team/Work")
        )
    );
    let got = done(&server, &get(&arn("team/Work"))).await;
    assert_eq!(got.element("Description"), Some("what it is for"));
    assert_eq!(
        (got.element("PolicyId"), got.element("Key")),
        (Some(id), Some("Team"))
    );
    let name = "A policy called wORK already exists. Duplicate names are not allowed.";
    refused(
        &server,
        &new_policy("wORK", "s3:*"),
        "EntityAlreadyExists",
        name,
    )
    .await;

    // The ARN is the name: a policy of another path or case is not found.
    for other in ["Work", "team/work", "team/Other"] {
        let message = format!("Policy {} was not found.", arn(other));
        refused(&server, &get(&arn(other)), "NoSuchEntity", &message).await;
        refused(&server, &delete(&arn(other)), "NoSuchEntity", &message).await;
    }
    done(&server, &delete(&arn("team/Work"))).await;
    let message = format!("Policy {} was not found.", arn("team/Work"));
    refused(&server, &get(&arn("team/Work")), "NoSuchEntity", &message).await;
    // The name is free again, and the new policy another one.
    let again = done(&server, &new_policy("Work", "s3:*")).await;
    assert_ne!(again.element("PolicyId"), Some(id));
    let got = done(&server, &get(&arn("Work"))).await;
    assert!(
        got.body.contains("<Tags/>") || got.body.contains("<Tags></Tags>"),
        "{}",
        got.body
    );
    assert_eq!(got.element("Description"), None);
}

#[tokio::test]
async fn documents_and_tags_are_checked() {
    let server = InProcess::start().await.unwrap();
    let with = |text: &str| iam::CreatePolicy {
        policy_document: text.into(),
        ..new_policy("Work", "s3:*")
    };
    refused(
        &server,
        &with("{"),
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    )
    .await;
    let large = new_policy("Work", &"s3:*".replace('*', &"x".repeat(6_144)));
    refused(
        &server,
        &large,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )
    .await;
    let twice = iam::CreatePolicy {
        tags: Some(vec![tag("k", "1"), tag("k", "2")]),
        ..new_policy("Work", "s3:*")
    };
    let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
    refused(&server, &twice, "InvalidInput", message).await;
    done(&server, &new_policy("Work", "s3:*")).await;
    let large = new_version(&arn("Work"), &"s3:*".replace('*', &"x".repeat(6_144)), true);
    refused(
        &server,
        &large,
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )
    .await;
}

#[tokio::test]
async fn tags_come_and_go() {
    let server = InProcess::start().await.unwrap();
    let work = arn("Work");
    done(&server, &new_policy("Work", "s3:*")).await;
    let put = |tags: Vec<iam::Tag>| iam::TagPolicy {
        policy_arn: work.clone(),
        tags,
    };
    done(
        &server,
        &put(vec![tag("b", "1"), tag("A", "2"), tag("c", "")]),
    )
    .await;
    done(&server, &put(vec![tag("b", "3")])).await;
    let list = |max_items, marker: Option<&str>| iam::ListPolicyTags {
        policy_arn: work.clone(),
        max_items,
        marker: marker.map(str::to_owned),
    };
    let first = done(&server, &list(Some(2), None)).await;
    assert_eq!(elements(&first, "Key"), ["A", "b"]);
    let second = done(&server, &list(Some(2), first.element("Marker"))).await;
    assert_eq!(
        (elements(&second, "Key"), second.element("IsTruncated")),
        (vec!["c"], Some("false"))
    );
    // Unlike of users and roles, keys that differ in case are two, also across a page.
    done(&server, &put(vec![tag("B", "4")])).await;
    let first = done(&server, &list(Some(2), None)).await;
    assert_eq!(elements(&first, "Key"), ["A", "B"]);
    let second = done(&server, &list(Some(2), first.element("Marker"))).await;
    assert_eq!(
        (elements(&second, "Key"), elements(&second, "Value")),
        (vec!["b", "c"], vec!["3"])
    );
    let call = iam::UntagPolicy {
        policy_arn: work.clone(),
        tag_keys: vec![
            "A".to_owned(),
            "C".to_owned(),
            "c".to_owned(),
            "b".to_owned(),
        ],
    };
    done(&server, &call).await;
    assert_eq!(
        elements(&done(&server, &list(None, None)).await, "Key"),
        ["B"]
    );
    let many: Vec<iam::Tag> = (0..50)
        .map(|number| tag(&format!("k{number}"), ""))
        .collect();
    refused(
        &server,
        &put(many),
        "LimitExceeded",
        "Cannot exceed quota for TagsPerPolicy: 50",
    )
    .await;
}

#[tokio::test]
async fn policies_of_aws_are_read_and_never_changed() {
    let server = InProcess::start().await.unwrap();
    let admin = user_with(
        &server,
        "admin",
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    )
    .await;
    for caller in [&server.root, &admin] {
        let got = server.call(caller, &get(READ_ONLY)).await;
        assert_eq!(
            (got.code(), got.element("PolicyName")),
            ("OK", Some("ReadOnlyAccess"))
        );
        let version = got.element("DefaultVersionId").unwrap().to_owned();
        let again = server.call(caller, &get(READ_ONLY)).await;
        assert_eq!(again.element("PolicyId"), got.element("PolicyId"));
        let call = iam::GetPolicyVersion {
            policy_arn: READ_ONLY.to_owned(),
            version_id: version.clone(),
        };
        let got = server.call(caller, &call).await;
        assert!(
            got.element("Document").unwrap().starts_with("%7B%22"),
            "{}",
            got.body
        );
        let list = iam::ListPolicyVersions {
            policy_arn: READ_ONLY.to_owned(),
            ..iam::ListPolicyVersions::default()
        };
        let got = server.call(caller, &list).await;
        assert_eq!(elements(&got, "VersionId"), [version.as_str()]);
        let call = iam::ListPolicyTags {
            policy_arn: READ_ONLY.to_owned(),
            ..iam::ListPolicyTags::default()
        };
        let got = server.call(caller, &call).await;
        assert_eq!((got.code(), elements(&got, "Key").len()), ("OK", 0));
    }
    let message = format!("Policy {READ_ONLY} version v999 does not exist or is not attachable.");
    let call = iam::GetPolicyVersion {
        policy_arn: READ_ONLY.to_owned(),
        version_id: "v999".to_owned(),
    };
    refused(&server, &call, "NoSuchEntity", &message).await;
    let absent = "arn:aws:iam::aws:policy/NoSuchPolicyOfAws";
    let message = format!("Policy {absent} was not found.");
    refused(&server, &get(absent), "NoSuchEntity", &message).await;

    let text = |who: &str, action: &str| {
        format!(
            "User: arn:aws:iam::{ACCOUNT}:{who} is not authorized to perform: iam:{action} on resource: policy \
             {READ_ONLY} because no resource-based policy allows the iam:{action} action"
        )
    };
    for (caller, who) in [(&server.root, "root"), (&admin, "user/admin")] {
        let call = delete(READ_ONLY);
        check(
            &server.call(caller, &call).await,
            "AccessDenied",
            &text(who, "DeletePolicy"),
        );
        let call = new_version(READ_ONLY, "s3:*", true);
        check(
            &server.call(caller, &call).await,
            "AccessDenied",
            &text(who, "CreatePolicyVersion"),
        );
        let call = iam::SetDefaultPolicyVersion {
            policy_arn: READ_ONLY.to_owned(),
            version_id: "v1".to_owned(),
        };
        check(
            &server.call(caller, &call).await,
            "AccessDenied",
            &text(who, "SetDefaultPolicyVersion"),
        );
        let call = iam::DeletePolicyVersion {
            policy_arn: READ_ONLY.to_owned(),
            version_id: "v1".to_owned(),
        };
        check(
            &server.call(caller, &call).await,
            "AccessDenied",
            &text(who, "DeletePolicyVersion"),
        );
        let call = iam::TagPolicy {
            policy_arn: READ_ONLY.to_owned(),
            tags: vec![tag("k", "v")],
        };
        check(
            &server.call(caller, &call).await,
            "AccessDenied",
            &text(who, "TagPolicy"),
        );
        let call = iam::UntagPolicy {
            policy_arn: READ_ONLY.to_owned(),
            tag_keys: vec!["k".to_owned()],
        };
        check(
            &server.call(caller, &call).await,
            "AccessDenied",
            &text(who, "UntagPolicy"),
        );
    }
}

#[tokio::test]
async fn policies_of_another_account_are_out_of_reach() {
    let server = InProcess::start().await.unwrap();
    let (other, stranger) = server.account("other@example.test").await.unwrap();
    let made = server.call(&stranger, &new_policy("Theirs", "s3:*")).await;
    let theirs = made.element("Arn").unwrap().to_owned();
    assert!(theirs.contains(&other.to_string()));
    let message = format!(
        "User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: iam:GetPolicy on resource: policy {theirs} \
         because no resource-based policy allows the iam:GetPolicy action"
    );
    refused(&server, &get(&theirs), "AccessDenied", &message).await;
    assert_eq!(
        server.call(&server.root, &delete(&theirs)).await.code(),
        "AccessDenied"
    );
    assert_eq!(server.call(&stranger, &get(&theirs)).await.code(), "OK");
}

#[tokio::test]
async fn arns_are_checked() {
    let server = InProcess::start().await.unwrap();
    let unparsed = "Invalid ARN:  Could not be parsed!";
    for (text, code, message) in [
        ("a-name-of-twenty-characters", "ValidationError", unparsed),
        ("arn:aws:iam::111122223333", "ValidationError", unparsed),
        (
            "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
            "ValidationError",
            "Invalid ARN partition",
        ),
        (
            "arn:aws:iam::111122223333:role/work",
            "InvalidInput",
            "ARN arn:aws:iam::111122223333:role/work is not valid.",
        ),
        (
            "arn:aws:s3::111122223333:policy/work",
            "InvalidInput",
            "ARN arn:aws:s3::111122223333:policy/work is not valid.",
        ),
    ] {
        refused(&server, &get(text), code, message).await;
        let call = iam::AttachUserPolicy {
            user_name: "absent".to_owned(),
            policy_arn: text.to_owned(),
        };
        refused(&server, &call, code, message).await;
    }
    assert_eq!(
        server.call(&server.root, &get("short")).await.code(),
        "ValidationError"
    );
}

#[tokio::test]
async fn an_account_holds_1500_policies() {
    let server = InProcess::start().await.unwrap();
    for number in 0..1_500 {
        done(&server, &new_policy(&format!("p{number}"), "s3:*")).await;
    }
    let message = "Cannot exceed quota for PoliciesPerAccount: 1500";
    refused(
        &server,
        &new_policy("more", "s3:*"),
        "LimitExceeded",
        message,
    )
    .await;
    done(&server, &delete(&arn("p7"))).await;
    done(&server, &new_policy("more", "s3:*")).await;
}
