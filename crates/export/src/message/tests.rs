use proptest::prelude::*;

use super::*;

const BOB: &str = "arn:aws:iam::111122223333:user/bob";

/// One line a message: what was found in it.
fn show(text: &str) -> String {
    match parse(text) {
        Err(error) => format!("refused: {error}"),
        Ok(message) => {
            let mut shown = format!(
                "{} | {} | {:?}",
                message.code.as_deref().unwrap_or("-"),
                message.operation.as_deref().unwrap_or("-"),
                message.status
            );
            match message.refusal {
                None => shown.push_str(&format!(" | {}", message.text)),
                Some(it) => shown.push_str(&format!(
                    " | {} | {} | {:?} | {:?} {:?}{}{}{}{}",
                    it.principal.as_deref().unwrap_or("-"),
                    it.action,
                    it.resource,
                    it.deny,
                    it.layer,
                    it.policy_arn
                        .map(|it| format!(" | policy {it}"))
                        .unwrap_or_default(),
                    it.authorization_id
                        .map(|it| format!(" | id {it}"))
                        .unwrap_or_default(),
                    it.encoded
                        .map(|it| format!(" | encoded {it}"))
                        .unwrap_or_default(),
                    it.public_access_block
                        .map(|it| format!(" | block {it}"))
                        .unwrap_or_default(),
                )),
            }
            shown
        }
    }
}

/// The forms of AWS's own words.
fn forms() -> Vec<String> {
    let user = format!("User: {BOB} is not authorized to perform:");
    let mut forms = vec![
        format!(
            "{user} codecommit:ListRepositories because no identity-based policy allows the codecommit:ListRepositories action"
        ),
        format!(
            "{user} iam:GetUser on resource: user bob because no permissions boundary allows the iam:GetUser action"
        ),
        format!("{user} iam:GetInstanceProfile on resource: instance profile P"),
        format!(
            "{user} iam:GetPolicy on resource: policy arn:aws:iam::111122223333:policy/X because no session policy allows the iam:GetPolicy action"
        ),
        format!(
            "{user} s3:GetObject on resource: \"arn:aws:s3:::b/a key with spaces\" because no resource-based policy allows the s3:GetObject action"
        ),
        format!("{user} sts:AssumeRole on resource: arn:aws:iam::444455556666:role/R"),
        format!(
            "{user} ec2:DescribeInstances on resource: * with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-x/service_control_policy/p-y"
        ),
        format!(
            "{user} s3:PutObject on resource: \"arn:aws:s3:::b/k\" with an explicit deny in a resource control policy, with policy ARN: arn:aws:organizations::999999999999:policy/o-x/resource_control_policy/p-y"
        ),
        format!(
            "{user} sqs:sendmessage on resource: arn:aws:sqs:us-east-1:111122223333:q with an explicit deny in a sessions policy"
        ),
        format!(
            "{user} s3:GetObject on resource: \"arn:aws:s3:::b/k\" because no VPC endpoint policy allows the s3:GetObject action transitively through a service control policy"
        ),
        format!(
            "{user} sts:TagSession on resource: arn:aws:iam::111122223333:role/R with an explicit deny in the role trust policy"
        ),
        format!(
            "{user} iam:DeleteVirtualMFADevice on resource: arn:aws:iam::111122223333:mfa/bob with an explicit deny"
        ),
        format!(
            "{user} kms:Encrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
        ),
        format!(
            "{user} s3:PutBucketAcl on resource: \"arn:aws:s3:::b\" because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access"
        ),
        format!(
            "{user} iam:GetRole on resource: role R because no identity-based policy allows the iam:GetRole action. Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/abc123 for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: abc123"
        ),
        format!(
            "You are not authorized to perform this operation. {user} ec2:RunInstances on resource: arn:aws:ec2:us-east-1:111122223333:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: uDpZ-4sN_x"
        ),
    ];
    forms.push("Not authorized to perform sts:AssumeRoleWithWebIdentity".to_owned());
    forms
}

#[test]
fn every_form_as_it_is() {
    let shown: Vec<String> = forms()
        .iter()
        .map(|form| show(&format!("AccessDenied: {form}")))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// Each wrapping says what the bare form says.
#[test]
fn every_wrapping_of_every_form() {
    for form in forms() {
        let plain = parse(&format!("AccessDenied: {form}")).unwrap();
        let json = serde_json::to_string(&form).unwrap();
        let xml = form.replace('&', "&amp;").replace('"', "&quot;");
        let wrapped = [
            format!("An error occurred (AccessDenied) when calling the GetX operation: {form}"),
            format!(
                "\naws: [ERROR]: An error occurred (AccessDenied) when calling the GetX operation (reached max retries: 4): {form}\n"
            ),
            format!(
                "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetX operation: {form}"
            ),
            format!(
                "software.amazon.awssdk.services.s3.model.S3Exception: {form} (Service: S3, Status Code: 403, Request ID: 7XAMPLE, Extended Request ID: abc=) (SDK Attempt Count: 1)"
            ),
            format!(
                "com.amazonaws.services.identitymanagement.model.AmazonIdentityManagementException: {form} (Service: AmazonIdentityManagement; Status Code: 403; Error Code: AccessDenied; Request ID: 7XAMPLE; Proxy: null)"
            ),
            format!(
                "╷\n│ Error: creating IAM Role (x): operation error IAM: CreateRole, https response error StatusCode: 403, RequestID: 7XAMPLE, api error AccessDenied: {form}\n│ \n│   with aws_iam_role.x,\n│   on main.tf line 1, in resource \"aws_iam_role\" \"x\":\n╵"
            ),
            // A terminal of 78 columns.
            boxed(&format!(
                "Error: creating IAM Role (x): operation error IAM: CreateRole, https response error StatusCode: 403, RequestID: 7XAMPLE, api error AccessDenied: {form}"
            )),
            format!(
                "Traceback (most recent call last):\n  File \"x.py\", line 3, in <module>\n    client.get_x(Name='y')\n  File \"/usr/lib/python3/botocore/client.py\", line 569, in _api_call\n    return self._make_api_call(operation_name, kwargs)\nbotocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetX operation: {form}"
            ),
            format!(
                "Exception in thread \"main\" com.amazonaws.services.s3.model.AmazonS3Exception: {form} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 7XAMPLE; S3 Extended Request ID: abc=; Proxy: null), S3 Extended Request ID: abc=\n\tat com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1879)\n\tat Main.main(Main.java:5)"
            ),
            format!(
                "Exception in thread \"main\" software.amazon.awssdk.services.iam.model.IamException: {form} (Service: Iam, Status Code: 403, Request ID: 7XAMPLE)\n\tat software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)\n\tat Main.main(Main.java:5)"
            ),
            format!(
                "Error: error creating bucket: AccessDenied: {form}\n\tstatus code: 403, request id: 7XAMPLE, host id: abc="
            ),
            format!(
                "HTTP/1.1 403 Forbidden\nContent-Type: text/xml\n\n<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n    <Message>{xml}</Message>\n  </Error>\n  <RequestId>7XAMPLE</RequestId>\n</ErrorResponse>"
            ),
            format!(
                "<Response><Errors><Error><Code>AccessDenied</Code><Message>{xml}</Message></Error></Errors><RequestID>7XAMPLE</RequestID></Response>"
            ),
            format!(
                "{{\"__type\":\"com.amazonaws.dynamodb.v20120810#AccessDenied\",\"Message\":{json}}}"
            ),
            format!(
                "HTTP/2 403\nx-amzn-ErrorType: AccessDenied:http://internal/\nx-amzn-RequestId: 7XAMPLE\n\n{{\"message\":{json}}}"
            ),
            format!(
                "{{\"Error\":{{\"Code\":\"AccessDenied\",\"Message\":{json},\"Type\":\"Sender\"}},\"RequestId\":\"7XAMPLE\"}}"
            ),
        ];
        for text in wrapped {
            let found = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(found.refusal, plain.refusal, "{text}");
            assert_eq!(found.code.as_deref(), Some("AccessDenied"), "{text}");
        }
    }
}

/// Writes a text as Terraform does: broken between words, in a box that is open to the right.
fn boxed(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().unwrap();
        if !last.is_empty() && last.len() + word.len() > 75 {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    let lines: String = lines.iter().map(|line| format!("│ {line}\n")).collect();
    format!(
        "╷\n{lines}│ \n│   with aws_iam_role.x,\n│   on main.tf line 1, in resource \"aws_iam_role\" \"x\":\n╵"
    )
}

#[test]
fn other_refusals() {
    let texts = [
        "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired",
        "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided. Check your key and signing method.</Message><AWSAccessKeyId>AKIA</AWSAccessKeyId><RequestId>1</RequestId></Error>",
        "{\"__type\":\"UnrecognizedClientException\",\"message\":\"The security token included in the request is invalid.\"}",
        "InvalidClientTokenId: The security token included in the request is invalid",
        "",
        "Zugriff verweigert: Sie sind nicht berechtigt",
        "permission denied (publickey)",
        "{\"a\":1}",
        "User: bob is not authorized to perform: dancing",
    ];
    let shown: Vec<String> = texts.iter().map(|text| show(text)).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

proptest! {
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn damaged_messages_are_answered(cut in 0_usize..400, insert in "[ :\"()<>{}.é]{0,3}") {
        let form = forms().concat();
        let at = form.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(0);
        let (before, behind) = form.split_at(at);
        let _ = parse(&format!("{before}{insert}{behind}"));
    }
}
