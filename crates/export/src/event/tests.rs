use super::*;

const RECORD: &str = r#"{
  "eventVersion": "1.10", "eventID": "e-1", "eventTime": "2026-01-02T03:04:05Z",
  "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "awsRegion": "eu-west-1",
  "sourceIPAddress": "203.0.113.7", "userAgent": "[aws-cli/2.30]",
  "errorCode": "AccessDenied", "errorMessage": "Access Denied",
  "userIdentity": {
    "type": "AssumedRole", "principalId": "AROAQ:build", "arn": "arn:aws:sts::111122223333:assumed-role/Deploy/build",
    "accountId": "111122223333", "accessKeyId": "ASIAQ",
    "sessionContext": {
      "sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/ci/Deploy"},
      "attributes": {"mfaAuthenticated": "false", "creationDate": "2026-01-02T03:00:00Z"}
    }
  },
  "requestParameters": {"bucketName": "reports", "key": "q1.csv", "x": {"nested": true}, "n": 1},
  "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::reports/q1.csv"}]
}"#;

#[test]
fn shapes() {
    let looked_up = format!(
        r#"{{"Events":[{{"EventId":"e-1","CloudTrailEvent":{}}}]}}"#,
        serde_json::to_string(RECORD).unwrap()
    );
    for text in [
        RECORD.to_owned(),
        format!(r#"{{"Records":[{RECORD}]}}"#),
        looked_up,
        format!("\u{feff}{RECORD}\n"),
    ] {
        let events = events("e.json", &text).unwrap();
        let [event] = events.as_slice() else {
            panic!("one event in {text}")
        };
        assert_eq!(event.action().as_deref(), Some("s3:GetObject"));
        assert_eq!(
            event.resource().as_deref(),
            Some("arn:aws:s3:::reports/q1.csv")
        );
        assert_eq!(event.identity.mfa, Some(false));
        assert_eq!(
            event.identity.issuer_arn.as_deref(),
            Some("arn:aws:iam::111122223333:role/ci/Deploy")
        );
        assert_eq!(event.parameters.len(), 2);
    }
}

#[test]
fn resources() {
    for (source, name, parameters, expected) in [
        (
            "s3",
            "ListObjects",
            r#"{"bucketName":"b","prefix":"x"}"#,
            Some("arn:aws:s3:::b"),
        ),
        ("s3", "ListBuckets", "null", Some("*")),
        (
            "iam",
            "CreateUser",
            r#"{"userName":"bob"}"#,
            Some("arn:aws:iam::111122223333:user/bob"),
        ),
        (
            "iam",
            "AttachRolePolicy",
            r#"{"roleName":"R","policyArn":"arn:aws:iam::aws:policy/X"}"#,
            Some("arn:aws:iam::aws:policy/X"),
        ),
        (
            "sts",
            "AssumeRole",
            r#"{"roleArn":"arn:aws:iam::444455556666:role/R"}"#,
            Some("arn:aws:iam::444455556666:role/R"),
        ),
        ("ec2", "DescribeInstances", "{}", None),
    ] {
        let text = format!(
            r#"{{"eventSource":"{source}.amazonaws.com","eventName":"{name}","userIdentity":{{"type":"IAMUser","accountId":"111122223333"}},"requestParameters":{parameters}}}"#
        );
        let event = events("e", &text).unwrap().remove(0);
        assert_eq!(event.resource().as_deref(), expected, "{name}");
    }
}

#[test]
fn other_texts() {
    for (text, expected) in [
        ("", "holds no CloudTrail record"),
        ("{}", "holds no CloudTrail record"),
        ("{\"Records\": [", "is cut off at line 1"),
        ("hello", "is no CloudTrail record"),
    ] {
        let error = events("e.json", text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
