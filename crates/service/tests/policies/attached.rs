//! Policies attached to entities, and what they decide.

use keyward_testkit::{ACCOUNT, InProcess};
use keyward_wire::iam;

use crate::support::*;

#[tokio::test]
async fn policies_are_attached_once_and_detached() {
    let server = InProcess::start().await.unwrap();
    user(&server, "Ann").await;
    let work = policy(&server, "Work", &statement("Allow", "s3:*")).await;
    for _ in 0..2 {
        done(&server, &attach("ann", &work)).await;
        done(&server, &attach("Ann", READ_ONLY)).await;
    }
    done(&server, &attach("Ann", BILLING)).await;
    assert_eq!(used(&server, &work).await, counts(1, 0));
    assert_eq!(used(&server, READ_ONLY).await, counts(1, 0));
    let list = |path_prefix: Option<&str>, max_items, marker: Option<&str>| {
        iam::ListAttachedUserPolicies {
            user_name: "Ann".to_owned(),
            path_prefix: path_prefix.map(str::to_owned),
            max_items,
            marker: marker.map(str::to_owned),
        }
    };
    let all = done(&server, &list(None, None, None)).await;
    assert_eq!(
        elements(&all, "PolicyName"),
        ["Billing", "ReadOnlyAccess", "Work"]
    );
    assert_eq!(
        elements(&all, "PolicyArn"),
        [BILLING, READ_ONLY, work.as_str()]
    );
    assert_eq!(all.element("IsTruncated"), Some("false"));
    let below = done(&server, &list(Some("/job-function/"), None, None)).await;
    assert_eq!(elements(&below, "PolicyName"), ["Billing"]);
    let first = done(&server, &list(None, Some(2), None)).await;
    done(&server, &detach("Ann", READ_ONLY)).await;
    let second = done(&server, &list(None, Some(2), first.element("Marker"))).await;
    assert_eq!(elements(&second, "PolicyName"), ["Work"]);
    let message = format!("Policy {READ_ONLY} was not found.");
    refused(&server, &detach("Ann", READ_ONLY), "NoSuchEntity", &message).await;
    assert_eq!(used(&server, READ_ONLY).await, counts(0, 0));
    let wrong = list(None, None, Some("nonsense"));
    refused(&server, &wrong, "ValidationError", "Invalid Marker.").await;
}

#[tokio::test]
async fn what_is_not_there_is_not_attached() {
    let server = InProcess::start().await.unwrap();
    user(&server, "ann").await;
    let work = policy(&server, "Work", &statement("Allow", "s3:*")).await;
    let nobody = "The user with name bob cannot be found.";
    refused(&server, &attach("bob", &work), "NoSuchEntity", nobody).await;
    refused(&server, &detach("bob", &work), "NoSuchEntity", nobody).await;
    refused(&server, &put_boundary("bob", &work), "NoSuchEntity", nobody).await;
    refused(&server, &delete_boundary("bob"), "NoSuchEntity", nobody).await;
    let other_case = arn("work");
    let elsewhere = "arn:aws:iam::444455556666:policy/Work".to_owned();
    let of_aws = "arn:aws:iam::aws:policy/NoSuchPolicyOfAws".to_owned();
    for absent in [other_case, elsewhere, of_aws] {
        let message = format!("Policy {absent} does not exist or is not attachable.");
        refused(&server, &attach("ann", &absent), "NoSuchEntity", &message).await;
        let message = format!("Scope ARN: {absent} does not exist or is not attachable.");
        refused(
            &server,
            &put_boundary("ann", &absent),
            "NoSuchEntity",
            &message,
        )
        .await;
    }
    let message = "Value (not-the-arn-of-a-policy) for parameter PermissionsBoundary is invalid.";
    let call = put_boundary("ann", "not-the-arn-of-a-policy");
    refused(&server, &call, "InvalidParameterValue", message).await;
    let of_service = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy";
    let message = "Cannot attach a Service Role Policy to a Customer Role.";
    refused(
        &server,
        &attach("ann", of_service),
        "PolicyNotAttachable",
        message,
    )
    .await;
}

#[tokio::test]
async fn ten_policies_at_most() {
    let server = InProcess::start().await.unwrap();
    user(&server, "ann").await;
    for number in 0..11 {
        let made = policy(&server, &format!("p{number}"), &statement("Allow", "s3:*")).await;
        if number < 10 {
            done(&server, &attach("ann", &made)).await;
        }
    }
    let message = "Cannot exceed quota for PoliciesPerUser: 10";
    refused(
        &server,
        &attach("ann", &arn("p10")),
        "LimitExceeded",
        message,
    )
    .await;
    done(&server, &detach("ann", &arn("p3"))).await;
    done(&server, &attach("ann", &arn("p10"))).await;
}

#[tokio::test]
async fn a_policy_in_use_is_not_deleted() {
    let server = InProcess::start().await.unwrap();
    user(&server, "ann").await;
    let work = policy(&server, "Work", &statement("Allow", "s3:*")).await;
    let message = "Cannot delete a policy attached to entities.";
    done(&server, &attach("ann", &work)).await;
    refused(&server, &delete(&work), "DeleteConflict", message).await;
    done(&server, &put_boundary("ann", &work)).await;
    done(&server, &detach("ann", &work)).await;
    refused(&server, &delete(&work), "DeleteConflict", message).await;
    done(&server, &delete_boundary("ann")).await;
    done(&server, &delete(&work)).await;
    // A policy made again under the name begins unused.
    assert_eq!(
        policy(&server, "Work", &statement("Allow", "s3:*")).await,
        work
    );
    assert_eq!(used(&server, &work).await, counts(0, 0));
    // A user goes with its boundary, and not with policies attached.
    done(&server, &put_boundary("ann", &work)).await;
    done(&server, &attach("ann", &work)).await;
    let call = iam::DeleteUser {
        user_name: "ann".to_owned(),
    };
    let message = "Cannot delete entity, must detach all policies first.";
    refused(&server, &call, "DeleteConflict", message).await;
    done(&server, &detach("ann", &work)).await;
    done(&server, &call).await;
    assert_eq!(used(&server, &work).await, counts(0, 0));
    done(&server, &delete(&work)).await;
}

#[tokio::test]
async fn what_is_attached_decides_the_next_request() {
    let server = InProcess::start().await.unwrap();
    user(&server, "ann").await;
    let ann = server.key_of("ann").await;
    let work = policy(&server, "Work", &statement("Allow", "iam:GetUser")).await;
    let get = get_user("ann");
    let code = async |call: &iam::GetUser| server.call(&ann, call).await.code().to_owned();
    assert_eq!(code(&get).await, "AccessDenied");
    done(&server, &attach("ann", &work)).await;
    assert_eq!(code(&get).await, "OK");
    // Another version, in force at once, and back.
    let next = iam::CreatePolicyVersion {
        policy_arn: work.clone(),
        policy_document: statement("Deny", "iam:GetUser").as_str().into(),
        set_as_default: None,
    };
    done(&server, &next).await;
    assert_eq!(code(&get).await, "OK");
    let set = |id: &str| iam::SetDefaultPolicyVersion {
        policy_arn: work.clone(),
        version_id: id.to_owned(),
    };
    done(&server, &set("v2")).await;
    let denied = server.call(&ann, &get).await;
    let message = format!(
        "User: arn:aws:iam::{ACCOUNT}:user/ann is not authorized to perform: iam:GetUser on resource: user ann with an \
         explicit deny in an identity-based policy: {work}"
    );
    assert_eq!(denied.element("Message"), Some(message.as_str()));
    done(&server, &set("v1")).await;
    assert_eq!(code(&get).await, "OK");
    let next = iam::CreatePolicyVersion {
        set_as_default: Some(true),
        ..next
    };
    done(&server, &next).await;
    assert_eq!(code(&get).await, "AccessDenied");
    done(&server, &detach("ann", &work)).await;
    done(&server, &attach("ann", READ_ONLY)).await;
    assert_eq!(code(&get).await, "OK");
    assert_eq!(
        server.call(&ann, &attach("ann", BILLING)).await.code(),
        "AccessDenied"
    );
    done(&server, &detach("ann", READ_ONLY)).await;
    assert_eq!(code(&get).await, "AccessDenied");
}
