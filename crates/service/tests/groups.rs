//! Groups and who is in them: what each operation answers, refuses and asks of the policies.

use keyward_sigv4::Credentials;
use keyward_testkit::{Answer, InProcess};
use keyward_wire::{Call, iam};

async fn ok<C: Call>(server: &InProcess, call: C) -> Answer {
    let answer = server.call(&server.root, &call).await;
    assert_eq!(answer.code(), "OK", "{}", answer.body);
    answer
}

/// Checks the code, the status and the text of a refusal.
async fn refused<C: Call>(server: &InProcess, call: C, status: u16, code: &str, message: &str) {
    let answer = server.call(&server.root, &call).await;
    assert_eq!(
        (answer.status, answer.code(), answer.element("Message")),
        (status, code, Some(message)),
        "{}",
        answer.body
    );
}

fn create(name: &str, path: Option<&str>) -> iam::CreateGroup {
    iam::CreateGroup {
        path: path.map(str::to_owned),
        group_name: name.to_owned(),
    }
}

fn user(name: &str) -> iam::CreateUser {
    iam::CreateUser {
        user_name: name.to_owned(),
        ..iam::CreateUser::default()
    }
}

fn add(group: &str, user: &str) -> iam::AddUserToGroup {
    iam::AddUserToGroup {
        group_name: group.to_owned(),
        user_name: user.to_owned(),
    }
}

fn remove(group: &str, user: &str) -> iam::RemoveUserFromGroup {
    iam::RemoveUserFromGroup {
        group_name: group.to_owned(),
        user_name: user.to_owned(),
    }
}

fn get(name: &str) -> iam::GetGroup {
    iam::GetGroup {
        group_name: name.to_owned(),
        ..iam::GetGroup::default()
    }
}

fn delete(name: &str) -> iam::DeleteGroup {
    iam::DeleteGroup {
        group_name: name.to_owned(),
    }
}

fn rename(name: &str, new_name: Option<&str>, new_path: Option<&str>) -> iam::UpdateGroup {
    iam::UpdateGroup {
        group_name: name.to_owned(),
        new_path: new_path.map(str::to_owned),
        new_group_name: new_name.map(str::to_owned),
    }
}

fn groups_of(user: &str) -> iam::ListGroupsForUser {
    iam::ListGroupsForUser {
        user_name: user.to_owned(),
        ..iam::ListGroupsForUser::default()
    }
}

#[tokio::test]
async fn a_group_is_made_and_shown() {
    let server = InProcess::start().await.unwrap();
    let made = ok(&server, create("Admins", Some("/eu/"))).await;
    assert_eq!(made.element("Path"), Some("/eu/"));
    assert_eq!(made.element("GroupName"), Some("Admins"));
    assert_eq!(
        made.element("Arn"),
        Some("arn:aws:iam::111122223333:group/eu/Admins")
    );
    assert_eq!(made.element("CreateDate"), Some("2026-01-02T03:04:05Z"));
    let id = made.element("GroupId").unwrap();
    assert!(id.starts_with("AGPA") && id.len() == 21, "{id}");
    let shown = ok(&server, get("admins")).await;
    assert_eq!(shown.element("GroupName"), Some("Admins"));
    assert_eq!(shown.element("GroupId"), Some(id));
    assert_eq!(shown.element("IsTruncated"), Some("false"));
    assert!(shown.body.contains("<Users/>") || shown.body.contains("<Users></Users>"));
    let made = ok(&server, create("plain", None)).await;
    assert_eq!(made.element("Path"), Some("/"));
    let text = "Group with name ADMINS already exists.";
    refused(
        &server,
        create("ADMINS", None),
        409,
        "EntityAlreadyExists",
        text,
    )
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let server = InProcess::start().await.unwrap();
    ok(&server, create("g", None)).await;
    ok(&server, user("alice")).await;
    let no_group = "The group with name absent cannot be found.";
    let no_user = "The user with name absent cannot be found.";
    refused(&server, get("absent"), 404, "NoSuchEntity", no_group).await;
    refused(&server, delete("absent"), 404, "NoSuchEntity", no_group).await;
    refused(
        &server,
        rename("absent", Some("x"), None),
        404,
        "NoSuchEntity",
        no_group,
    )
    .await;
    refused(
        &server,
        add("absent", "alice"),
        404,
        "NoSuchEntity",
        no_group,
    )
    .await;
    refused(&server, add("g", "absent"), 404, "NoSuchEntity", no_user).await;
    refused(
        &server,
        remove("absent", "alice"),
        404,
        "NoSuchEntity",
        no_group,
    )
    .await;
    refused(&server, remove("g", "absent"), 404, "NoSuchEntity", no_user).await;
    refused(&server, groups_of("absent"), 404, "NoSuchEntity", no_user).await;
    let long = "u".repeat(100);
    let text = format!("The user with name {long} cannot be found.");
    refused(&server, groups_of(&long), 404, "NoSuchEntity", &text).await;
}

#[tokio::test]
async fn members_come_and_go() {
    let server = InProcess::start().await.unwrap();
    ok(&server, create("g", None)).await;
    for name in ["carol", "Alice", "bob"] {
        ok(&server, user(name)).await;
        ok(&server, add("g", name)).await;
        // Once more changes nothing.
        ok(&server, add("G", name)).await;
    }
    let shown = ok(&server, get("g")).await;
    assert_eq!(shown.elements("UserName"), ["Alice", "bob", "carol"]);
    let conflict = "Cannot delete entity, must remove users from group first.";
    refused(&server, delete("g"), 409, "DeleteConflict", conflict).await;
    let delete_user = iam::DeleteUser {
        user_name: "bob".to_owned(),
    };
    refused(&server, delete_user, 409, "DeleteConflict", conflict).await;
    for name in ["carol", "alice", "bob"] {
        ok(&server, remove("g", name)).await;
        let answer = server.call(&server.root, &remove("g", name)).await;
        assert_eq!((answer.status, answer.code()), (404, "NoSuchEntity"));
    }
    assert!(ok(&server, get("g")).await.elements("UserName").is_empty());
    ok(&server, delete("g")).await;
    let text = "The group with name g cannot be found.";
    refused(&server, get("g"), 404, "NoSuchEntity", text).await;
    assert!(
        ok(&server, groups_of("alice"))
            .await
            .elements("GroupName")
            .is_empty()
    );
}

#[tokio::test]
async fn members_are_paged_and_markers_outlive_changes() {
    let server = InProcess::start().await.unwrap();
    ok(&server, create("g", None)).await;
    for name in ["a", "b", "c", "d", "e"] {
        ok(&server, user(name)).await;
        ok(&server, add("g", name)).await;
    }
    let page = |marker: Option<String>| iam::GetGroup {
        max_items: Some(2),
        marker,
        ..get("g")
    };
    let first = ok(&server, page(None)).await;
    assert_eq!(first.elements("UserName"), ["a", "b"]);
    assert_eq!(first.element("IsTruncated"), Some("true"));
    let marker = first.element("Marker").unwrap().to_owned();
    // The member that the marker speaks of goes, and one before and one after it come.
    ok(&server, remove("g", "b")).await;
    ok(&server, user("aa")).await;
    ok(&server, add("g", "aa")).await;
    let second = ok(&server, page(Some(marker))).await;
    assert_eq!(second.elements("UserName"), ["c", "d"]);
    let marker = second.element("Marker").unwrap().to_owned();
    let last = ok(&server, page(Some(marker))).await;
    assert_eq!(last.elements("UserName"), ["e"]);
    assert_eq!(last.element("IsTruncated"), Some("false"));
    assert_eq!(last.element("Marker"), None);
    let bad = page(Some("nonsense".to_owned()));
    refused(&server, bad, 400, "ValidationError", "Invalid Marker.").await;
}

#[tokio::test]
async fn ten_groups_for_a_user() {
    let server = InProcess::start().await.unwrap();
    ok(&server, user("alice")).await;
    for number in (0..11).rev() {
        ok(&server, create(&format!("g{number:02}"), None)).await;
    }
    for number in (0..10).rev() {
        ok(&server, add(&format!("g{number:02}"), "alice")).await;
    }
    let text = "Cannot exceed quota for GroupsPerUser: 10";
    refused(&server, add("g10", "alice"), 409, "LimitExceeded", text).await;
    let first = iam::ListGroupsForUser {
        max_items: Some(4),
        ..groups_of("ALICE")
    };
    let answer = ok(&server, first).await;
    assert_eq!(answer.elements("GroupName"), ["g00", "g01", "g02", "g03"]);
    let next = iam::ListGroupsForUser {
        marker: answer.element("Marker").map(str::to_owned),
        ..groups_of("alice")
    };
    let answer = ok(&server, next).await;
    assert_eq!(answer.elements("GroupName").len(), 6);
    assert_eq!(answer.element("IsTruncated"), Some("false"));
}

#[tokio::test]
async fn groups_are_listed_below_a_path() {
    let server = InProcess::start().await.unwrap();
    for (name, path) in [("b", "/x/"), ("A", "/x/y/"), ("c", "/")] {
        ok(&server, create(name, Some(path))).await;
    }
    let list = |prefix: Option<&str>| iam::ListGroups {
        path_prefix: prefix.map(str::to_owned),
        ..iam::ListGroups::default()
    };
    assert_eq!(
        ok(&server, list(None)).await.elements("GroupName"),
        ["A", "b", "c"]
    );
    let below = ok(&server, list(Some("/x/"))).await;
    assert_eq!(below.elements("GroupName"), ["A", "b"]);
    let below = ok(&server, list(Some("/x/y"))).await;
    assert_eq!(below.elements("GroupName"), ["A"]);
    let paged = iam::ListGroups {
        max_items: Some(1),
        ..list(Some("/x/"))
    };
    let answer = ok(&server, paged).await;
    assert_eq!(answer.elements("GroupName"), ["A"]);
    assert_eq!(answer.element("IsTruncated"), Some("true"));
}

#[tokio::test]
async fn a_renamed_group_keeps_its_members_and_policies() {
    let server = InProcess::start().await.unwrap();
    let id = ok(&server, create("old", None)).await;
    let id = id.element("GroupId").unwrap().to_owned();
    ok(&server, create("taken", None)).await;
    ok(&server, user("alice")).await;
    ok(&server, add("old", "alice")).await;
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:GetGroup","Resource":"*"}}"#;
    let put = iam::PutGroupPolicy {
        group_name: "old".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: policy.into(),
    };
    ok(&server, put).await;
    let alice = server.key_of("alice").await;
    assert_eq!(server.call(&alice, &get("old")).await.code(), "OK");

    let text = "Group with name TAKEN already exists.";
    refused(
        &server,
        rename("old", Some("TAKEN"), None),
        409,
        "EntityAlreadyExists",
        text,
    )
    .await;
    ok(&server, rename("old", None, None)).await;
    ok(&server, rename("old", Some("New"), Some("/p/"))).await;
    let text = "The group with name old cannot be found.";
    refused(&server, get("old"), 404, "NoSuchEntity", text).await;
    let shown = server.call(&alice, &get("new")).await;
    assert_eq!(shown.element("GroupId"), Some(id.as_str()));
    assert_eq!(
        shown.element("Arn"),
        Some("arn:aws:iam::111122223333:group/p/New")
    );
    assert_eq!(shown.elements("UserName"), ["alice"]);
    let groups = ok(&server, groups_of("alice")).await;
    assert_eq!(groups.elements("GroupName"), ["New"]);
    // Only the case changes.
    ok(&server, rename("New", Some("NEW"), None)).await;
    assert_eq!(
        ok(&server, groups_of("alice")).await.elements("GroupName"),
        ["NEW"]
    );
    // A renamed user stays a member.
    let renamed = iam::UpdateUser {
        user_name: "alice".to_owned(),
        new_user_name: Some("zoe".to_owned()),
        ..iam::UpdateUser::default()
    };
    ok(&server, renamed).await;
    assert_eq!(ok(&server, get("NEW")).await.elements("UserName"), ["zoe"]);
    let conflict = "Cannot delete entity, must delete policies first.";
    refused(&server, delete("new"), 409, "DeleteConflict", conflict).await;
}

#[tokio::test]
async fn the_quota_of_groups_is_kept() {
    let server = InProcess::start().await.unwrap();
    for number in 0..300 {
        ok(&server, create(&format!("g{number}"), None)).await;
    }
    let text = "Cannot exceed quota for GroupsPerAccount: 300";
    refused(&server, create("more", None), 409, "LimitExceeded", text).await;
    ok(&server, delete("g7")).await;
    ok(&server, create("more", None)).await;
}

/// Makes a user that may do what a policy says.
async fn allowed(server: &InProcess, name: &str, statements: &str) -> Credentials {
    ok(server, user(name)).await;
    let put = iam::PutUserPolicy {
        user_name: name.to_owned(),
        policy_name: "p".to_owned(),
        policy_document: format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#).into(),
    };
    ok(server, put).await;
    server.key_of(name).await
}

#[tokio::test]
async fn the_policies_are_asked_about_the_group() {
    let server = InProcess::start().await.unwrap();
    ok(&server, create("g", Some("/p/"))).await;
    ok(&server, create("other", None)).await;
    let statement =
        r#"{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::111122223333:group/p/*"}"#;
    let limited = allowed(&server, "limited", statement).await;
    let code = |answer: Answer| answer.code().to_owned();
    assert_eq!(code(server.call(&limited, &get("g")).await), "OK");
    assert_eq!(
        code(server.call(&limited, &add("g", "limited")).await),
        "OK"
    );
    assert_eq!(
        code(server.call(&limited, &remove("g", "limited")).await),
        "OK"
    );
    assert_eq!(
        code(server.call(&limited, &create("q", Some("/p/"))).await),
        "OK"
    );
    assert_eq!(code(server.call(&limited, &delete("q")).await), "OK");
    let denied = server.call(&limited, &get("other")).await;
    assert_eq!(
        denied.element("Message"),
        Some(
            "User: arn:aws:iam::111122223333:user/limited is not authorized to perform: iam:GetGroup on resource: \
             group other because no identity-based policy allows the iam:GetGroup action"
        )
    );
    let denied = server.call(&limited, &create("q", None)).await;
    assert_eq!(denied.code(), "AccessDenied");
    assert!(
        denied
            .body
            .contains("on resource: arn:aws:iam::111122223333:group/q because")
    );
    assert_eq!(
        code(server.call(&limited, &groups_of("limited")).await),
        "AccessDenied"
    );
    // Both the old and the new place must be allowed.
    let leaves = rename("g", None, Some("/elsewhere/"));
    assert_eq!(code(server.call(&limited, &leaves).await), "AccessDenied");
    let enters = rename("other", None, Some("/p/"));
    assert_eq!(code(server.call(&limited, &enters).await), "AccessDenied");
    let stays = rename("g", Some("h"), None);
    assert_eq!(code(server.call(&limited, &stays).await), "OK");
}

#[tokio::test]
async fn a_group_that_is_deleted_while_someone_joins_is_never_left_with_a_member() {
    let server = std::sync::Arc::new(InProcess::start().await.unwrap());
    ok(&server, user("alice")).await;
    for round in 0..20 {
        let name = format!("g{round}");
        ok(&server, create(&name, None)).await;
        let (joining, deleting) = (add(&name, "alice"), delete(&name));
        let (joined, deleted) = tokio::join!(
            server.call(&server.root, &joining),
            server.call(&server.root, &deleting)
        );
        match (joined.code(), deleted.code()) {
            ("OK", "DeleteConflict") => {
                ok(&server, remove(&name, "alice")).await;
                ok(&server, delete(&name)).await;
            }
            ("NoSuchEntity", "OK") => {}
            both => panic!("{both:?}"),
        }
    }
}

#[tokio::test]
async fn attached_policies_follow_a_renamed_group() {
    let server = InProcess::start().await.unwrap();
    ok(&server, create("old", None)).await;
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let attach = iam::AttachGroupPolicy {
        group_name: "old".to_owned(),
        policy_arn: arn.to_owned(),
    };
    ok(&server, attach).await;
    ok(&server, rename("old", Some("new"), Some("/p/"))).await;
    let entities = iam::ListEntitiesForPolicy {
        policy_arn: arn.to_owned(),
        ..iam::ListEntitiesForPolicy::default()
    };
    let answer = ok(&server, entities.clone()).await;
    assert_eq!(answer.elements("GroupName"), ["new"]);
    let below = iam::ListEntitiesForPolicy {
        path_prefix: Some("/p/".to_owned()),
        ..entities
    };
    assert_eq!(ok(&server, below).await.elements("GroupName"), ["new"]);
    let conflict = "Cannot delete entity, must detach all policies first.";
    refused(&server, delete("new"), 409, "DeleteConflict", conflict).await;
    let detach = iam::DetachGroupPolicy {
        group_name: "new".to_owned(),
        policy_arn: arn.to_owned(),
    };
    ok(&server, detach).await;
    ok(&server, delete("new")).await;
}
