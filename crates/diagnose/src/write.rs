//! Printing JSON: documents and statements that can be pasted, and the report itself.

use keyward_policy::{
    ActionElement, Condition, Policy, Principal, PrincipalElement, PrincipalKind, PrincipalSet,
    ResourceElement, Spanned, Statement, Version,
};

use crate::words::effect_name;

/// A JSON value whose members keep their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `true` or `false`.
    Bool(bool),
    /// A list.
    List(Vec<Json>),
    /// `null`.
    Null,
    /// A whole number.
    Number(u64),
    /// Members in the order in which they are printed.
    Object(Vec<(String, Json)>),
    /// A text.
    Text(String),
}

impl Json {
    /// Makes a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a text, or `null`.
    pub fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// Makes a number.
    #[must_use]
    pub fn count(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }

    /// Makes an object.
    pub fn object<'n>(members: impl IntoIterator<Item = (&'n str, Json)>) -> Self {
        let members = members.into_iter();
        Self::Object(
            members
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    /// Prints over several lines, two spaces a level; empty lists and objects stay on one.
    #[must_use]
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, 0, Width::Unlimited);
        out
    }

    /// Prints the outermost object over several lines, and what is inside on one where it fits.
    pub(crate) fn pasteable(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, 0, Width::Lines);
        out
    }

    /// Prints on one line.
    fn flat(&self, out: &mut String) {
        match self {
            Self::Bool(_) | Self::Null | Self::Number(_) | Self::Text(_) => {
                self.print(out, 0, Width::Unlimited)
            }
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    item.flat(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    print_text(key, out);
                    out.push_str(": ");
                    value.flat(out);
                }
                out.push('}');
            }
        }
    }

    /// Prints on one line where the rules of `width` let it.
    fn print_flat(&self, out: &mut String, level: usize, width: Width) -> bool {
        if width == Width::Unlimited || level == 0 {
            return false;
        }
        let mut flat = String::new();
        self.flat(&mut flat);
        let fits = flat.chars().count() <= FLAT;
        if fits {
            out.push_str(&flat);
        }
        fits
    }

    fn print(&self, out: &mut String, level: usize, width: Width) {
        match self {
            Self::List(_) | Self::Object(_) if self.print_flat(out, level, width) => {}
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Null => out.push_str("null"),
            Self::Number(number) => out.push_str(&number.to_string()),
            Self::Text(text) => print_text(text, out),
            Self::List(items) if items.is_empty() => out.push_str("[]"),
            Self::Object(members) if members.is_empty() => out.push_str("{}"),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    line(out, level.saturating_add(1), index);
                    item.print(out, level.saturating_add(1), width);
                }
                line(out, level, 0);
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    line(out, level.saturating_add(1), index);
                    print_text(key, out);
                    out.push_str(": ");
                    value.print(out, level.saturating_add(1), width);
                }
                line(out, level, 0);
                out.push('}');
            }
        }
    }
}

/// The most characters of a list or object that stays on one line.
const FLAT: usize = 72;

/// Whether lists and objects may stand on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    Lines,
    Unlimited,
}

/// Begins a line; a comma ends the one before, unless this is the first.
fn line(out: &mut String, level: usize, index: usize) {
    if index > 0 {
        out.push(',');
    }
    out.push('\n');
    for _ in 0..level {
        out.push_str("  ");
    }
}

fn print_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Beyond U+00FF a policy may hold characters only as escapes.
            // SOURCE: spec/policy-language.md §1, "Allowed chars".
            '\0'..='\u{1f}' | '\u{100}'.. => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Writes a document.
pub(crate) fn policy(policy: &Policy) -> Json {
    let mut members = Vec::new();
    if let Some(version) = &policy.version {
        let text = match version.value {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        };
        members.push(("Version".to_owned(), Json::text(text)));
    }
    if let Some(id) = &policy.id {
        members.push(("Id".to_owned(), Json::text(&id.value)));
    }
    let statements = policy.statements.iter().map(statement).collect();
    members.push(("Statement".to_owned(), Json::List(statements)));
    Json::Object(members)
}

/// Writes a statement, its elements in the order in which people write them.
pub(crate) fn statement(statement: &Statement) -> Json {
    let mut members = Vec::new();
    if let Some(sid) = &statement.sid {
        members.push(("Sid".to_owned(), Json::text(&sid.value)));
    }
    members.push((
        "Effect".to_owned(),
        Json::text(effect_name(statement.effect.value)),
    ));
    members.extend(statement.principal.as_ref().map(principal));
    members.extend(statement.action.as_ref().map(action));
    members.extend(statement.resource.as_ref().map(resource));
    if !statement.conditions.is_empty() {
        members.push(conditions(&statement.conditions));
    }
    Json::Object(members)
}

/// Writes one element as it stands in a statement: `"Action": …`.
pub(crate) fn member((name, value): (String, Json)) -> String {
    let mut out = String::new();
    print_text(&name, &mut out);
    out.push_str(": ");
    if !value.print_flat(&mut out, 1, Width::Lines) {
        value.print(&mut out, 0, Width::Lines);
    }
    out
}

pub(crate) fn action(element: &ActionElement) -> (String, Json) {
    match element {
        ActionElement::Action(texts) => ("Action".to_owned(), list(texts)),
        ActionElement::NotAction(texts) => ("NotAction".to_owned(), list(texts)),
    }
}

pub(crate) fn resource(element: &ResourceElement) -> (String, Json) {
    match element {
        ResourceElement::NotResource(texts) => ("NotResource".to_owned(), list(texts)),
        ResourceElement::Resource(texts) => ("Resource".to_owned(), list(texts)),
    }
}

pub(crate) fn conditions(conditions: &[Condition]) -> (String, Json) {
    let mut operators: Vec<(String, Json)> = Vec::new();
    for condition in conditions {
        let key = (condition.key.value.clone(), list(&condition.values));
        let operator = condition.operator.value.to_string();
        match operators.iter_mut().find(|(known, _)| *known == operator) {
            Some((_, Json::Object(keys))) => keys.push(key),
            Some(_) | None => operators.push((operator, Json::Object(vec![key]))),
        }
    }
    ("Condition".to_owned(), Json::Object(operators))
}

pub(crate) fn principal(element: &PrincipalElement) -> (String, Json) {
    let (name, set) = match element {
        PrincipalElement::NotPrincipal(set) => ("NotPrincipal", set),
        PrincipalElement::Principal(set) => ("Principal", set),
    };
    let value = match set {
        PrincipalSet::Everyone(_) => Json::text("*"),
        PrincipalSet::Listed(principals) => principals_by_kind(principals),
    };
    (name.to_owned(), value)
}

fn principals_by_kind(principals: &[Principal]) -> Json {
    let kinds = [
        (PrincipalKind::Aws, "AWS"),
        (PrincipalKind::CanonicalUser, "CanonicalUser"),
        (PrincipalKind::Federated, "Federated"),
        (PrincipalKind::Service, "Service"),
    ];
    let members = kinds.into_iter().filter_map(|(kind, name)| {
        let values: Vec<Json> = principals
            .iter()
            .filter(|it| it.kind == kind)
            .map(|it| Json::text(&it.value.value))
            .collect();
        (!values.is_empty()).then(|| (name.to_owned(), one_or_list(values)))
    });
    Json::Object(members.collect())
}

fn list(texts: &[Spanned<String>]) -> Json {
    one_or_list(texts.iter().map(|text| Json::text(&text.value)).collect())
}

/// A list of one is written as its entry.
fn one_or_list(mut values: Vec<Json>) -> Json {
    match values.pop() {
        Some(only) if values.is_empty() => only,
        Some(last) => {
            values.push(last);
            Json::List(values)
        }
        None => Json::List(values),
    }
}
