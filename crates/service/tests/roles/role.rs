//! Roles: create, get, list, update, delete, tags, and who may.

use keyward_testkit::{Answer, InProcess};
use keyward_wire::iam;

use crate::{TRUST, document, done, get_role, refused, role, said, tag, user};

#[tokio::test]
async fn answers_show_what_aws_shows() {
    let server = InProcess::start().await.unwrap();
    let call = iam::CreateRole {
        path: Some("/a/".to_owned()),
        description: Some("for tests".to_owned()),
        max_session_duration: Some(7200),
        permissions_boundary: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()),
        tags: Some(vec![tag("Team", "x"), tag("b", "")]),
        ..role("Deploy")
    };
    let created = done(&server, &call).await;
    let inside = |answer: &Answer, names: &[&str]| -> Vec<bool> {
        let has = |name: &&str| answer.body.contains(&format!("<{name}"));
        names.iter().map(has).collect()
    };
    let names = [
        "Description",
        "MaxSessionDuration",
        "PermissionsBoundary",
        "RoleLastUsed",
        "Tags",
    ];
    assert_eq!(inside(&created, &names), [true, false, true, false, true]);
    for (name, value) in [
        ("Path", "/a/"),
        ("RoleName", "Deploy"),
        ("Arn", "arn:aws:iam::111122223333:role/a/Deploy"),
        ("CreateDate", "2026-01-02T03:04:05Z"),
        ("Description", "for tests"),
        (
            "PermissionsBoundaryArn",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
    ] {
        assert_eq!(created.element(name), Some(value), "{name}");
    }
    assert!(created.element("RoleId").unwrap().starts_with("AROA"));
    assert_eq!(document(&created), TRUST);
    let got = done(&server, &get_role("deploy")).await;
    assert_eq!(inside(&got, &names), [true; 5]);
    assert_eq!(got.element("MaxSessionDuration"), Some("7200"));
    assert_eq!(document(&got), TRUST);
    assert!(got.body.contains("<RoleLastUsed/>"), "{}", got.body);
    assert!(
        got.body.contains("<Key>b</Key><Value></Value>")
            || got.body.contains("<Key>b</Key><Value/>")
    );
    let listed = done(&server, &iam::ListRoles::default()).await;
    assert_eq!(inside(&listed, &names), [true, true, false, false, false]);
    // What nobody gave is not there, but for the last use.
    done(&server, &role("plain")).await;
    let got = done(&server, &get_role("plain")).await;
    assert_eq!(inside(&got, &names), [false, true, false, true, false]);
    assert_eq!(got.element("MaxSessionDuration"), Some("3600"));
}

#[tokio::test]
async fn names_paths_and_documents_are_checked() {
    let server = InProcess::start().await.unwrap();
    done(&server, &role("Deploy")).await;
    refused(
        &server,
        &role("DEPLOY"),
        409,
        "EntityAlreadyExists",
        "Role with name DEPLOY already exists.",
    )
    .await;
    refused(
        &server,
        &get_role("absent"),
        404,
        "NoSuchEntity",
        "The role with name absent cannot be found.",
    )
    .await;
    let call = iam::CreateRole {
        path: Some("/aws-service-role/ecs.amazonaws.com/".to_owned()),
        ..role("AWSServiceRoleForECS")
    };
    assert_eq!(
        server.call(&server.root, &call).await.code(),
        "InvalidInput"
    );
    let call = iam::CreateRole {
        permissions_boundary: Some("arn:aws:iam::111122223333:policy/absent".to_owned()),
        ..role("bounded")
    };
    refused(
        &server,
        &call,
        404,
        "NoSuchEntity",
        "Scope ARN: arn:aws:iam::111122223333:policy/absent does not exist or is not attachable.",
    )
    .await;
    let call = iam::CreateRole {
        tags: Some(vec![tag("k", "1"), tag("K", "2")]),
        ..role("tagged")
    };
    refused(
        &server,
        &call,
        400,
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    .await;
    for (text, message) in [
        ("{", "This policy contains invalid Json"),
        (
            r#"{"Version":"2012-10-17"}"#,
            "Could not parse the policy: Statement is empty!",
        ),
        (
            &TRUST.replace("sts:AssumeRole", "s3:GetObject"),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            &TRUST.replace(r#""Action""#, r#""Resource":"*","Action""#),
            "Has prohibited field Resource",
        ),
        (
            &TRUST.replace(r#"{"Service":"ec2.amazonaws.com"}"#, r#""*""#),
            r#"AssumeRolepolicy contained an invalid principal: "STAR":"*"."#,
        ),
    ] {
        let call = iam::CreateRole {
            assume_role_policy_document: text.into(),
            ..role("other")
        };
        refused(&server, &call, 400, "MalformedPolicyDocument", message).await;
        let call = iam::UpdateAssumeRolePolicy {
            role_name: "Deploy".to_owned(),
            policy_document: text.into(),
        };
        refused(&server, &call, 400, "MalformedPolicyDocument", message).await;
    }
    let long = TRUST.replace(
        r#"{"Effect""#,
        &format!(r#"{{"Sid":"{}","Effect""#, "s".repeat(2048)),
    );
    let call = iam::CreateRole {
        assume_role_policy_document: long.into(),
        ..role("other")
    };
    refused(
        &server,
        &call,
        409,
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )
    .await;
    refused(
        &server,
        &get_role("other"),
        404,
        "NoSuchEntity",
        "The role with name other cannot be found.",
    )
    .await;
}

#[tokio::test]
async fn roles_are_updated() {
    let server = InProcess::start().await.unwrap();
    done(&server, &role("Deploy")).await;
    let update = |description: Option<&str>, duration| iam::UpdateRole {
        role_name: "Deploy".to_owned(),
        description: description.map(str::to_owned),
        max_session_duration: duration,
    };
    let answer = done(&server, &update(Some("one"), Some(4000))).await;
    assert!(answer.body.contains("<UpdateRoleResult"), "{}", answer.body);
    done(&server, &update(None, None)).await;
    let got = done(&server, &get_role("Deploy")).await;
    assert_eq!(
        (
            got.element("Description"),
            got.element("MaxSessionDuration")
        ),
        (Some("one"), Some("4000"))
    );
    done(&server, &update(Some("two"), None)).await;
    let got = done(&server, &get_role("Deploy")).await;
    assert_eq!(
        (
            got.element("Description"),
            got.element("MaxSessionDuration")
        ),
        (Some("two"), Some("4000"))
    );
    let call = iam::UpdateRoleDescription {
        role_name: "deploy".to_owned(),
        description: "three".to_owned(),
    };
    let answer = done(&server, &call).await;
    assert_eq!(
        (answer.element("RoleName"), answer.element("Description")),
        (Some("Deploy"), Some("three"))
    );
    let call = iam::UpdateRoleDescription {
        role_name: "deploy".to_owned(),
        description: String::new(),
    };
    done(&server, &call).await;
    assert_eq!(
        done(&server, &get_role("Deploy"))
            .await
            .element("Description"),
        None
    );
    let missing = "The role with name absent cannot be found.";
    let call = iam::UpdateRole {
        role_name: "absent".to_owned(),
        ..iam::UpdateRole::default()
    };
    refused(&server, &call, 404, "NoSuchEntity", missing).await;
    let call = iam::UpdateAssumeRolePolicy {
        role_name: "absent".to_owned(),
        policy_document: TRUST.into(),
    };
    refused(&server, &call, 404, "NoSuchEntity", missing).await;
    let call = iam::UpdateRoleDescription {
        role_name: "absent".to_owned(),
        description: String::new(),
    };
    refused(&server, &call, 404, "NoSuchEntity", missing).await;
}

#[tokio::test]
async fn roles_are_listed_by_path_and_page() {
    let server = InProcess::start().await.unwrap();
    for (name, path) in [("b", "/x/"), ("A", "/"), ("c", "/x/y/"), ("d", "/z/")] {
        done(
            &server,
            &iam::CreateRole {
                path: Some(path.to_owned()),
                ..role(name)
            },
        )
        .await;
    }
    let names = |answer: &Answer| -> Vec<String> {
        answer
            .body
            .split("<RoleName>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(&done(&server, &iam::ListRoles::default()).await),
        ["A", "b", "c", "d"]
    );
    let below = iam::ListRoles {
        path_prefix: Some("/x/".to_owned()),
        ..iam::ListRoles::default()
    };
    assert_eq!(names(&done(&server, &below).await), ["b", "c"]);
    let first = done(
        &server,
        &iam::ListRoles {
            max_items: Some(3),
            ..iam::ListRoles::default()
        },
    )
    .await;
    assert_eq!(
        (names(&first).len(), first.element("IsTruncated")),
        (3, Some("true"))
    );
    let marker = first.element("Marker").map(str::to_owned);
    let second = done(
        &server,
        &iam::ListRoles {
            marker,
            ..iam::ListRoles::default()
        },
    )
    .await;
    assert_eq!(
        (
            names(&second),
            second.element("IsTruncated"),
            second.element("Marker")
        ),
        (vec!["d".to_owned()], Some("false"), None)
    );
    let call = iam::ListRoles {
        marker: Some("nonsense".to_owned()),
        ..iam::ListRoles::default()
    };
    refused(&server, &call, 400, "ValidationError", "Invalid Marker.").await;
}

#[tokio::test]
async fn what_a_role_holds_blocks_its_deletion() {
    let server = InProcess::start().await.unwrap();
    let delete = iam::DeleteRole {
        role_name: "deploy".to_owned(),
    };
    refused(
        &server,
        &delete,
        404,
        "NoSuchEntity",
        "The role with name deploy cannot be found.",
    )
    .await;
    done(
        &server,
        &iam::CreateRole {
            permissions_boundary: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()),
            ..role("Deploy")
        },
    )
    .await;
    let call = iam::PutRolePolicy {
        role_name: "Deploy".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}"#.into(),
    };
    done(&server, &call).await;
    refused(
        &server,
        &delete,
        409,
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
    )
    .await;
    let policy = || "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned();
    let call = iam::AttachRolePolicy {
        role_name: "Deploy".to_owned(),
        policy_arn: policy(),
    };
    done(&server, &call).await;
    refused(
        &server,
        &delete,
        409,
        "DeleteConflict",
        "Cannot delete entity, must detach all policies first.",
    )
    .await;
    let call = iam::DetachRolePolicy {
        role_name: "Deploy".to_owned(),
        policy_arn: policy(),
    };
    done(&server, &call).await;
    done(
        &server,
        &iam::DeleteRolePolicy {
            role_name: "Deploy".to_owned(),
            policy_name: "p".to_owned(),
        },
    )
    .await;
    let profile = || "web".to_owned();
    done(
        &server,
        &iam::CreateInstanceProfile {
            instance_profile_name: profile(),
            ..iam::CreateInstanceProfile::default()
        },
    )
    .await;
    done(
        &server,
        &iam::AddRoleToInstanceProfile {
            instance_profile_name: profile(),
            role_name: "Deploy".to_owned(),
        },
    )
    .await;
    refused(
        &server,
        &delete,
        409,
        "DeleteConflict",
        "Cannot delete entity, must remove roles from instance profile first.",
    )
    .await;
    done(
        &server,
        &iam::RemoveRoleFromInstanceProfile {
            instance_profile_name: profile(),
            role_name: "Deploy".to_owned(),
        },
    )
    .await;
    done(&server, &delete).await;
    refused(
        &server,
        &delete,
        404,
        "NoSuchEntity",
        "The role with name deploy cannot be found.",
    )
    .await;
    done(&server, &role("deploy")).await;
}

#[tokio::test]
async fn tags() {
    let server = InProcess::start().await.unwrap();
    done(&server, &role("Deploy")).await;
    let name = || "Deploy".to_owned();
    let keys = |answer: &Answer| -> Vec<String> {
        answer
            .body
            .split("<Key>")
            .skip(1)
            .map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect()
    };
    done(
        &server,
        &iam::TagRole {
            role_name: name(),
            tags: vec![tag("b", "1"), tag("A", "2")],
        },
    )
    .await;
    done(
        &server,
        &iam::TagRole {
            role_name: name(),
            tags: vec![tag("a", "3")],
        },
    )
    .await;
    let list = iam::ListRoleTags {
        role_name: name(),
        ..iam::ListRoleTags::default()
    };
    let listed = done(&server, &list).await;
    assert_eq!(
        (keys(&listed), listed.element("Value")),
        (vec!["a".to_owned(), "b".to_owned()], Some("3"))
    );
    let first = done(
        &server,
        &iam::ListRoleTags {
            max_items: Some(1),
            ..list.clone()
        },
    )
    .await;
    assert_eq!(
        (keys(&first), first.element("IsTruncated")),
        (vec!["a".to_owned()], Some("true"))
    );
    let marker = first.element("Marker").map(str::to_owned);
    assert_eq!(
        keys(
            &done(
                &server,
                &iam::ListRoleTags {
                    marker,
                    ..list.clone()
                }
            )
            .await
        ),
        ["b"]
    );
    done(
        &server,
        &iam::UntagRole {
            role_name: name(),
            tag_keys: vec!["B".to_owned(), "absent".to_owned()],
        },
    )
    .await;
    assert_eq!(keys(&done(&server, &list).await), ["a"]);
    let full: Vec<iam::Tag> = (0..50)
        .map(|number| tag(&format!("k{number}"), "v"))
        .collect();
    let call = iam::TagRole {
        role_name: name(),
        tags: full,
    };
    refused(
        &server,
        &call,
        409,
        "LimitExceeded",
        "Cannot exceed quota for TagsPerRole: 50",
    )
    .await;
    let missing = "The role with name absent cannot be found.";
    let call = iam::TagRole {
        role_name: "absent".to_owned(),
        tags: vec![tag("a", "b")],
    };
    refused(&server, &call, 404, "NoSuchEntity", missing).await;
    let call = iam::ListRoleTags {
        role_name: "absent".to_owned(),
        ..iam::ListRoleTags::default()
    };
    refused(&server, &call, 404, "NoSuchEntity", missing).await;
}

#[tokio::test]
async fn policies_and_their_conditions_decide() {
    let server = InProcess::start().await.unwrap();
    let statements = r#"
        {"Effect":"Allow","Action":["iam:CreateRole","iam:TagRole"],"Resource":"arn:aws:iam::111122223333:role/team/*",
         "Condition":{"StringEquals":{"aws:RequestTag/Team":"x","iam:PermissionsBoundary":"arn:aws:iam::aws:policy/ReadOnlyAccess"},"ForAllValues:StringEquals":{"aws:TagKeys":["Team"]}}},
        {"Effect":"Allow","Action":["iam:GetRole","iam:UpdateRole"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"x"}}},
        {"Effect":"Allow","Action":"iam:UpdateAssumeRolePolicy","Resource":"*","Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:aws:iam::aws:policy/ReadOnlyAccess"}}},
        {"Effect":"Allow","Action":"iam:ListRoles","Resource":"arn:aws:iam::111122223333:role/team/*"},
        {"Effect":"Allow","Action":"iam:TagRole","Resource":"*","Condition":{"StringEquals":{"iam:ResourceTag/Team":"x","aws:RequestTag/Stage":"test"}}},
        {"Effect":"Allow","Action":"iam:UntagRole","Resource":"*","Condition":{"ForAllValues:StringEquals":{"aws:TagKeys":["Stage"]}}}"#;
    let lead = user(&server, "lead", statements).await;
    let new = |path: &str, team: &str| iam::CreateRole {
        path: Some(path.to_owned()),
        tags: Some(vec![tag("Team", team)]),
        permissions_boundary: Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()),
        ..role("Deploy")
    };
    let answer = server.call(&lead, &new("/other/", "x")).await;
    let denied = "User: arn:aws:iam::111122223333:user/lead is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/other/Deploy because no identity-based policy allows the iam:CreateRole action";
    assert_eq!(said(&answer), (403, "AccessDenied", denied));
    assert_eq!(
        server.call(&lead, &new("/team/", "y")).await.code(),
        "AccessDenied"
    );
    let unbounded = iam::CreateRole {
        permissions_boundary: None,
        ..new("/team/", "x")
    };
    assert_eq!(server.call(&lead, &unbounded).await.code(), "AccessDenied");
    assert_eq!(server.call(&lead, &new("/team/", "x")).await.code(), "OK");
    done(&server, &role("bare")).await;
    let answer = server.call(&lead, &get_role("bare")).await;
    let denied = "User: arn:aws:iam::111122223333:user/lead is not authorized to perform: iam:GetRole on resource: role bare because no identity-based policy allows the iam:GetRole action";
    assert_eq!(said(&answer), (403, "AccessDenied", denied));
    // Who may not know does not learn whether a role is there.
    let absent = server.call(&lead, &get_role("absent")).await;
    assert_eq!(
        said(&absent),
        (
            403,
            "AccessDenied",
            denied.replace("bare", "absent").as_str()
        )
    );
    assert_eq!(server.call(&lead, &get_role("Deploy")).await.code(), "OK");
    let trust = |name: &str| iam::UpdateAssumeRolePolicy {
        role_name: name.to_owned(),
        policy_document: TRUST.into(),
    };
    assert_eq!(server.call(&lead, &trust("Deploy")).await.code(), "OK");
    assert_eq!(
        server.call(&lead, &trust("bare")).await.code(),
        "AccessDenied"
    );
    let list = |prefix: &str| iam::ListRoles {
        path_prefix: Some(prefix.to_owned()),
        ..iam::ListRoles::default()
    };
    assert_eq!(server.call(&lead, &list("/team/")).await.code(), "OK");
    let denied = "User: arn:aws:iam::111122223333:user/lead is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111122223333:role/ because no identity-based policy allows the iam:ListRoles action";
    assert_eq!(
        said(&server.call(&lead, &list("/")).await),
        (403, "AccessDenied", denied)
    );
    let mark = |name: &str, value: &str| iam::TagRole {
        role_name: name.to_owned(),
        tags: vec![tag("Stage", value)],
    };
    assert_eq!(
        server.call(&lead, &mark("Deploy", "test")).await.code(),
        "OK"
    );
    assert_eq!(
        server.call(&lead, &mark("Deploy", "live")).await.code(),
        "AccessDenied"
    );
    assert_eq!(
        server.call(&lead, &mark("bare", "test")).await.code(),
        "AccessDenied"
    );
    let clear = |key: &str| iam::UntagRole {
        role_name: "Deploy".to_owned(),
        tag_keys: vec![key.to_owned()],
    };
    assert_eq!(server.call(&lead, &clear("Stage")).await.code(), "OK");
    assert_eq!(
        server.call(&lead, &clear("Team")).await.code(),
        "AccessDenied"
    );
    let call = iam::DeleteRole {
        role_name: "Deploy".to_owned(),
    };
    assert_eq!(server.call(&lead, &call).await.code(), "AccessDenied");
}
