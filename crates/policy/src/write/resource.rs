//! What AWS demands of the resources of an identity policy.

use super::{WritePolicyError, WriteRule};
use crate::ast::{ResourceElement, Spanned};

const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// The kinds of S3 resources whose ARNs name a region.
// SOURCE: spec/policy-language.md §7 row 6 names access points.
// DIFFERS: the service's own list of resource types gives the others a region too.
const REGIONAL_S3: [&str; 5] = [
    "accesspoint/",
    "access-grants/",
    "job/",
    "storage-lens/",
    "storage-lens-group/",
];

// `*` stands for any of them in many of AWS's own managed policies.
const PARTITIONS: [&str; 9] = [
    "*",
    "aws",
    "aws-cn",
    "aws-eusc",
    "aws-iso",
    "aws-iso-b",
    "aws-iso-e",
    "aws-iso-f",
    "aws-us-gov",
];

/// Tells whether AWS's older parser gives up on a resource: part of an ARN, or one without a service.
// SOURCE: spec/policy-language.md §7, identity row 3.
pub(super) fn fails_legacy_parsing(resource: &str) -> bool {
    let colons = resource.bytes().filter(|byte| *byte == b':').count();
    (resource.contains("::") && colons < 5) || resource.split(':').nth(2) == Some("")
}

/// Refuses an element with a resource of the wrong form; of several, the last in the order of their text.
// SOURCE: spec/policy-language.md §7, identity row 6: lists are gone through in reverse-sorted order.
pub(super) fn format(place: &str, element: &ResourceElement) -> Result<(), WritePolicyError> {
    let bad = element
        .patterns()
        .iter()
        .filter_map(|resource| Some((resource, complaint(&resource.value)?)));
    match bad.max_by(|(left, _), (right, _)| left.value.cmp(&right.value)) {
        None => Ok(()),
        Some((Spanned { span, .. }, (message, advice))) => Err(WritePolicyError::new(
            WriteRule::ResourceFormat,
            message,
            place,
            *span,
            advice,
        )),
    }
}

fn complaint(resource: &str) -> Option<(String, &'static str)> {
    if resource == "*" {
        return None;
    }
    let Some((_, rest)) = resource.split_once(':') else {
        let message = format!("Resource {resource} must be in ARN format or \"*\".");
        return Some((
            message,
            "write an ARN, such as arn:aws:s3:::bucket/key, or \"*\"",
        ));
    };
    let mut segments = rest.splitn(5, ':');
    let partition = segments.next().unwrap_or_default();
    let service = segments.next();
    let region = segments.next();
    let account = segments.next();
    let name = segments.next();
    if !PARTITIONS.contains(&partition) {
        let written = |segment: Option<&str>| segment.unwrap_or("*").to_owned();
        let (service, region) = (written(service), written(region));
        let (account, name) = (written(account), written(name));
        let message = format!(
            "Partition \"{partition}\" is not valid for resource \
             \"arn:{partition}:{service}:{region}:{account}:{name}\"."
        );
        return Some((
            message,
            "begin the ARN with arn:aws:, arn:aws-cn: or arn:aws-us-gov:",
        ));
    }
    let Some(service) = service else {
        let message =
            "Resource vendor must be fully qualified and cannot contain regexes.".to_owned();
        return Some((
            message,
            "name the service after the partition, such as arn:aws:s3:::bucket",
        ));
    };
    let has_region = region.is_some_and(|region| !region.is_empty());
    let name = name.unwrap_or_default();
    match service {
        "iam" if has_region => {
            let message = format!("IAM resource {resource} cannot contain region information.");
            Some((
                message,
                "leave the region empty, as in arn:aws:iam::111122223333:user/name",
            ))
        }
        "iam" if name != "*" && !IAM_PATHS.iter().any(|path| name.starts_with(path)) => {
            let message = format!(
                "IAM resource path must either be \"*\" or start with {}.",
                IAM_PATHS.join(", ")
            );
            Some((
                message,
                "write the kind of resource after the account, as in arn:aws:iam::111122223333:user/name",
            ))
        }
        "s3" if has_region && !REGIONAL_S3.iter().any(|kind| name.starts_with(kind)) => {
            let message = format!("Resource {resource} can not contain region information.");
            Some((
                message,
                "leave the region empty, as in arn:aws:s3:::bucket/key",
            ))
        }
        _ => None,
    }
}
