//! Service-linked roles and role templates.

use keyward_testkit::InProcess;
use keyward_wire::iam;

use crate::{TRUST, document, done, get_role, refused, said};

fn create(service: &str, suffix: Option<&str>) -> iam::CreateServiceLinkedRole {
    iam::CreateServiceLinkedRole {
        aws_service_name: service.to_owned(),
        description: None,
        custom_suffix: suffix.map(str::to_owned),
    }
}

fn delete(name: &str) -> iam::DeleteServiceLinkedRole {
    iam::DeleteServiceLinkedRole {
        role_name: name.to_owned(),
    }
}

fn status(task: &str) -> iam::GetServiceLinkedRoleDeletionStatus {
    iam::GetServiceLinkedRoleDeletionStatus {
        deletion_task_id: task.to_owned(),
    }
}

#[tokio::test]
async fn a_service_has_its_role_made() {
    let server = InProcess::start().await.unwrap();
    let call = iam::CreateServiceLinkedRole {
        description: Some("for ECS".to_owned()),
        ..create("ecs.amazonaws.com", None)
    };
    let created = done(&server, &call).await;
    for (name, value) in [
        ("Path", "/aws-service-role/ecs.amazonaws.com/"),
        ("RoleName", "AWSServiceRoleForECS"),
        (
            "Arn",
            "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        ),
        ("Description", "for ECS"),
    ] {
        assert_eq!(created.element(name), Some(value), "{name}");
    }
    assert!(document(&created).contains(r#""Action":["sts:AssumeRole"]"#));
    let got = done(&server, &get_role("AWSServiceRoleForECS")).await;
    assert!(document(&got).contains(r#""Principal":{"Service":"ecs.amazonaws.com"}"#));
    assert_eq!(got.element("MaxSessionDuration"), Some("3600"));
    let call = iam::ListAttachedRolePolicies {
        role_name: "AWSServiceRoleForECS".to_owned(),
        ..iam::ListAttachedRolePolicies::default()
    };
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy";
    assert_eq!(
        done(&server, &call).await.element("PolicyArn"),
        Some(policy)
    );
    let taken = "Service role name AWSServiceRoleForECS has been taken in this account, please try a different suffix.";
    refused(
        &server,
        &create("ecs.amazonaws.com", None),
        400,
        "InvalidInput",
        taken,
    )
    .await;
    refused(
        &server,
        &create("ecs.amazonaws.com", Some("x")),
        400,
        "InvalidInput",
        "Custom suffix is not allowed for ecs.amazonaws.com",
    )
    .await;
    done(&server, &create("autoscaling.amazonaws.com", None)).await;
    let suffixed = done(&server, &create("autoscaling.amazonaws.com", Some("blue"))).await;
    assert_eq!(
        suffixed.element("RoleName"),
        Some("AWSServiceRoleForAutoScaling_blue")
    );
    let taken = "Service role name AWSServiceRoleForAutoScaling_blue has been taken in this account, please try a different suffix.";
    refused(
        &server,
        &create("autoscaling.amazonaws.com", Some("blue")),
        400,
        "InvalidInput",
        taken,
    )
    .await;
    let long = "s".repeat(64);
    assert_eq!(
        server
            .call(
                &server.root,
                &create("autoscaling.amazonaws.com", Some(&long))
            )
            .await
            .code(),
        "InvalidInput"
    );
    let unknown = "Service absent.amazonaws.com does not support service-linked roles.";
    refused(
        &server,
        &create("absent.amazonaws.com", None),
        400,
        "InvalidInput",
        unknown,
    )
    .await;
}

#[tokio::test]
async fn only_the_description_and_tags_can_be_changed() {
    let server = InProcess::start().await.unwrap();
    done(&server, &create("ecs.amazonaws.com", None)).await;
    let name = || "AWSServiceRoleForECS".to_owned();
    let protected = "Cannot perform the operation on the protected role 'AWSServiceRoleForECS' - this role is only modifiable by AWS";
    refused(
        &server,
        &iam::DeleteRole { role_name: name() },
        400,
        "UnmodifiableEntity",
        protected,
    )
    .await;
    let profile = || "web".to_owned();
    let call = iam::CreateInstanceProfile {
        instance_profile_name: profile(),
        ..iam::CreateInstanceProfile::default()
    };
    done(&server, &call).await;
    let call = iam::AddRoleToInstanceProfile {
        instance_profile_name: profile(),
        role_name: name(),
    };
    refused(&server, &call, 400, "UnmodifiableEntity", protected).await;
    let call = iam::UpdateAssumeRolePolicy {
        role_name: name(),
        policy_document: TRUST.into(),
    };
    refused(&server, &call, 400, "UnmodifiableEntity", protected).await;
    let call = iam::UpdateRole {
        role_name: name(),
        description: None,
        max_session_duration: Some(7200),
    };
    refused(&server, &call, 400, "UnmodifiableEntity", protected).await;
    let call = iam::UpdateRole {
        role_name: name(),
        description: Some("one".to_owned()),
        max_session_duration: None,
    };
    done(&server, &call).await;
    let call = iam::UpdateRoleDescription {
        role_name: name(),
        description: "two".to_owned(),
    };
    assert_eq!(
        done(&server, &call).await.element("Description"),
        Some("two")
    );
    let tags = vec![iam::Tag {
        key: "k".to_owned(),
        value: "v".to_owned(),
    }];
    done(
        &server,
        &iam::TagRole {
            role_name: name(),
            tags,
        },
    )
    .await;
    assert_eq!(
        done(&server, &get_role("awsserviceroleforecs"))
            .await
            .element("Value"),
        Some("v")
    );
}

#[tokio::test]
async fn deletions_are_tasks() {
    let server = InProcess::start().await.unwrap();
    done(&server, &create("ecs.amazonaws.com", None)).await;
    let answer = done(&server, &delete("AWSServiceRoleForECS")).await;
    let task = answer.element("DeletionTaskId").unwrap().to_owned();
    let prefix = "task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/";
    assert_eq!(task.strip_prefix(prefix).map(str::len), Some(36), "{task}");
    let answer = done(&server, &status(&task)).await;
    assert_eq!(
        (answer.element("Status"), answer.element("Reason")),
        (Some("SUCCEEDED"), None)
    );
    let missing = "The role with name AWSServiceRoleForECS cannot be found.";
    refused(
        &server,
        &get_role("AWSServiceRoleForECS"),
        404,
        "NoSuchEntity",
        missing,
    )
    .await;
    refused(
        &server,
        &delete("AWSServiceRoleForECS"),
        404,
        "NoSuchEntity",
        missing,
    )
    .await;
    let other = format!("{prefix}00000000-0000-4000-8000-000000000000");
    refused(
        &server,
        &status(&other),
        404,
        "NoSuchEntity",
        &format!("The deletion task with id {other} cannot be found."),
    )
    .await;
    assert_eq!(
        server.call(&server.root, &status("nonsense")).await.code(),
        "InvalidInput"
    );
    done(&server, &create("ecs.amazonaws.com", None)).await;
    let again = done(&server, &delete("AWSServiceRoleForECS")).await;
    // An earlier task stays known.
    for task in [again.element("DeletionTaskId").unwrap(), &task] {
        let answer = done(&server, &status(task)).await;
        assert_eq!(answer.element("Status"), Some("SUCCEEDED"), "{task}");
    }
    // A role of one's own is deleted by DeleteRole.
    let call = iam::CreateRole {
        role_name: "own".to_owned(),
        assume_role_policy_document: TRUST.into(),
        ..iam::CreateRole::default()
    };
    done(&server, &call).await;
    refused(
        &server,
        &delete("own"),
        404,
        "NoSuchEntity",
        "The role with name own cannot be found.",
    )
    .await;
    done(&server, &get_role("own")).await;
    // Another account's tasks are not there.
    let (_, root) = server.account("other@example.test").await.unwrap();
    assert_eq!(
        server.call(&root, &status(&task)).await.code(),
        "NoSuchEntity"
    );
}

#[tokio::test]
async fn the_service_is_a_condition() {
    let server = InProcess::start().await.unwrap();
    let call = iam::CreateUser {
        user_name: "lead".to_owned(),
        ..iam::CreateUser::default()
    };
    done(&server, &call).await;
    let call = iam::PutUserPolicy {
        user_name: "lead".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"iam:CreateServiceLinkedRole","Resource":"arn:aws:iam::*:role/aws-service-role/*","Condition":{"StringLike":{"iam:AWSServiceName":"ecs.amazonaws.com"}}},
            {"Effect":"Allow","Action":["iam:DeleteServiceLinkedRole","iam:GetServiceLinkedRoleDeletionStatus"],"Resource":"arn:aws:iam::*:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS*"}
        ]}"#.into(),
    };
    done(&server, &call).await;
    let lead = server.key_of("lead").await;
    let denied = "User: arn:aws:iam::111122223333:user/lead is not authorized to perform: iam:CreateServiceLinkedRole on resource: arn:aws:iam::111122223333:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch because no identity-based policy allows the iam:CreateServiceLinkedRole action";
    assert_eq!(
        said(
            &server
                .call(&lead, &create("batch.amazonaws.com", None))
                .await
        ),
        (403, "AccessDenied", denied)
    );
    assert_eq!(
        server
            .call(&lead, &create("absent.amazonaws.com", None))
            .await
            .code(),
        "AccessDenied"
    );
    assert_eq!(
        server
            .call(&lead, &create("ecs.amazonaws.com", None))
            .await
            .code(),
        "OK"
    );
    let answer = server.call(&lead, &delete("AWSServiceRoleForECS")).await;
    let task = answer.element("DeletionTaskId").unwrap();
    assert_eq!(server.call(&lead, &status(task)).await.code(), "OK");
    assert_eq!(
        server.call(&lead, &status("nonsense")).await.code(),
        "AccessDenied"
    );
}

#[tokio::test]
async fn no_role_template_is_known() {
    let server = InProcess::start().await.unwrap();
    let get = |arn: &str| iam::GetRoleTemplateVersion {
        template_arn: arn.to_owned(),
        minor_version: None,
    };
    let acquire = |arn: &str| iam::AcquireRole {
        template_arn: arn.to_owned(),
        ..iam::AcquireRole::default()
    };
    let known_form = "arn:aws:iam::aws:role-template/ecs.amazonaws.com/Task:1";
    let unknown = format!("Role template {known_form} cannot be found.");
    refused(&server, &get(known_form), 404, "NoSuchEntity", &unknown).await;
    refused(&server, &acquire(known_form), 404, "NoSuchEntity", &unknown).await;
    for (arn, code) in [
        ("a".repeat(20), "ValidationError"),
        (
            "arn:aws:iam::111122223333:role/Deploy".to_owned(),
            "InvalidInput",
        ),
        (
            "arn:aws:iam::111122223333:role-template/ecs.amazonaws.com/Task:1".to_owned(),
            "InvalidInput",
        ),
        (
            "arn:aws:iam::aws:role-template/ecs.amazonaws.com/Task".to_owned(),
            "InvalidInput",
        ),
        (
            "arn:aws:iam::aws:role-template/ecs.amazonaws.com/Task:x".to_owned(),
            "InvalidInput",
        ),
        (
            "arn:aws:iam::aws:role-template/Task:1".to_owned(),
            "InvalidInput",
        ),
    ] {
        assert_eq!(
            server.call(&server.root, &get(&arn)).await.code(),
            code,
            "{arn}"
        );
        assert_eq!(
            server.call(&server.root, &acquire(&arn)).await.code(),
            code,
            "{arn}"
        );
    }
}
