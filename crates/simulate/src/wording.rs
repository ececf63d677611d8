//! How a refusal names the resource.

use keyward_arn::Arn;

/// Returns what a refusal prints behind `on resource: `; `None` for an action without resource.
///
/// IAM names an existing entity by type and name, and everything else by its ARN.
// SOURCE: spec/access-denied-messages.md §1.
pub(crate) fn resource_name(action: &str, resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    Some(existing_entity(action, resource).unwrap_or_else(|| resource.to_owned()))
}

fn existing_entity(action: &str, resource: &str) -> Option<String> {
    let arn = Arn::parse(resource).filter(|arn| arn.service == "iam")?;
    let (service, operation) = action.split_once(':')?;
    let begins = |word: &str| {
        operation
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if !service.eq_ignore_ascii_case("iam")
        || begins("Create")
        || begins("List")
        || begins("PassRole")
    {
        return None;
    }
    let (kind, path) = arn.resource.split_once('/')?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    match kind {
        "group" | "role" | "user" => Some(format!("{kind} {name}")),
        "instance-profile" => Some(format!("instance profile {name}")),
        "policy" => Some(format!("policy {resource}")),
        _ => None,
    }
}
