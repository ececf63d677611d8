//! The condition keys that policies look at, by their conditions and by their policy variables.

use keyward_policy::{Policy, ResourceElement, Version};

/// Names of condition keys, each once whatever its case, in the order and the spelling in which they came first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyNames(Vec<String>);

impl KeyNames {
    /// Adds names.
    pub fn extend(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            if !self.0.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                self.0.push(name);
            }
        }
    }

    /// Returns the names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Returns the names but for those that a test finds.
    #[must_use]
    pub fn without(self, is_found: impl Fn(&str) -> bool) -> Vec<String> {
        let names = self.0.into_iter();
        names.filter(|name| !is_found(name)).collect()
    }
}

/// Returns the keys that a policy looks at: of each statement the variables of its resources, then each condition's key and
/// the variables of its values.
// SOURCE: spec/policy-language.md §6: variables stand in resources and condition values, under version 2012-10-17 only.
#[must_use]
pub fn context_keys(policy: &Policy) -> Vec<String> {
    let mut names = KeyNames::default();
    let has_variables = policy.effective_version() == Version::V2012;
    for statement in &policy.statements {
        let resources = statement.resource.as_ref().map(ResourceElement::patterns);
        for resource in resources.unwrap_or_default() {
            if has_variables {
                names.extend(variables(&resource.value));
            }
        }
        for condition in &statement.conditions {
            names.extend([condition.key.value.clone()]);
            for value in &condition.values {
                if has_variables {
                    names.extend(variables(&value.value));
                }
            }
        }
    }
    names.0
}

/// Returns the keys of the policy variables in a text; `${*}`, `${?}` and `${$}` are characters and no variables.
fn variables(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split("${").skip(1);
    parts.filter_map(|part| {
        let (inside, _) = part.split_once('}')?;
        let (name, _default) = inside.split_once(',').unwrap_or((inside, ""));
        let is_name = !matches!(name, "" | "*" | "?" | "$") && !name.contains(char::is_whitespace);
        is_name.then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        context_keys(&Policy::parse(text).unwrap())
    }

    #[test]
    fn keys_come_from_conditions_and_from_variables_once_each() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::b/${aws:username}/${aws:userid, 'none'}${*}"],
             "Condition":{"StringLike":{"s3:prefix":["${AWS:UserName}/*","${aws:PrincipalTag/Team}"]},
                          "DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}},
            {"Effect":"Deny","NotAction":"s3:*","NotResource":"arn:aws:s3:::${saml:sub}",
             "Condition":{"Bool":{"AWS:SecureTransport":"false","aws:securetransport":"false"}}}]}"#;
        assert_eq!(
            keys(text),
            [
                "aws:username",
                "aws:userid",
                "s3:prefix",
                "aws:PrincipalTag/Team",
                "aws:CurrentTime",
                "saml:sub",
                "AWS:SecureTransport"
            ]
        );
    }

    #[test]
    fn the_older_version_has_no_variables_and_broken_ones_are_none() {
        let text = r#"{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${aws:username}"}}"#;
        assert!(keys(text).is_empty());
        let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::${}${a b}${aws:username"}}"#;
        assert!(keys(text).is_empty());
    }
}
