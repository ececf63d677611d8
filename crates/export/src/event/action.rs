//! From a call to the action and resource that policies speak of.

use keyward_arn::Arn;

use super::Event;

/// Services whose actions begin with another word than their endpoint.
const PREFIXES: [(&str, &str); 6] = [
    ("amazonmq", "mq"),
    ("email", "ses"),
    ("monitoring", "cloudwatch"),
    ("tagging", "tag"),
    ("transitgateway", "ec2"),
    ("vpc-lattice-svcs", "vpc-lattice"),
];

/// Calls of S3 whose action has another name.
// SOURCE: Service Authorization Reference, Amazon S3.
const S3: [(&str, &str); 31] = [
    ("AbortMultipartUpload", "AbortMultipartUpload"),
    ("CompleteMultipartUpload", "PutObject"),
    ("CopyObject", "PutObject"),
    ("CreateMultipartUpload", "PutObject"),
    ("DeleteBucketCors", "PutBucketCORS"),
    ("DeleteBucketEncryption", "PutEncryptionConfiguration"),
    ("DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    ("DeleteBucketReplication", "PutReplicationConfiguration"),
    ("DeleteBucketTagging", "PutBucketTagging"),
    ("DeleteObjects", "DeleteObject"),
    ("DeletePublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("GetBucketCors", "GetBucketCORS"),
    ("GetBucketEncryption", "GetEncryptionConfiguration"),
    ("GetBucketLifecycle", "GetLifecycleConfiguration"),
    ("GetBucketReplication", "GetReplicationConfiguration"),
    ("GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("HeadBucket", "ListBucket"),
    ("HeadObject", "GetObject"),
    ("ListBuckets", "ListAllMyBuckets"),
    ("ListMultipartUploads", "ListBucketMultipartUploads"),
    ("ListObjectVersions", "ListBucketVersions"),
    ("ListObjects", "ListBucket"),
    ("ListObjectsV2", "ListBucket"),
    ("ListParts", "ListMultipartUploadParts"),
    ("PutBucketCors", "PutBucketCORS"),
    ("PutBucketEncryption", "PutEncryptionConfiguration"),
    ("PutBucketLifecycle", "PutLifecycleConfiguration"),
    ("PutBucketReplication", "PutReplicationConfiguration"),
    ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("UploadPart", "PutObject"),
    ("UploadPartCopy", "PutObject"),
];

/// Returns the action that a call asks for; `source` is as CloudTrail has it, such as `s3.amazonaws.com`.
///
/// # Examples
/// ```
/// use keyward_export::action_of;
///
/// assert_eq!(action_of("s3.amazonaws.com", "HeadObject").as_deref(), Some("s3:GetObject"));
/// ```
#[must_use]
pub fn action(source: &str, name: &str) -> Option<String> {
    let service = source.strip_suffix(".amazonaws.com")?;
    if service == "signin" || name.is_empty() {
        return None;
    }
    let prefix = PREFIXES
        .into_iter()
        .find(|(endpoint, _)| *endpoint == service)
        .map_or(service, |(_, prefix)| prefix);
    let name = without_version(name);
    let name = if prefix == "s3" {
        S3.into_iter()
            .find(|(call, _)| *call == name)
            .map_or(name, |(_, action)| action)
    } else if (prefix, name) == ("lambda", "Invoke") {
        "InvokeFunction"
    } else {
        name
    };
    Some(format!("{prefix}:{name}"))
}

/// Takes off the version of the API that Lambda and CloudFront put behind a name: `20150331`, `20150331v2`,
/// `2020_05_31`.
fn without_version(name: &str) -> &str {
    let bare = match name.rsplit_once('v') {
        Some((bare, number))
            if number.len() == 1 && bare.ends_with(|c: char| c.is_ascii_digit()) =>
        {
            bare
        }
        Some(_) | None => name,
    };
    let stem = bare.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let cut = bare.len().saturating_sub(stem.len());
    if matches!(cut, 8 | 10) { stem } else { name }
}

pub(super) fn resource(event: &Event) -> Option<String> {
    let action = event.action()?;
    let (service, name) = action.split_once(':')?;
    if service == "s3" {
        return s3(event, name);
    }
    let of_service = |arn: &&String| {
        Arn::parse(arn)
            .is_some_and(|arn| arn.service == service || (service == "sts" && arn.service == "iam"))
    };
    event
        .resources
        .iter()
        .find(of_service)
        .cloned()
        .or_else(|| parameter(event, service))
}

fn s3(event: &Event, name: &str) -> Option<String> {
    if name == "ListAllMyBuckets" {
        return Some("*".to_owned());
    }
    let bucket = event.parameters.get("bucketName")?;
    let is_about_object = name.contains("Object") && !name.contains("ObjectLockConfiguration")
        || name.contains("MultipartUpload") && name != "ListBucketMultipartUploads";
    Some(match event.parameters.get("key") {
        Some(key) if is_about_object => format!("arn:aws:s3:::{bucket}/{key}"),
        Some(_) | None => format!("arn:aws:s3:::{bucket}"),
    })
}

/// Finds the resource among the parameters: an ARN, or the name of an entity of IAM.
fn parameter(event: &Event, service: &str) -> Option<String> {
    let of_service = event.parameters.values().find(|value| {
        Arn::parse(value)
            .is_some_and(|arn| arn.service == service || (service == "sts" && arn.service == "iam"))
    });
    if let Some(arn) = of_service {
        return Some(arn.clone());
    }
    if service != "iam" {
        return None;
    }
    let account = event.identity.account.as_deref()?;
    [
        ("userName", "user"),
        ("roleName", "role"),
        ("groupName", "group"),
        ("instanceProfileName", "instance-profile"),
        ("virtualMFADeviceName", "mfa"),
        ("policyName", "policy"),
    ]
    .into_iter()
    .find_map(|(parameter, kind)| {
        let name = event.parameters.get(parameter)?;
        let path = event.parameters.get("path").map_or("/", String::as_str);
        Some(format!("arn:aws:iam::{account}:{kind}{path}{name}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions() {
        for (source, name, expected) in [
            ("s3.amazonaws.com", "ListObjects", Some("s3:ListBucket")),
            ("s3.amazonaws.com", "GetObject", Some("s3:GetObject")),
            (
                "lambda.amazonaws.com",
                "GetFunction20150331v2",
                Some("lambda:GetFunction"),
            ),
            (
                "lambda.amazonaws.com",
                "Invoke",
                Some("lambda:InvokeFunction"),
            ),
            (
                "cloudfront.amazonaws.com",
                "GetDistribution2020_05_31",
                Some("cloudfront:GetDistribution"),
            ),
            (
                "monitoring.amazonaws.com",
                "PutMetricData",
                Some("cloudwatch:PutMetricData"),
            ),
            ("dynamodb.amazonaws.com", "Query", Some("dynamodb:Query")),
            ("signin.amazonaws.com", "ConsoleLogin", None),
            ("example.com", "X", None),
        ] {
            assert_eq!(action(source, name).as_deref(), expected, "{source} {name}");
        }
    }
}
