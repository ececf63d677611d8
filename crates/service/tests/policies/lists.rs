//! Lists of policies and of what uses them.

use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::iam;

use crate::support::*;

#[tokio::test]
async fn lists_page_through_own_policies_and_those_of_aws() {
    let server = InProcess::start().await.unwrap();
    for number in 0..7 {
        let call = iam::CreatePolicy {
            path: Some(if number < 5 {
                "/a/".to_owned()
            } else {
                "/b/".to_owned()
            }),
            description: Some("d".to_owned()),
            tags: Some(vec![tag("k", "v")]),
            ..new_policy(&format!("Own{number}"), "s3:*")
        };
        done(&server, &call).await;
    }
    let list = |scope, max_items, marker: Option<&str>| iam::ListPolicies {
        scope,
        max_items,
        marker: marker.map(str::to_owned),
        ..iam::ListPolicies::default()
    };
    let local = Some(iam::PolicyScopeType::Local);
    let got = done(&server, &list(local, None, None)).await;
    assert_eq!(elements(&got, "PolicyName").len(), 7);
    assert_eq!(
        (got.element("IsTruncated"), got.element("Marker")),
        (Some("false"), None)
    );
    // Lists show neither description nor tags.
    assert_eq!(
        (got.element("Description"), got.element("Tags")),
        (None, None)
    );
    let mut names = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let got = done(&server, &list(None, Some(5), marker.as_deref())).await;
        names.extend(
            elements(&got, "PolicyName")
                .iter()
                .map(|name| (*name).to_owned()),
        );
        if names.len() == 5 {
            // What is shown on the next page does not depend on what is deleted or made on this one.
            done(&server, &delete(&arn("a/Own4"))).await;
            done(&server, &new_policy("Own", "s3:*")).await;
        }
        marker = got.element("Marker").map(str::to_owned);
        if marker.is_none() || names.len() > 30 {
            break;
        }
    }
    assert_eq!(
        names[..7],
        ["Own0", "Own1", "Own2", "Own3", "Own4", "Own5", "Own6"]
    );
    let aws: Vec<&str> = keyward_catalog::managed_policies()
        .map(|policy| policy.name())
        .collect();
    assert_eq!(names[7..], aws[..names.len() - 7]);
    let got = done(
        &server,
        &list(Some(iam::PolicyScopeType::Aws), Some(1000), None),
    )
    .await;
    assert_eq!(elements(&got, "PolicyName"), aws[..1000]);
    let last = done(&server, &list(None, Some(1000), got.element("Marker"))).await;
    assert_eq!(elements(&last, "PolicyName"), aws[1000..]);
    assert_eq!(last.element("IsTruncated"), Some("false"));
    let below = iam::ListPolicies {
        path_prefix: Some("/b/".to_owned()),
        ..list(None, None, None)
    };
    assert_eq!(
        elements(&done(&server, &below).await, "PolicyName"),
        ["Own5", "Own6"]
    );
    let wrong = list(None, None, Some("nonsense"));
    refused(&server, &wrong, "ValidationError", "Invalid Marker.").await;
}

#[tokio::test]
async fn lists_filter_by_use() {
    let server = InProcess::start().await.unwrap();
    user(&server, "ann").await;
    for name in ["Attached", "Boundary", "Unused"] {
        policy(&server, name, &statement("Allow", "s3:*")).await;
    }
    done(&server, &attach("ann", &arn("Attached"))).await;
    done(&server, &attach("ann", READ_ONLY)).await;
    done(&server, &put_boundary("ann", &arn("Boundary"))).await;
    use iam::PolicyScopeType::{Aws, Local};
    use iam::PolicyUsageType::{PermissionsBoundary, PermissionsPolicy};
    for (scope, only_attached, usage, names) in [
        (
            Some(Local),
            None,
            None,
            vec!["Attached", "Boundary", "Unused"],
        ),
        (
            None,
            Some(true),
            None,
            vec!["Attached", "Boundary", "ReadOnlyAccess"],
        ),
        (Some(Local), Some(true), None, vec!["Attached", "Boundary"]),
        (Some(Aws), Some(true), None, vec!["ReadOnlyAccess"]),
        (
            None,
            None,
            Some(PermissionsPolicy),
            vec!["Attached", "ReadOnlyAccess"],
        ),
        (
            None,
            Some(true),
            Some(PermissionsBoundary),
            vec!["Boundary"],
        ),
    ] {
        let call = iam::ListPolicies {
            scope,
            only_attached,
            policy_usage_filter: usage,
            ..iam::ListPolicies::default()
        };
        let got = done(&server, &call).await;
        assert_eq!(elements(&got, "PolicyName"), names, "{call:?}");
    }
    let call = iam::ListPolicies {
        only_attached: Some(true),
        scope: Some(Aws),
        ..iam::ListPolicies::default()
    };
    assert_eq!(
        done(&server, &call).await.element("AttachmentCount"),
        Some("1")
    );
}

#[tokio::test]
async fn the_entities_of_a_policy_are_listed() {
    let server = InProcess::start().await.unwrap();
    let work = policy(&server, "Work", &statement("Allow", "s3:*")).await;
    for (name, path) in [("ann", "/a/"), ("bob", "/b/"), ("cid", "/a/"), ("dan", "/")] {
        let call = iam::CreateUser {
            user_name: name.to_owned(),
            path: Some(path.to_owned()),
            ..iam::CreateUser::default()
        };
        done(&server, &call).await;
    }
    for name in ["ann", "bob"] {
        done(&server, &attach(name, &work)).await;
    }
    for name in ["bob", "cid"] {
        done(&server, &put_boundary(name, &work)).await;
    }
    let all = iam::ListEntitiesForPolicy {
        policy_arn: work.clone(),
        ..iam::ListEntitiesForPolicy::default()
    };
    let got = done(&server, &all).await;
    assert_eq!(elements(&got, "UserName"), ["ann", "bob", "cid"]);
    assert!(
        elements(&got, "UserId")
            .iter()
            .all(|id| id.starts_with("AIDA"))
    );
    assert!(
        got.body.contains("<PolicyGroups") && got.body.contains("<PolicyRoles"),
        "{}",
        got.body
    );
    for (usage, entity, path, names) in [
        (
            Some(iam::PolicyUsageType::PermissionsPolicy),
            None,
            None,
            vec!["ann", "bob"],
        ),
        (
            Some(iam::PolicyUsageType::PermissionsBoundary),
            None,
            None,
            vec!["bob", "cid"],
        ),
        (
            None,
            Some(iam::EntityType::User),
            None,
            vec!["ann", "bob", "cid"],
        ),
        (None, Some(iam::EntityType::Group), None, vec![]),
        (
            None,
            Some(iam::EntityType::LocalManagedPolicy),
            None,
            vec![],
        ),
        (None, None, Some("/a/"), vec!["ann", "cid"]),
        (
            Some(iam::PolicyUsageType::PermissionsPolicy),
            None,
            Some("/a/"),
            vec!["ann"],
        ),
    ] {
        let call = iam::ListEntitiesForPolicy {
            policy_usage_filter: usage,
            entity_filter: entity,
            path_prefix: path.map(str::to_owned),
            ..all.clone()
        };
        assert_eq!(elements(&done(&server, &call).await, "UserName"), names);
    }
    let page = |marker: Option<&str>| iam::ListEntitiesForPolicy {
        max_items: Some(2),
        marker: marker.map(str::to_owned),
        ..all.clone()
    };
    let first = done(&server, &page(None)).await;
    assert_eq!(elements(&first, "UserName"), ["ann", "bob"]);
    let second = done(&server, &page(first.element("Marker"))).await;
    assert_eq!(
        (elements(&second, "UserName"), second.element("IsTruncated")),
        (vec!["cid"], Some("false"))
    );
    // A user that is renamed is listed under its new name, and an unused policy lists nobody.
    let rename = iam::UpdateUser {
        user_name: "ann".to_owned(),
        new_user_name: Some("zoe".to_owned()),
        new_path: Some("/z/".to_owned()),
    };
    done(&server, &rename).await;
    assert_eq!(
        elements(&done(&server, &all).await, "UserName"),
        ["bob", "cid", "zoe"]
    );
    let none = iam::ListEntitiesForPolicy {
        policy_arn: READ_ONLY.to_owned(),
        ..all.clone()
    };
    assert_eq!(done(&server, &none).await.element("UserName"), None);
    let absent = iam::ListEntitiesForPolicy {
        policy_arn: arn("absent"),
        ..all
    };
    let message = format!("Policy {} was not found.", arn("absent"));
    refused(&server, &absent, "NoSuchEntity", &message).await;
}

#[tokio::test]
async fn the_policies_that_open_a_service_are_listed() {
    let server = InProcess::start().await.unwrap();
    let statements =
        r#"{"Effect":"Allow","Action":["s3:Get*","iam:ListUsers"],"Resource":"arn:aws:s3:::b/*"}"#;
    let ann = user_with(&server, "ann", statements).await;
    let work = policy(&server, "Work", &statement("Allow", "sqs:*")).await;
    let deny = policy(&server, "Deny", &statement("Deny", "*")).await;
    for attached in [&work, &deny] {
        done(&server, &attach("ann", attached)).await;
    }
    done(&server, &put_boundary("ann", READ_ONLY)).await;
    let ask = |arn: &str, services: &[&str]| iam::ListPoliciesGrantingServiceAccess {
        marker: None,
        arn: arn.to_owned(),
        service_namespaces: services
            .iter()
            .map(|service| (*service).to_owned())
            .collect(),
    };
    let of_ann = format!("arn:aws:iam::{ACCOUNT}:user/ann");
    let got = done(&server, &ask(&of_ann, &["s3", "sqs", "ec2"])).await;
    assert_eq!(
        got.body
            .split_once("<PoliciesGrantingServiceAccess>")
            .unwrap()
            .1
            .split_once("</PoliciesGrantingServiceAccess>")
            .unwrap()
            .0,
        format!(
            "<member><ServiceNamespace>s3</ServiceNamespace><Policies><member><PolicyName>p</PolicyName>\
             <PolicyType>INLINE</PolicyType><EntityType>USER</EntityType><EntityName>ann</EntityName></member></Policies>\
             </member><member><ServiceNamespace>sqs</ServiceNamespace><Policies><member><PolicyName>Work</PolicyName>\
             <PolicyType>MANAGED</PolicyType><PolicyArn>{work}</PolicyArn></member></Policies></member>\
             <member><ServiceNamespace>ec2</ServiceNamespace><Policies/></member>"
        )
    );
    assert_eq!(got.element("IsTruncated"), Some("false"));
    let nobody = ask(&format!("arn:aws:iam::{ACCOUNT}:user/bob"), &["s3"]);
    refused(
        &server,
        &nobody,
        "NoSuchEntity",
        "The user with name bob cannot be found.",
    )
    .await;
    let message = format!("ARN {work} is not valid.");
    refused(&server, &ask(&work, &["s3"]), "InvalidInput", &message).await;
    let message = format!(
        "User: {of_ann} is not authorized to perform: iam:ListPoliciesGrantingServiceAccess on resource: {of_ann} \
         with an explicit deny in an identity-based policy: {deny}"
    );
    let got = server.call(&ann, &ask(&of_ann, &["s3"])).await;
    assert_eq!(got.element("Message"), Some(message.as_str()));
}
