use keyward_testkit::InProcess;
use keyward_wire::iam;

use crate::{ok, refused, user_with};

const ID: &str = "dr-0123456789abcdef";

fn create() -> iam::CreateDelegationRequest {
    iam::CreateDelegationRequest {
        owner_account_id: None,
        description: "d".to_owned(),
        permissions: iam::DelegationPermission {
            policy_template_arn: Some("arn:aws:iam:::delegation-template/x".to_owned()),
            parameters: None,
        },
        request_message: None,
        requestor_workflow_id: "workflow".to_owned(),
        redirect_url: None,
        notification_channel: "arn:aws:sns:us-east-1:111122223333:topic".to_owned(),
        session_duration: 3600,
        only_send_by_owner: None,
    }
}

#[tokio::test]
async fn an_account_that_is_no_partner_makes_none() {
    let server = InProcess::start().await.unwrap();
    assert_eq!(
        refused(&server, &server.root, &create()).await,
        "403 AccessDenied: Account 111122223333 is not onboarded to create delegation requests."
    );
    let nobody = user_with(
        &server,
        "nobody",
        r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
    )
    .await;
    let denied = refused(&server, &nobody, &create()).await;
    assert!(denied.contains("with an explicit deny"), "{denied}");
}

#[tokio::test]
async fn no_request_is_known() {
    let server = InProcess::start().await.unwrap();
    let root = &server.root;
    let delegation_request_id = ID.to_owned();
    let gone = format!("404 NoSuchEntity: The delegation request with id {ID} cannot be found.");
    let accept = iam::AcceptDelegationRequest {
        delegation_request_id: delegation_request_id.clone(),
    };
    assert_eq!(refused(&server, root, &accept).await, gone);
    let associate = iam::AssociateDelegationRequest {
        delegation_request_id: delegation_request_id.clone(),
    };
    assert_eq!(refused(&server, root, &associate).await, gone);
    let get = iam::GetDelegationRequest {
        delegation_request_id: delegation_request_id.clone(),
        delegation_permission_check: Some(true),
    };
    assert_eq!(refused(&server, root, &get).await, gone);
    let reject = iam::RejectDelegationRequest {
        delegation_request_id: delegation_request_id.clone(),
        notes: None,
    };
    assert_eq!(refused(&server, root, &reject).await, gone);
    let send = iam::SendDelegationToken {
        delegation_request_id: delegation_request_id.clone(),
    };
    assert_eq!(refused(&server, root, &send).await, gone);
    let update = iam::UpdateDelegationRequest {
        delegation_request_id,
        notes: None,
    };
    assert_eq!(refused(&server, root, &update).await, gone);
    let summary = |arn: &str| iam::GetHumanReadableSummary {
        entity_arn: arn.to_owned(),
        locale: None,
    };
    let arn = format!("arn:aws:iam::111122223333:delegation-request/{ID}");
    assert_eq!(refused(&server, root, &summary(&arn)).await, gone);
    assert_eq!(
        refused(
            &server,
            root,
            &summary("arn:aws:iam::111122223333:user/alice")
        )
        .await,
        "400 InvalidInput: The only supported entity type is delegation-request."
    );
}

#[tokio::test]
async fn the_list_is_empty() {
    let server = InProcess::start().await.unwrap();
    let list = |marker: Option<&str>| iam::ListDelegationRequests {
        owner_id: Some("arn:aws:iam::111122223333:root".to_owned()),
        marker: marker.map(str::to_owned),
        max_items: None,
    };
    let listed = ok(&server, &server.root, &list(None)).await;
    assert_eq!(listed.element("isTruncated"), Some("false"));
    assert!(!listed.body.contains("<member>"));
    let marker = refused(&server, &server.root, &list(Some("x"))).await;
    assert_eq!(marker, "400 ValidationError: Invalid Marker.");
}
