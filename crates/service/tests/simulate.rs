//! The policy simulator and the condition keys of policies: answers, errors, and what is asked of the policies.

use keyward_testkit::{ACCOUNT, Answer, InProcess};
use keyward_wire::{Call, PolicyDocument, iam};

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

fn policy(statements: &str) -> PolicyDocument {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#).into()
}

fn allow(action: &str) -> PolicyDocument {
    policy(&format!(
        r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#
    ))
}

fn custom(policies: &[PolicyDocument], actions: &[&str]) -> iam::SimulateCustomPolicy {
    iam::SimulateCustomPolicy {
        policy_input_list: policies.to_vec(),
        action_names: texts(actions),
        ..iam::SimulateCustomPolicy::default()
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn principal(arn: &str, actions: &[&str]) -> iam::SimulatePrincipalPolicy {
    iam::SimulatePrincipalPolicy {
        policy_source_arn: arn.to_owned(),
        action_names: texts(actions),
        ..iam::SimulatePrincipalPolicy::default()
    }
}

/// Returns the answer without the envelope.
fn results(answer: &Answer) -> &str {
    answer.element("EvaluationResults").unwrap_or_default()
}

#[tokio::test]
async fn any_resource_is_answered_without_results_for_each() {
    let server = InProcess::start().await.unwrap();
    let answer = ok(&server, custom(&[allow("s3:Get*")], &["s3:GetObject"])).await;
    assert_eq!(
        results(&answer),
        "<member><EvalActionName>s3:GetObject</EvalActionName><EvalResourceName>*</EvalResourceName>\
         <EvalDecision>allowed</EvalDecision><MatchedStatements><member>\
         <SourcePolicyId>PolicyInputList.1</SourcePolicyId><SourcePolicyType>IAM Policy</SourcePolicyType>\
         <StartPosition><Line>1</Line><Column>38</Column></StartPosition>\
         <EndPosition><Line>1</Line><Column>90</Column></EndPosition></member></MatchedStatements>\
         <MissingContextValues/></member>"
    );
    assert_eq!(answer.element("IsTruncated"), Some("false"));
    let answer = ok(&server, custom(&[allow("s3:Get*")], &["s3:PutObject"])).await;
    assert_eq!(answer.element("EvalDecision"), Some("implicitDeny"));
    assert!(results(&answer).contains("<MatchedStatements/>"));
}

#[tokio::test]
async fn named_resources_are_answered_one_by_one() {
    let server = InProcess::start().await.unwrap();
    let text = policy(
        r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::good/*"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::bad/*"}"#,
    );
    let call = iam::SimulateCustomPolicy {
        resource_arns: Some(texts(&["arn:aws:s3:::good/x", "arn:aws:s3:::bad/x"])),
        ..custom(&[text], &["s3:GetObject"])
    };
    let answer = ok(&server, call).await;
    assert_eq!(answer.elements("EvalActionName").len(), 1);
    assert_eq!(
        answer.elements("EvalResourceName"),
        [
            "arn:${Partition}:s3:::${BucketName}/${ObjectName}",
            "arn:aws:s3:::good/x",
            "arn:aws:s3:::bad/x"
        ]
    );
    assert_eq!(answer.element("EvalDecision"), Some("explicitDeny"));
    assert_eq!(
        answer.elements("EvalResourceDecision"),
        ["allowed", "explicitDeny"]
    );
    assert!(
        results(&answer).contains("<EvalDecisionDetails/>"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_boundary_and_scps_are_told() {
    let server = InProcess::start().await.unwrap();
    let call = iam::SimulateCustomPolicy {
        permissions_boundary_policy_input_list: Some(vec![allow("s3:Get*")]),
        ordered_organization_policy_input_list: Some(vec![
            iam::OrderedOrganizationPolicyType {
                service_control_policy_input_list: Some(vec![allow("*")]),
            },
            iam::OrderedOrganizationPolicyType {
                service_control_policy_input_list: Some(vec![allow("s3:*")]),
            },
        ]),
        ..custom(
            &[allow("*")],
            &["s3:GetObject", "s3:PutObject", "ec2:RunInstances"],
        )
    };
    let answer = ok(&server, call).await;
    assert_eq!(
        answer.elements("EvalDecision"),
        ["allowed", "implicitDeny", "implicitDeny"]
    );
    assert_eq!(
        answer.elements("AllowedByPermissionsBoundary"),
        ["true", "false", "false"]
    );
    assert_eq!(
        answer.elements("AllowedByOrganizations"),
        ["true", "true", "false"]
    );
}

#[tokio::test]
async fn conditions_are_asked_with_the_values_that_were_given() {
    let server = InProcess::start().await.unwrap();
    let text = policy(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"},"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}}"#,
    );
    let entry = |key: &str, kind: iam::ContextKeyTypeEnum, values: &[&str]| iam::ContextEntry {
        context_key_name: Some(key.to_owned()),
        context_key_values: Some(texts(values)),
        context_key_type: Some(kind),
    };
    let call = |entries: Vec<iam::ContextEntry>| iam::SimulateCustomPolicy {
        resource_arns: Some(texts(&["arn:aws:s3:::b/alice/x"])),
        context_entries: Some(entries),
        ..custom(std::slice::from_ref(&text), &["s3:GetObject"])
    };
    let given = vec![
        entry(
            "AWS:sourceip",
            iam::ContextKeyTypeEnum::Ip,
            &["203.0.113.7"],
        ),
        entry("aws:username", iam::ContextKeyTypeEnum::String, &["alice"]),
        entry("aws:TagKeys", iam::ContextKeyTypeEnum::StringList, &["a"]),
    ];
    let answer = ok(&server, call(given.clone())).await;
    assert_eq!(
        answer.element("EvalDecision"),
        Some("allowed"),
        "{}",
        answer.body
    );
    assert!(results(&answer).contains("<MissingContextValues/>"));
    let answer = ok(&server, call(Vec::new())).await;
    assert_eq!(answer.element("EvalDecision"), Some("implicitDeny"));
    assert_eq!(
        answer.element("MissingContextValues"),
        Some(
            "<member>aws:username</member><member>aws:SourceIp</member><member>aws:TagKeys</member>"
        )
    );
    for (bad, message) in [
        (
            entry("aws:SourceIp", iam::ContextKeyTypeEnum::Ip, &["here"]),
            "Invalid Context Entry: aws:SourceIp: here is not a value of type ip.",
        ),
        (
            entry("aws:username", iam::ContextKeyTypeEnum::String, &["a", "b"]),
            "Invalid Context Entry: aws:username: the type string has one value.",
        ),
    ] {
        refused(&server, call(vec![bad]), 400, "InvalidInput", message).await;
    }
    let twice = call(vec![given[0].clone(), given[0].clone()]);
    let message = "Invalid Context Entry: AWS:sourceip: the key is given more than once.";
    refused(&server, twice, 400, "InvalidInput", message).await;
}

#[tokio::test]
async fn a_resource_policy_needs_a_user_and_may_be_of_another_account() {
    let server = InProcess::start().await.unwrap();
    let bucket = policy(
        r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#,
    );
    let call = |caller: Option<&str>, owner: Option<&str>| iam::SimulateCustomPolicy {
        resource_arns: Some(texts(&["arn:aws:s3:::b/x"])),
        resource_policy: Some(bucket.clone()),
        resource_owner: owner.map(str::to_owned),
        caller_arn: caller.map(str::to_owned),
        ..custom(&[allow("ec2:*")], &["s3:GetObject"])
    };
    let alice = Some("arn:aws:iam::111122223333:user/alice");
    let answer = ok(&server, call(alice, None)).await;
    assert_eq!(answer.element("EvalDecision"), Some("allowed"));
    assert_eq!(answer.element("SourcePolicyId"), Some("ResourcePolicy"));
    assert_eq!(answer.element("SourcePolicyType"), Some("Resource Policy"));
    let answer = ok(&server, call(alice, Some("arn:aws:iam::444455556666:root"))).await;
    assert_eq!(answer.element("EvalDecision"), Some("implicitDeny"));
    assert_eq!(
        answer.element("EvalDecisionDetails"),
        Some(
            "<entry><key>IAM Policy</key><value>implicitDeny</value></entry>\
             <entry><key>Resource Policy</key><value>allowed</value></entry>"
        )
    );
    let message = "Invalid caller - Caller must be an IAM user in this context.";
    for caller in [None, Some("arn:aws:iam::111122223333:role/r")] {
        refused(&server, call(caller, None), 400, "InvalidInput", message).await;
    }
    let session = Some("arn:aws:sts::111122223333:assumed-role/r/s");
    let message = "Invalid Entity Arn: arn:aws:sts::111122223333:assumed-role/r/s does not clearly define entity type and name.";
    refused(&server, call(session, None), 400, "InvalidInput", message).await;
    let message = "Invalid Resource Owner: nobody";
    refused(
        &server,
        call(alice, Some("nobody")),
        400,
        "InvalidInput",
        message,
    )
    .await;
}

#[tokio::test]
async fn bad_input_is_named() {
    let server = InProcess::start().await.unwrap();
    let one = || custom(&[allow("*")], &["s3:GetObject"]);
    let with_resources = |resources: &[&str]| iam::SimulateCustomPolicy {
        resource_arns: Some(texts(resources)),
        ..one()
    };
    let message = "ResourceNames are not in a valid ARN format: my-key.";
    refused(
        &server,
        with_resources(&["my-key"]),
        400,
        "InvalidInput",
        message,
    )
    .await;
    for action in ["GetObject", "s3:", ":Get", "a:b:c"] {
        let message = format!(
            "Invalid Input Actions: \"{action}\" must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        );
        let call = custom(&[allow("*")], &[action]);
        let message = message.replace('"', "&quot;");
        let answer = server.call(&server.root, &call).await;
        assert_eq!(answer.code(), "InvalidInput", "{}", answer.body);
        let said = answer.element("Message").unwrap().replace('"', "&quot;");
        assert_eq!(said, message);
    }
    let wild = server
        .call(&server.root, &custom(&[allow("*")], &["s3:*"]))
        .await;
    assert_eq!(wild.code(), "InvalidInput", "{}", wild.body);
    let broken = custom(&[allow("*"), "{".into()], &["s3:GetObject"]);
    let answer = server.call(&server.root, &broken).await;
    assert_eq!(answer.code(), "InvalidInput");
    let said = answer.element("Message").unwrap();
    assert!(
        said.starts_with("Invalid Simulation Policy: PolicyInputList.2: "),
        "{said}"
    );
    let two = iam::SimulateCustomPolicy {
        permissions_boundary_policy_input_list: Some(vec![allow("*"), allow("*")]),
        ..one()
    };
    let message = "PermissionsBoundaryPolicyInputList can contain only one policy.";
    refused(&server, two, 400, "InvalidInput", message).await;
    let handling = iam::SimulateCustomPolicy {
        resource_handling_option: Some("EC2-Nowhere".to_owned()),
        ..one()
    };
    let message = "Invalid Resource Handling Option: EC2-Nowhere";
    refused(&server, handling, 400, "InvalidInput", message).await;
}

#[tokio::test]
async fn actions_are_paged() {
    let server = InProcess::start().await.unwrap();
    let call = |marker: Option<String>| iam::SimulateCustomPolicy {
        max_items: Some(2),
        marker,
        ..custom(&[allow("*")], &["a:a", "b:b", "c:c"])
    };
    let first = ok(&server, call(None)).await;
    assert_eq!(first.elements("EvalActionName"), ["a:a", "b:b"]);
    assert_eq!(first.element("IsTruncated"), Some("true"));
    let last = ok(&server, call(first.element("Marker").map(str::to_owned))).await;
    assert_eq!(last.elements("EvalActionName"), ["c:c"]);
    assert_eq!(
        (last.element("IsTruncated"), last.element("Marker")),
        (Some("false"), None)
    );
}

/// Makes alice, who has a policy of her own and one from a group.
async fn alice(server: &InProcess) -> String {
    let user = iam::CreateUser {
        user_name: "alice".to_owned(),
        path: Some("/team/".to_owned()),
        ..iam::CreateUser::default()
    };
    ok(server, user).await;
    let group = iam::CreateGroup {
        path: None,
        group_name: "readers".to_owned(),
    };
    ok(server, group).await;
    let add = iam::AddUserToGroup {
        group_name: "readers".to_owned(),
        user_name: "alice".to_owned(),
    };
    ok(server, add).await;
    let own = iam::PutUserPolicy {
        user_name: "alice".to_owned(),
        policy_name: "own".to_owned(),
        policy_document: policy(
            r#"{"Effect":"Allow","Action":"s3:Put*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
        ),
    };
    ok(server, own).await;
    let shared = iam::PutGroupPolicy {
        group_name: "readers".to_owned(),
        policy_name: "read".to_owned(),
        policy_document: policy(
            r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/Team}"},{"Effect":"Allow","Action":"s3:List*","Resource":"*"}"#,
        ),
    };
    ok(server, shared).await;
    format!("arn:aws:iam::{ACCOUNT}:user/team/alice")
}

#[tokio::test]
async fn a_users_policies_and_its_groups_are_simulated() {
    let server = InProcess::start().await.unwrap();
    let arn = alice(&server).await;
    let answer = ok(&server, principal(&arn, &["s3:ListBucket", "s3:PutObject"])).await;
    assert_eq!(answer.elements("EvalDecision"), ["allowed", "implicitDeny"]);
    assert_eq!(answer.element("SourcePolicyId"), Some("group_readers_read"));
    assert_eq!(answer.element("SourcePolicyType"), Some("IAM Policy"));
    assert!(!answer.body.contains("AllowedByOrganizations"));
    assert_eq!(
        answer.element("MissingContextValues"),
        Some("<member>aws:SecureTransport</member><member>aws:PrincipalTag/Team</member>")
    );
    // A group has its own policies only.
    let group = format!("arn:aws:iam::{ACCOUNT}:group/readers");
    let answer = ok(&server, principal(&group, &["s3:ListBucket"])).await;
    assert_eq!(answer.element("EvalDecision"), Some("allowed"));
    // More policies and a boundary can be tried out.
    let tried = iam::SimulatePrincipalPolicy {
        policy_input_list: Some(vec![allow("ec2:*")]),
        permissions_boundary_policy_input_list: Some(vec![allow("ec2:*")]),
        ..principal(&arn, &["ec2:RunInstances", "s3:ListBucket"])
    };
    let answer = ok(&server, tried).await;
    assert_eq!(answer.elements("EvalDecision"), ["allowed", "implicitDeny"]);
    assert_eq!(
        answer.elements("AllowedByPermissionsBoundary"),
        ["true", "false"]
    );
}

#[tokio::test]
async fn attached_policies_can_be_left_out() {
    let server = InProcess::start().await.unwrap();
    let arn = alice(&server).await;
    let without = |identifier: iam::PolicyIdentifier| iam::SimulatePrincipalPolicy {
        policy_exclusion_list: Some(vec![identifier]),
        ..principal(&arn, &["s3:ListBucket"])
    };
    let inline = |name: &str, kind: iam::AttachmentType, owner: &str| iam::PolicyIdentifier {
        inline_policy_identifier: Some(iam::InlinePolicyIdentifierType {
            policy_name: name.to_owned(),
            attachment_type: kind,
            attachment_name: owner.to_owned(),
        }),
        ..iam::PolicyIdentifier::default()
    };
    for (identifier, decision) in [
        (
            inline("read", iam::AttachmentType::Group, "Readers"),
            "implicitDeny",
        ),
        (
            inline("read", iam::AttachmentType::User, "Readers"),
            "allowed",
        ),
        (
            inline("other", iam::AttachmentType::Group, "readers"),
            "allowed",
        ),
        (
            iam::PolicyIdentifier {
                policy_type: Some(iam::PolicyIdentifierPolicyType::Inline),
                ..iam::PolicyIdentifier::default()
            },
            "implicitDeny",
        ),
        (
            iam::PolicyIdentifier {
                policy_type: Some(iam::PolicyIdentifierPolicyType::Rcp),
                ..iam::PolicyIdentifier::default()
            },
            "allowed",
        ),
        (
            iam::PolicyIdentifier {
                policy_arn: Some("arn:aws:iam::aws:policy/*".to_owned()),
                ..iam::PolicyIdentifier::default()
            },
            "allowed",
        ),
    ] {
        let answer = ok(&server, without(identifier.clone())).await;
        assert_eq!(
            answer.element("EvalDecision"),
            Some(decision),
            "{identifier:?}"
        );
    }
    let bad = iam::PolicyIdentifier {
        policy_arn: Some("arn:aws:iam::*:policy/ReadOnly".to_owned()),
        ..iam::PolicyIdentifier::default()
    };
    let message = "Invalid Policy Identifier: arn:aws:iam::*:policy/ReadOnly";
    refused(&server, without(bad), 400, "InvalidInput", message).await;
}

#[tokio::test]
async fn the_source_must_be_an_entity_of_the_account() {
    let server = InProcess::start().await.unwrap();
    let arn = alice(&server).await;
    let ask = |arn: &str| principal(arn, &["s3:ListBucket"]);
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let message =
        format!("Invalid Entity Arn: {root} does not clearly define entity type and name.");
    refused(&server, ask(&root), 400, "InvalidInput", &message).await;
    let other = "arn:aws:iam::444455556666:user/alice";
    let message = format!(
        "Invalid Policy Source Arn: caller&apos;s account {ACCOUNT} does not have access to policies in account 444455556666"
    );
    let answer = server.call(&server.root, &ask(other)).await;
    assert_eq!(answer.code(), "InvalidInput", "{}", answer.body);
    let said = answer.element("Message").unwrap().replace('\'', "&apos;");
    assert_eq!(said, message);
    for (arn, message) in [
        (
            format!("arn:aws:iam::{ACCOUNT}:user/absent"),
            "The user with name absent cannot be found.",
        ),
        (
            format!("arn:aws:iam::{ACCOUNT}:group/absent"),
            "The group with name absent cannot be found.",
        ),
        (
            format!("arn:aws:iam::{ACCOUNT}:role/absent"),
            "The role with name absent cannot be found.",
        ),
        // The path is part of the ARN.
        (
            format!("arn:aws:iam::{ACCOUNT}:user/alice"),
            "The user with name alice cannot be found.",
        ),
    ] {
        refused(&server, ask(&arn), 404, "NoSuchEntity", message).await;
    }
    ok(&server, ask(&arn)).await;
}

#[tokio::test]
async fn context_keys_are_listed() {
    let server = InProcess::start().await.unwrap();
    let arn = alice(&server).await;
    let call = iam::GetContextKeysForCustomPolicy {
        policy_input_list: vec![policy(
            r#"{"Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}"#,
        )],
    };
    // SOURCE: the example of the AWS CLI.
    let answer = ok(&server, call).await;
    assert_eq!(
        answer.element("ContextKeyNames"),
        Some("<member>aws:username</member><member>aws:CurrentTime</member>")
    );
    let call = iam::GetContextKeysForPrincipalPolicy {
        policy_source_arn: arn,
        policy_input_list: Some(vec![policy(
            r#"{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"AWS:securetransport":"true"},"StringEquals":{"a:Key":"x"}}}"#,
        )]),
    };
    let answer = ok(&server, call).await;
    assert_eq!(
        answer.element("ContextKeyNames"),
        Some(
            "<member>aws:SecureTransport</member><member>aws:PrincipalTag/Team</member><member>a:Key</member>"
        )
    );
    let call = iam::GetContextKeysForCustomPolicy {
        policy_input_list: vec!["[]".into()],
    };
    let answer = server.call(&server.root, &call).await;
    assert_eq!(answer.code(), "InvalidInput");
}

#[tokio::test]
async fn the_policies_are_asked_about_the_source() {
    let server = InProcess::start().await.unwrap();
    let arn = alice(&server).await;
    let user = iam::CreateUser {
        user_name: "asker".to_owned(),
        ..iam::CreateUser::default()
    };
    ok(&server, user).await;
    let put = iam::PutUserPolicy {
        user_name: "asker".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: policy(
            r#"{"Effect":"Allow","Action":["iam:SimulatePrincipalPolicy","iam:GetContextKeysForPrincipalPolicy"],"Resource":"arn:aws:iam::*:user/team/*"}"#,
        ),
    };
    ok(&server, put).await;
    let asker = server.key_of("asker").await;
    let allowed = server
        .call(&asker, &principal(&arn, &["s3:ListBucket"]))
        .await;
    assert_eq!(allowed.code(), "OK", "{}", allowed.body);
    let group = format!("arn:aws:iam::{ACCOUNT}:group/readers");
    let denied = server
        .call(&asker, &principal(&group, &["s3:ListBucket"]))
        .await;
    assert_eq!(
        denied.element("Message"),
        Some(
            "User: arn:aws:iam::111122223333:user/asker is not authorized to perform: iam:SimulatePrincipalPolicy on \
             resource: arn:aws:iam::111122223333:group/readers because no identity-based policy allows the \
             iam:SimulatePrincipalPolicy action"
        )
    );
    let denied = server.call(&asker, &custom(&[allow("*")], &["a:b"])).await;
    assert!(
        denied
            .body
            .contains("iam:SimulateCustomPolicy on resource: * because"),
        "{}",
        denied.body
    );
}

#[tokio::test]
async fn managed_policies_and_the_boundary_are_simulated() {
    let server = InProcess::start().await.unwrap();
    let arn = alice(&server).await;
    let made = iam::CreatePolicy {
        policy_name: "Work".to_owned(),
        policy_document: allow("ec2:*"),
        ..iam::CreatePolicy::default()
    };
    let made = ok(&server, made).await;
    let own = made.element("Arn").unwrap().to_owned();
    for policy in [own.as_str(), "arn:aws:iam::aws:policy/IAMReadOnlyAccess"] {
        let attach = iam::AttachUserPolicy {
            user_name: "alice".to_owned(),
            policy_arn: policy.to_owned(),
        };
        ok(&server, attach).await;
    }
    let ask = || principal(&arn, &["ec2:RunInstances", "iam:GetUser"]);
    let answer = ok(&server, ask()).await;
    assert_eq!(answer.elements("EvalDecision"), ["allowed", "allowed"]);
    assert_eq!(
        answer.elements("SourcePolicyId"),
        ["Work", "IAMReadOnlyAccess"]
    );
    let boundary = iam::PutUserPermissionsBoundary {
        user_name: "alice".to_owned(),
        permissions_boundary: own.clone(),
    };
    ok(&server, boundary).await;
    let answer = ok(&server, ask()).await;
    assert_eq!(answer.elements("EvalDecision"), ["allowed", "implicitDeny"]);
    assert_eq!(
        answer.elements("AllowedByPermissionsBoundary"),
        ["true", "false"]
    );
    let without = |identifier: iam::PolicyIdentifier| iam::SimulatePrincipalPolicy {
        policy_exclusion_list: Some(vec![identifier]),
        ..ask()
    };
    let of_type = |kind: iam::PolicyIdentifierPolicyType| iam::PolicyIdentifier {
        policy_type: Some(kind),
        ..iam::PolicyIdentifier::default()
    };
    let of_arn = |arn: &str| iam::PolicyIdentifier {
        policy_arn: Some(arn.to_owned()),
        ..iam::PolicyIdentifier::default()
    };
    use iam::PolicyIdentifierPolicyType as Type;
    for (identifier, decisions) in [
        (of_type(Type::PermissionBoundary), ["allowed", "allowed"]),
        (of_type(Type::UserManaged), ["implicitDeny", "implicitDeny"]),
        (of_type(Type::AwsManaged), ["allowed", "implicitDeny"]),
        (
            of_arn("arn:aws:iam::111122223333:policy/W?r*"),
            ["implicitDeny", "implicitDeny"],
        ),
        (
            of_arn("arn:aws:iam::111122223333:policy/Other"),
            ["allowed", "implicitDeny"],
        ),
    ] {
        let answer = ok(&server, without(identifier.clone())).await;
        assert_eq!(answer.elements("EvalDecision"), decisions, "{identifier:?}");
    }
}

#[tokio::test]
async fn a_role_is_simulated_as_one_of_its_sessions() {
    let server = InProcess::start().await.unwrap();
    let role = iam::CreateRole {
        role_name: "worker".to_owned(),
        assume_role_policy_document: r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#.into(),
        ..iam::CreateRole::default()
    };
    ok(&server, role).await;
    let put = iam::PutRolePolicy {
        role_name: "worker".to_owned(),
        policy_name: "p".to_owned(),
        policy_document: allow("s3:*"),
    };
    ok(&server, put).await;
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/worker");
    let answer = ok(&server, principal(&arn, &["s3:GetObject"])).await;
    assert_eq!(answer.element("EvalDecision"), Some("allowed"));
    assert_eq!(answer.element("SourcePolicyId"), Some("role_worker_p"));
    let with_resource_policy = iam::SimulatePrincipalPolicy {
        resource_policy: Some(policy(
            r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#,
        )),
        ..principal(&arn, &["s3:GetObject"])
    };
    let message = "Invalid caller - Caller must be an IAM user in this context.";
    refused(&server, with_resource_policy, 400, "InvalidInput", message).await;
}
