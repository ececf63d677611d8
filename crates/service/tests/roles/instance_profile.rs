//! Instance profiles: create, get, list, delete, tags, the role inside, and who may.

use keyward_testkit::{Answer, InProcess};
use keyward_wire::iam;

use crate::{done, refused, role, said, tag, user};

fn described(name: &str) -> iam::CreateRole {
    iam::CreateRole {
        description: Some("not shown in a profile".to_owned()),
        ..role(name)
    }
}

fn profile(name: &str) -> iam::CreateInstanceProfile {
    iam::CreateInstanceProfile {
        instance_profile_name: name.to_owned(),
        ..iam::CreateInstanceProfile::default()
    }
}

fn get(name: &str) -> iam::GetInstanceProfile {
    iam::GetInstanceProfile {
        instance_profile_name: name.to_owned(),
    }
}

fn add(profile: &str, role: &str) -> iam::AddRoleToInstanceProfile {
    iam::AddRoleToInstanceProfile {
        instance_profile_name: profile.to_owned(),
        role_name: role.to_owned(),
    }
}

fn remove(profile: &str, role: &str) -> iam::RemoveRoleFromInstanceProfile {
    iam::RemoveRoleFromInstanceProfile {
        instance_profile_name: profile.to_owned(),
        role_name: role.to_owned(),
    }
}

fn names(answer: &Answer) -> Vec<&str> {
    let parts = answer.body.split("<InstanceProfileName>").skip(1);
    parts
        .map(|rest| rest.split('<').next().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn answers_show_what_aws_shows() {
    let server = InProcess::start().await.unwrap();
    done(&server, &described("Deploy")).await;
    let call = iam::CreateInstanceProfile {
        path: Some("/a/".to_owned()),
        tags: Some(vec![tag("Team", "x")]),
        ..profile("Web")
    };
    let created = done(&server, &call).await;
    for (name, value) in [
        ("Path", "/a/"),
        ("InstanceProfileName", "Web"),
        ("Arn", "arn:aws:iam::111122223333:instance-profile/a/Web"),
        ("CreateDate", "2026-01-02T03:04:05Z"),
        ("Value", "x"),
    ] {
        assert_eq!(created.element(name), Some(value), "{name}");
    }
    assert!(
        created
            .element("InstanceProfileId")
            .unwrap()
            .starts_with("AIPA")
    );
    assert!(created.body.contains("<Roles/>"), "{}", created.body);
    done(&server, &add("web", "deploy")).await;
    let got = done(&server, &get("web")).await;
    assert_eq!(
        (got.element("RoleName"), got.element("Value")),
        (Some("Deploy"), Some("x"))
    );
    assert!(
        got.body.contains("<AssumeRolePolicyDocument>"),
        "{}",
        got.body
    );
    for absent in ["Description", "MaxSessionDuration", "RoleLastUsed"] {
        assert!(!got.body.contains(absent), "{absent}");
    }
    let call = iam::ListInstanceProfilesForRole {
        role_name: "Deploy".to_owned(),
        ..iam::ListInstanceProfilesForRole::default()
    };
    for listed in [
        done(&server, &call).await,
        done(&server, &iam::ListInstanceProfiles::default()).await,
    ] {
        assert_eq!(
            (names(&listed), listed.element("RoleName")),
            (vec!["Web"], Some("Deploy"))
        );
        assert!(!listed.body.contains("<Tags"), "{}", listed.body);
    }
    // One without tags has an empty list of them where it is looked at, and none where it is made.
    let bare = done(&server, &profile("bare")).await;
    assert!(!bare.body.contains("<Tags"), "{}", bare.body);
    let got = done(&server, &get("bare")).await;
    assert!(got.body.contains("<Roles/><Tags/>"), "{}", got.body);
}

#[tokio::test]
async fn names_roles_and_deletions_are_checked() {
    let server = InProcess::start().await.unwrap();
    done(&server, &described("Deploy")).await;
    done(&server, &described("Other")).await;
    done(&server, &profile("web")).await;
    refused(
        &server,
        &profile("WEB"),
        409,
        "EntityAlreadyExists",
        "Instance Profile WEB already exists.",
    )
    .await;
    let missing = "Instance Profile absent cannot be found.";
    refused(&server, &get("absent"), 404, "NoSuchEntity", missing).await;
    refused(
        &server,
        &add("absent", "Deploy"),
        404,
        "NoSuchEntity",
        missing,
    )
    .await;
    refused(
        &server,
        &remove("absent", "Deploy"),
        404,
        "NoSuchEntity",
        missing,
    )
    .await;
    let delete = |name: &str| iam::DeleteInstanceProfile {
        instance_profile_name: name.to_owned(),
    };
    refused(&server, &delete("absent"), 404, "NoSuchEntity", missing).await;
    let absent = "The role with name absent cannot be found.";
    refused(&server, &add("web", "absent"), 404, "NoSuchEntity", absent).await;
    let call = iam::ListInstanceProfilesForRole {
        role_name: "absent".to_owned(),
        ..iam::ListInstanceProfilesForRole::default()
    };
    refused(&server, &call, 404, "NoSuchEntity", absent).await;
    done(&server, &add("web", "Deploy")).await;
    let full = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
    refused(&server, &add("web", "Deploy"), 409, "LimitExceeded", full).await;
    refused(&server, &add("web", "Other"), 409, "LimitExceeded", full).await;
    let conflict = "Cannot delete entity, must remove roles from instance profile first.";
    refused(&server, &delete("web"), 409, "DeleteConflict", conflict).await;
    refused(
        &server,
        &remove("web", "Other"),
        404,
        "NoSuchEntity",
        "The role with name Other cannot be found.",
    )
    .await;
    done(&server, &remove("web", "Deploy")).await;
    refused(
        &server,
        &remove("web", "Deploy"),
        404,
        "NoSuchEntity",
        "The role with name Deploy cannot be found.",
    )
    .await;
    done(&server, &delete("web")).await;
    refused(
        &server,
        &get("web"),
        404,
        "NoSuchEntity",
        "Instance Profile web cannot be found.",
    )
    .await;
    done(&server, &profile("web")).await;
}

#[tokio::test]
async fn lists_have_paths_and_pages() {
    let server = InProcess::start().await.unwrap();
    done(&server, &described("Deploy")).await;
    for (name, path) in [("b", "/x/"), ("A", "/"), ("c", "/x/y/")] {
        done(
            &server,
            &iam::CreateInstanceProfile {
                path: Some(path.to_owned()),
                ..profile(name)
            },
        )
        .await;
        done(&server, &add(name, "Deploy")).await;
    }
    assert_eq!(
        names(&done(&server, &iam::ListInstanceProfiles::default()).await),
        ["A", "b", "c"]
    );
    let below = iam::ListInstanceProfiles {
        path_prefix: Some("/x/".to_owned()),
        ..iam::ListInstanceProfiles::default()
    };
    assert_eq!(names(&done(&server, &below).await), ["b", "c"]);
    let first = done(
        &server,
        &iam::ListInstanceProfiles {
            max_items: Some(2),
            ..iam::ListInstanceProfiles::default()
        },
    )
    .await;
    assert_eq!(
        (names(&first), first.element("IsTruncated")),
        (vec!["A", "b"], Some("true"))
    );
    let marker = first.element("Marker").map(str::to_owned);
    let second = done(
        &server,
        &iam::ListInstanceProfiles {
            marker,
            ..iam::ListInstanceProfiles::default()
        },
    )
    .await;
    assert_eq!(
        (names(&second), second.element("IsTruncated")),
        (vec!["c"], Some("false"))
    );
    let of_role = iam::ListInstanceProfilesForRole {
        role_name: "deploy".to_owned(),
        max_items: Some(2),
        marker: None,
    };
    let first = done(&server, &of_role).await;
    assert_eq!(
        (names(&first), first.element("IsTruncated")),
        (vec!["A", "b"], Some("true"))
    );
    let marker = first.element("Marker").map(str::to_owned);
    let second = done(
        &server,
        &iam::ListInstanceProfilesForRole { marker, ..of_role },
    )
    .await;
    assert_eq!(
        (names(&second), second.element("IsTruncated")),
        (vec!["c"], Some("false"))
    );
}

#[tokio::test]
async fn tags() {
    let server = InProcess::start().await.unwrap();
    done(&server, &profile("web")).await;
    let name = || "web".to_owned();
    let list = iam::ListInstanceProfileTags {
        instance_profile_name: name(),
        ..iam::ListInstanceProfileTags::default()
    };
    let empty = done(&server, &list).await;
    assert!(empty.body.contains("<Tags/>"), "{}", empty.body);
    done(
        &server,
        &iam::TagInstanceProfile {
            instance_profile_name: name(),
            tags: vec![tag("b", "1"), tag("A", "2")],
        },
    )
    .await;
    let listed = done(&server, &list).await;
    assert_eq!(
        (listed.element("Key"), listed.element("IsTruncated")),
        (Some("A"), Some("false"))
    );
    done(
        &server,
        &iam::UntagInstanceProfile {
            instance_profile_name: name(),
            tag_keys: vec!["A".to_owned(), "B".to_owned()],
        },
    )
    .await;
    assert_eq!(done(&server, &list).await.element("Key"), Some("b"));
    let full: Vec<iam::Tag> = (0..50)
        .map(|number| tag(&format!("k{number}"), "v"))
        .collect();
    let call = iam::TagInstanceProfile {
        instance_profile_name: name(),
        tags: full,
    };
    refused(
        &server,
        &call,
        409,
        "LimitExceeded",
        "Cannot exceed quota for TagsPerInstanceProfile: 50",
    )
    .await;
    let call = iam::TagInstanceProfile {
        instance_profile_name: name(),
        tags: vec![tag("aws:x", "v")],
    };
    refused(
        &server,
        &call,
        400,
        "InvalidInput",
        "Tag keys beginning with aws: are reserved for system use.",
    )
    .await;
    let call = iam::UntagInstanceProfile {
        instance_profile_name: "absent".to_owned(),
        tag_keys: vec!["a".to_owned()],
    };
    refused(
        &server,
        &call,
        404,
        "NoSuchEntity",
        "Instance Profile absent cannot be found.",
    )
    .await;
}

#[tokio::test]
async fn a_role_is_put_in_only_by_who_may_pass_it() {
    let server = InProcess::start().await.unwrap();
    done(&server, &described("Deploy")).await;
    done(&server, &profile("web")).await;
    let add_only = r#"{"Effect":"Allow","Action":"iam:AddRoleToInstanceProfile","Resource":"*"}"#;
    let pass = |service: &str| {
        format!(
            r#"{add_only},{{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/Deploy","Condition":{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}}}"#
        )
    };
    let nobody = user(
        &server,
        "nobody",
        r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}"#,
    )
    .await;
    let denied = "User: arn:aws:iam::111122223333:user/nobody is not authorized to perform: iam:AddRoleToInstanceProfile on resource: instance profile web because no identity-based policy allows the iam:AddRoleToInstanceProfile action";
    assert_eq!(
        said(&server.call(&nobody, &add("web", "Deploy")).await),
        (403, "AccessDenied", denied)
    );
    let adder = user(&server, "adder", add_only).await;
    let denied = "User: arn:aws:iam::111122223333:user/adder is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/Deploy because no identity-based policy allows the iam:PassRole action";
    assert_eq!(
        said(&server.call(&adder, &add("web", "Deploy")).await),
        (403, "AccessDenied", denied)
    );
    let other = user(&server, "other", &pass("lambda.amazonaws.com")).await;
    assert_eq!(
        server.call(&other, &add("web", "Deploy")).await.code(),
        "AccessDenied"
    );
    let passer = user(&server, "passer", &pass("ec2.amazonaws.com")).await;
    assert_eq!(
        server.call(&passer, &add("web", "Deploy")).await.code(),
        "OK"
    );
}

#[tokio::test]
async fn tags_and_paths_decide() {
    let server = InProcess::start().await.unwrap();
    let statements = r#"
        {"Effect":"Allow","Action":["iam:CreateInstanceProfile","iam:TagInstanceProfile"],"Resource":"arn:aws:iam::111122223333:instance-profile/team/*","Condition":{"StringEquals":{"aws:RequestTag/Team":"x"}}},
        {"Effect":"Allow","Action":["iam:GetInstanceProfile","iam:DeleteInstanceProfile"],"Resource":"arn:aws:iam::111122223333:instance-profile/team/*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"x"}}}"#;
    let lead = user(&server, "lead", statements).await;
    let new = |path: &str, team: &str| iam::CreateInstanceProfile {
        path: Some(path.to_owned()),
        tags: Some(vec![tag("Team", team)]),
        ..profile("web")
    };
    let denied = "User: arn:aws:iam::111122223333:user/lead is not authorized to perform: iam:CreateInstanceProfile on resource: arn:aws:iam::111122223333:instance-profile/web because no identity-based policy allows the iam:CreateInstanceProfile action";
    assert_eq!(
        said(&server.call(&lead, &new("/", "x")).await),
        (403, "AccessDenied", denied)
    );
    assert_eq!(
        server.call(&lead, &new("/team/", "y")).await.code(),
        "AccessDenied"
    );
    assert_eq!(server.call(&lead, &new("/team/", "x")).await.code(), "OK");
    assert_eq!(server.call(&lead, &get("web")).await.code(), "OK");
    done(
        &server,
        &iam::TagInstanceProfile {
            instance_profile_name: "web".to_owned(),
            tags: vec![tag("Team", "y")],
        },
    )
    .await;
    assert_eq!(server.call(&lead, &get("web")).await.code(), "AccessDenied");
    let delete = iam::DeleteInstanceProfile {
        instance_profile_name: "web".to_owned(),
    };
    assert_eq!(server.call(&lead, &delete).await.code(), "AccessDenied");
    done(&server, &delete).await;
    // What is gone is asked about by its name alone.
    assert_eq!(server.call(&lead, &get("web")).await.code(), "AccessDenied");
    let denied = "User: arn:aws:iam::111122223333:user/lead is not authorized to perform: iam:ListInstanceProfiles on resource: arn:aws:iam::111122223333:instance-profile/ because no identity-based policy allows the iam:ListInstanceProfiles action";
    assert_eq!(
        said(
            &server
                .call(&lead, &iam::ListInstanceProfiles::default())
                .await
        ),
        (403, "AccessDenied", denied)
    );
}
