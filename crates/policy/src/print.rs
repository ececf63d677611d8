//! A policy as compact JSON.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use crate::ast::{
    ActionElement, Condition, Effect, Policy, Principal, PrincipalElement, PrincipalKind,
    PrincipalSet, ResourceElement, Spanned, Statement, Version,
};

#[cfg(test)]
mod tests;

impl Policy {
    /// Returns the policy as compact JSON in one canonical form.
    ///
    /// Elements stand in the order of the grammar, a list of one is written as its entry, condition values as
    /// strings. What [`Policy::parse`] reads from the result is this policy but for the spans; operator blocks
    /// without keys and unknown keys beside `Statement` are not kept by either.
    ///
    /// # Examples
    /// ```
    /// use keyward_policy::Policy;
    ///
    /// let text = r#"{ "Statement": [{"Action": ["s3:*"], "Effect": "Deny", "Resource": "*"}] }"#;
    /// let json = Policy::parse(text)?.to_json();
    /// assert_eq!(json, r#"{"Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#);
    /// # Ok::<(), keyward_policy::ParsePolicyError>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Policy {
    /// Writes [`Policy::to_json`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('{')?;
        if let Some(version) = &self.version {
            let text = match version.value {
                Version::V2008 => "2008-10-17",
                Version::V2012 => "2012-10-17",
            };
            write!(f, "\"Version\":\"{text}\",")?;
        }
        if let Some(id) = &self.id {
            write!(f, "\"Id\":{},", Quoted(&id.value))?;
        }
        f.write_str("\"Statement\":[")?;
        separated(f, &self.statements, print_statement)?;
        f.write_str("]}")
    }
}

fn print_statement(f: &mut fmt::Formatter<'_>, statement: &Statement) -> fmt::Result {
    f.write_char('{')?;
    if let Some(sid) = &statement.sid {
        write!(f, "\"Sid\":{},", Quoted(&sid.value))?;
    }
    f.write_str(match statement.effect.value {
        Effect::Allow => "\"Effect\":\"Allow\"",
        Effect::Deny => "\"Effect\":\"Deny\"",
    })?;
    match &statement.principal {
        None => {}
        Some(PrincipalElement::NotPrincipal(set)) => print_principals(f, "NotPrincipal", set)?,
        Some(PrincipalElement::Principal(set)) => print_principals(f, "Principal", set)?,
    }
    match &statement.action {
        None => {}
        Some(ActionElement::Action(patterns)) => print_element(f, "Action", patterns)?,
        Some(ActionElement::NotAction(patterns)) => print_element(f, "NotAction", patterns)?,
    }
    match &statement.resource {
        None => {}
        Some(ResourceElement::NotResource(patterns)) => print_element(f, "NotResource", patterns)?,
        Some(ResourceElement::Resource(patterns)) => print_element(f, "Resource", patterns)?,
    }
    print_conditions(f, &statement.conditions)?;
    f.write_char('}')
}

fn print_principals(f: &mut fmt::Formatter<'_>, name: &str, set: &PrincipalSet) -> fmt::Result {
    let listed = match set {
        PrincipalSet::Everyone(_) => return write!(f, ",\"{name}\":\"*\""),
        PrincipalSet::Listed(listed) => listed,
    };
    write!(f, ",\"{name}\":{{")?;
    separated(
        f,
        grouped(listed, |principal| principal.kind),
        |f, (kind, group)| {
            let key = match kind {
                PrincipalKind::Aws => "AWS",
                PrincipalKind::CanonicalUser => "CanonicalUser",
                PrincipalKind::Federated => "Federated",
                PrincipalKind::Service => "Service",
            };
            write!(f, "\"{key}\":")?;
            print_list(
                f,
                group.iter().map(|principal: &&Principal| &principal.value),
            )
        },
    )?;
    f.write_char('}')
}

fn print_conditions(f: &mut fmt::Formatter<'_>, conditions: &[Condition]) -> fmt::Result {
    if conditions.is_empty() {
        return Ok(());
    }
    f.write_str(",\"Condition\":{")?;
    separated(
        f,
        grouped(conditions, |condition| condition.operator.value.to_string()),
        |f, (operator, group)| {
            write!(f, "{}:{{", Quoted(&operator))?;
            separated(f, group, |f, condition| {
                write!(f, "{}:", Quoted(&condition.key.value))?;
                print_list(f, condition.values.iter())
            })?;
            f.write_char('}')
        },
    )?;
    f.write_char('}')
}

fn print_element(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    patterns: &[Spanned<String>],
) -> fmt::Result {
    write!(f, ",\"{name}\":")?;
    print_list(f, patterns.iter())
}

fn print_list<'a>(
    f: &mut fmt::Formatter<'_>,
    mut texts: impl ExactSizeIterator<Item = &'a Spanned<String>>,
) -> fmt::Result {
    if texts.len() == 1 {
        return texts.try_for_each(|text| write!(f, "{}", Quoted(&text.value)));
    }
    f.write_char('[')?;
    separated(f, texts, |f, text| write!(f, "{}", Quoted(&text.value)))?;
    f.write_char(']')
}

/// Writes the items with commas between them.
fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    print: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_char(',')?;
        }
        print(f, item)?;
    }
    Ok(())
}

/// Brings items with the same key together, in the order in which the keys first occur: JSON allows a key once.
fn grouped<T, K: Ord + Clone>(items: &[T], key: impl Fn(&T) -> K) -> Vec<(K, Vec<&T>)> {
    let mut groups: Vec<(K, Vec<&T>)> = Vec::new();
    let mut places: BTreeMap<K, usize> = BTreeMap::new();
    for item in items {
        let key = key(item);
        let place = *places.entry(key.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            None => groups.push((key, vec![item])),
            Some((_, group)) => group.push(item),
        }
    }
    groups
}

/// A text as a JSON string, escaped no more than JSON demands.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                // Beyond U+00FF a document may hold characters only as escapes.
                // SOURCE: spec/policy-language.md §1, "Allowed chars".
                '\0'..='\u{1f}' | '\u{100}'.. => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(f, "\\u{unit:04x}")?;
                    }
                }
                _ => f.write_char(character)?,
            }
        }
        f.write_char('"')
    }
}
