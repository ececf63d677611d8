//! Documents such as teams write.

/// A trust policy that names a service.
pub(super) fn trust_service(service: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

/// A trust policy that names a role.
pub(super) fn trust_role(account: &str, role: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{account}:role/{role}"}},"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{{"StringEquals":{{"aws:PrincipalTag/env":"prod"}}}}}}]}}"#
    )
}

/// What a team's service needs to be deployed.
pub(super) fn deploy(account: &str, team: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Stacks","Effect":"Allow","Action":["cloudformation:CreateStack","cloudformation:UpdateStack","cloudformation:DescribeStacks"],"Resource":"arn:aws:cloudformation:*:{account}:stack/{team}-*"}},{{"Sid":"Tables","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],"Resource":["arn:aws:dynamodb:*:{account}:table/{team}-*","arn:aws:dynamodb:*:{account}:table/{team}-*/index/*"]}},{{"Sid":"Keys","Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{{"StringEquals":{{"kms:ViaService":"dynamodb.eu-central-1.amazonaws.com"}}}}}}]}}"#
    )
}

/// Reading a team's bucket; one role in seven reads the shared reports too.
pub(super) fn read_bucket(team: &str, role: usize) -> String {
    let shared = if role.is_multiple_of(7) {
        r#","arn:aws:s3:::shared-reports/*""#
    } else {
        ""
    };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":["arn:aws:s3:::{team}-data/*"{shared}]}},{{"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::{team}-data","Condition":{{"StringLike":{{"s3:prefix":"{team}/*"}}}}}}]}}"#
    )
}

/// The managed policy that all of a team have.
pub(super) fn team_policy(account: &str, team: &str) -> String {
    let name = format!("{team}-team");
    let arn = format!("arn:aws:iam::{account}:policy/teams/{name}");
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Logs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:{account}:log-group:/{team}/*"}},{{"Sid":"Queues","Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:*:{account}:{team}-*"}},{{"Sid":"Buckets","Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::{team}-*","arn:aws:s3:::{team}-*/*"]}},{{"Sid":"NoDelete","Effect":"Deny","Action":["s3:DeleteBucket","sqs:DeleteQueue"],"Resource":"*"}}]}}"#
    );
    format!(
        r#"{{"PolicyName":"{name}","Arn":"{arn}","Path":"/teams/","DefaultVersionId":"v2","AttachmentCount":400,"IsAttachable":true,"PolicyVersionList":[{{"Document":{document},"VersionId":"v2","IsDefaultVersion":true}},{{"Document":{{"Version":"2012-10-17","Statement":[]}},"VersionId":"v1","IsDefaultVersion":false}}]}}"#
    )
}
