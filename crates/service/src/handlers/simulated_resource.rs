//! The resources of a simulation: whether they can be resources, and what their ARNs look like.

use keyward_arn::Arn;
use keyward_catalog::ActionResource;
use keyward_directory::Refusal;

/// The kinds of simulation of EC2 actions, each with the resources that must be there.
// SOURCE: service model, ResourceHandlingOption.
const HANDLING: [(&str, &[&str]); 4] = [
    (
        "EC2-VPC-EBS",
        &[
            "instance",
            "image",
            "security-group",
            "network-interface",
            "volume",
        ],
    ),
    (
        "EC2-VPC-EBS-Subnet",
        &[
            "instance",
            "image",
            "security-group",
            "network-interface",
            "subnet",
            "volume",
        ],
    ),
    (
        "EC2-VPC-InstanceStore",
        &["instance", "image", "security-group", "network-interface"],
    ),
    (
        "EC2-VPC-InstanceStore-Subnet",
        &[
            "instance",
            "image",
            "security-group",
            "network-interface",
            "subnet",
        ],
    ),
];

/// Checks that every resource is `*` or has the form of an ARN.
///
/// # Errors
/// `InvalidInput` in AWS's words.
// SOURCE: what AWS was seen to answer.
pub(crate) fn check(resources: &[String]) -> Result<(), Refusal> {
    let is_arn = |text: &&String| {
        let arn = Arn::parse(text);
        arn.is_some_and(|arn| {
            !arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty()
        })
    };
    let others = resources.iter().filter(|text| *text != "*");
    let bad: Vec<&str> = others
        .filter(|text| !is_arn(text))
        .map(String::as_str)
        .collect();
    if bad.is_empty() {
        return Ok(());
    }
    let bad = bad.join(", ");
    let message = format!("ResourceNames are not in a valid ARN format: {bad}.");
    Err(Refusal::invalid_input(message))
}

/// Checks that the resources of a kind of simulation are there.
///
/// # Errors
/// `InvalidInput` for an unknown kind, and where a resource is missing.
pub(crate) fn check_handling(option: Option<&str>, resources: &[String]) -> Result<(), Refusal> {
    let Some(option) = option else {
        return Ok(());
    };
    let known = HANDLING.iter().find(|(name, _)| *name == option);
    let (_, wanted) = known.ok_or_else(|| {
        Refusal::invalid_input(format!("Invalid Resource Handling Option: {option}"))
    })?;
    let is_there = |kind: &str| {
        resources.iter().any(|text| {
            let arn = Arn::parse(text).filter(|arn| arn.service == "ec2");
            arn.and_then(|arn| arn.resource.split('/').next()) == Some(kind)
        })
    };
    match wanted.iter().find(|kind| !is_there(kind)) {
        None => Ok(()),
        Some(kind) => {
            let message =
                format!("Resource Handling Option {option} requires a resource of type {kind}.");
            Err(Refusal::invalid_input(message))
        }
    }
}

/// Returns the form of the ARNs that an action has for the resources that were named: that of the type that the first of
/// them fits best, else of the first type that the action requires; `*` where the action or its types are not known.
// SOURCE: spec/evaluation.md §8 (EvalResourceName).
pub(crate) fn template(action: &str, resources: &[String]) -> String {
    let everything = || "*".to_owned();
    let Some(first) = resources.iter().find(|text| *text != "*") else {
        return everything();
    };
    let Some(action) = keyward_catalog::action(action) else {
        return everything();
    };
    let types = || action.resource_types();
    let patterns = |of: ActionResource<'static>| of.resource_type().arn_patterns();
    let fitting = types().flat_map(patterns).filter(|it| fits(it, first));
    // The more of a pattern is written out, the better it fits.
    let best = fitting.max_by_key(|pattern| pieces(pattern).map(str::len).sum::<usize>());
    let required = types().find(|of| of.is_required());
    let fallback = required.or_else(|| types().next());
    let found = best.or_else(|| fallback.and_then(|of| patterns(of).next()));
    found.map_or_else(everything, str::to_owned)
}

/// Returns the written-out pieces of a pattern, between its `${…}` and `*`; the first and the last may be empty.
fn pieces(pattern: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(pattern);
    std::iter::from_fn(move || {
        let text = rest?;
        let variable = text.find("${");
        let star = text.find('*');
        let at = match (variable, star) {
            (Some(variable), Some(star)) => Some(variable.min(star)),
            (found, None) | (None, found) => found,
        };
        let Some((piece, behind)) = at.and_then(|at| text.split_at_checked(at)) else {
            rest = None;
            return Some(text);
        };
        rest = behind
            .strip_prefix('*')
            .or_else(|| behind.split_once('}').map(|(_, after)| after));
        Some(piece)
    })
}

/// Says whether an ARN has the form of a pattern.
fn fits(pattern: &str, arn: &str) -> bool {
    let pieces: Vec<&str> = pieces(pattern).collect();
    let Some((first, others)) = pieces.split_first() else {
        return false;
    };
    let Some(mut rest) = arn.strip_prefix(first) else {
        return false;
    };
    let Some((last, middle)) = others.split_last() else {
        return rest.is_empty();
    };
    for piece in middle {
        match rest.split_once(piece) {
            Some((_, after)) if !piece.is_empty() => rest = after,
            Some(_) => {}
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_that_of_the_resource() {
        let of = |action: &str, resource: &str| template(action, &[resource.to_owned()]);
        let bucket = of("s3:ListBucket", "arn:aws:s3:::b");
        assert_eq!(bucket, "arn:${Partition}:s3:::${BucketName}");
        let object = of("s3:GetObject", "arn:aws:s3:::b/o");
        assert_eq!(object, "arn:${Partition}:s3:::${BucketName}/${ObjectName}");
        let user = of("iam:GetUser", "arn:aws:iam::111122223333:user/alice");
        assert_eq!(
            user,
            "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"
        );
        let volume = of(
            "ec2:RunInstances",
            "arn:aws:ec2:us-east-1:111122223333:volume/vol-1",
        );
        assert_eq!(
            volume,
            "arn:${Partition}:ec2:${Region}:${Account}:volume/${VolumeId}"
        );
        assert_eq!(of("nothing:AtAll", "arn:aws:s3:::b"), "*");
        assert_eq!(of("s3:ListAllMyBuckets", "arn:aws:s3:::b"), "*");
        assert_eq!(template("s3:GetObject", &[]), "*");
    }

    #[test]
    fn resources_are_arns() {
        let check = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            check(&texts)
        };
        check(&["*", "arn:aws:s3:::b/*"]).unwrap();
        let refusal = check(&["*", "x", "arn:aws:s3:::", "arn:aws:s3:::b"]).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "ResourceNames are not in a valid ARN format: x, arn:aws:s3:::."
        );
    }

    #[test]
    fn a_kind_of_simulation_has_its_resources() {
        let resources = |kinds: &[&str]| -> Vec<String> {
            let arn = |kind: &&str| format!("arn:aws:ec2:us-east-1:111122223333:{kind}/x");
            kinds.iter().map(arn).collect()
        };
        let four = ["instance", "image", "security-group", "network-interface"];
        check_handling(Some("EC2-VPC-InstanceStore"), &resources(&four)).unwrap();
        check_handling(None, &[]).unwrap();
        let refusal = check_handling(Some("EC2-VPC-EBS"), &resources(&four)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "Resource Handling Option EC2-VPC-EBS requires a resource of type volume."
        );
        assert!(check_handling(Some("nonsense"), &[]).is_err());
    }
}
