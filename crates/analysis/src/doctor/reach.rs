//! Actions with resources that they do not take.

use keyward_arn::AccountId;
use keyward_catalog::Action;
use keyward_policy::{ActionElement, ResourceElement, Statement};

use super::{Read, Rule, Ward};
use crate::glob::overlap;

/// How many actions of a statement are named.
const TOLD: usize = 3;

/// Finds actions, named without wildcards, that take none of the statement's resources.
pub(super) fn check(
    ward: &mut Ward<'_>,
    account: Option<AccountId>,
    read: &Read,
    statement: &Statement,
) {
    let (Some(ActionElement::Action(actions)), Some(ResourceElement::Resource(resources))) =
        (&statement.action, &statement.resource)
    else {
        return;
    };
    let patterns: Vec<String> = resources.iter().map(|it| plain(&it.value)).collect();
    if patterns.is_empty() || patterns.iter().any(|pattern| pattern == "*") {
        return;
    }
    let missed: Vec<(&str, Action<'_>)> = actions
        .iter()
        .filter_map(|it| Some((it.value.as_str(), keyward_catalog::action(&it.value)?)))
        .filter(|(_, action)| !takes_any(*action, &patterns))
        .collect();
    let Some((_, first)) = missed.first() else {
        return;
    };
    let span = actions
        .iter()
        .find(|it| missed.iter().any(|(name, _)| *name == it.value))
        .map_or(statement.span, |it| it.span);
    let names: Vec<&str> = missed.iter().take(TOLD).map(|(name, _)| *name).collect();
    let more = match missed.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let verb = if missed.len() == 1 { "takes" } else { "take" };
    ward.bite(
        Rule::ResourceNotTaken,
        account,
        read,
        span,
        format!(
            "{}{more} {verb} none of the statement's resources ({}), so the statement never applies to it.",
            names.join(", "),
            shown(resources.iter().map(|it| it.value.as_str()))
        ),
        wanted(*first),
    );
}

fn shown<'a>(resources: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = resources.collect();
    match all.as_slice() {
        [first, _, _, ..] => format!("{first} and {} more", all.len().saturating_sub(1)),
        few => few.join(", "),
    }
}

/// Says which resources an action takes.
fn wanted(action: Action<'_>) -> String {
    let name = format!("{}:{}", action.service().prefix(), action.name());
    if action.is_wildcard_only() {
        return format!(
            "{name} takes no resource: give it a statement of its own with \"Resource\": \"*\"."
        );
    }
    let templates: Vec<&str> = action
        .resource_types()
        .flat_map(|it| it.resource_type().arn_patterns())
        .take(TOLD)
        .collect();
    format!("{name} takes {}.", templates.join(" or "))
}

fn takes_any(action: Action<'_>, patterns: &[String]) -> bool {
    if is_list_buckets(action) {
        return patterns.iter().any(|it| it == "arn:aws:s3:::*");
    }
    let templates: Vec<String> = action
        .resource_types()
        .flat_map(|it| it.resource_type().arn_patterns())
        .map(template)
        .collect();
    patterns.iter().any(|pattern| {
        templates.iter().any(|template| {
            overlap_arn(template, pattern) && !is_bucket_with_key(template, pattern)
        })
    })
}

/// A star does not cross the first five colons. Half an ARN is left to other rules.
// SOURCE: spec/policy-language.md §4.
fn overlap_arn(template: &str, pattern: &str) -> bool {
    let (one, other): (Vec<&str>, Vec<&str>) = (
        template.splitn(6, ':').collect(),
        pattern.splitn(6, ':').collect(),
    );
    if one.len() < 6 || other.len() < 6 {
        return true;
    }
    one.iter()
        .zip(&other)
        .all(|(one, other)| overlap(one, other))
}

// SOURCE: spec/policy-language.md §4 (ListAllMyBuckets).
fn is_list_buckets(action: Action<'_>) -> bool {
    action.service().prefix() == "s3" && action.name() == "ListAllMyBuckets"
}

/// A bucket's name has no slash, so a pattern with one is about objects.
fn is_bucket_with_key(template: &str, pattern: &str) -> bool {
    template == "arn:*:s3:::*" && pattern.contains('/')
}

/// Turns `arn:${Partition}:s3:::${BucketName}/${ObjectName}` into a pattern.
fn template(text: &str) -> String {
    replaced(text)
}

/// Turns policy variables into stars.
fn plain(text: &str) -> String {
    replaced(text)
}

fn replaced(text: &str) -> String {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('*');
        out.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    out
}
