//! The one interpreter of the constraints: walks the parameters along the descriptors and lists every violation.
//!
//! A parameter of the wrong form (a list where text is expected, `abc` for a number) ends the walk at once with
//! `MalformedInput`. Constraints are collected: all violations, in the model's order, in AWS's words.
// SOURCE: spec/access-denied-messages.md §6b "param validation"

use std::fmt::Write as _;

use crate::call::DecodeError;
use crate::field::Field;
use crate::generated::operation::Operation;
use crate::pattern::Pattern;
use crate::schema::{Kind, Member, Shape};
use crate::service::Service;
use crate::value::Decode as _;

/// Checks all parameters of an operation.
pub(crate) fn validate(operation: Operation, root: Field<'_>) -> Result<(), DecodeError> {
    let facts = operation.facts();
    let mut walk = Walk {
        service: facts.service,
        path: String::with_capacity(64),
        violations: Vec::new(),
        named: None,
    };
    let known = walk.members(facts.members(), root)?;
    if known < root.count_below() {
        refuse_near_miss(facts.members(), root)?;
    }
    walk.finish()
}

/// The error for one required member that is missing.
pub(crate) fn missing(name: &str) -> DecodeError {
    let mut path = String::new();
    push_step(&mut path, name);
    DecodeError::Validation {
        message: format!(
            "1 validation error detected: Value null at '{path}' {FAILED} Member must not be null"
        ),
    }
}

/// Refuses a parameter that differs from a known one in case only.
///
/// DIFFERS: AWS ignores what it does not know. `policy=` for `Policy` in `AssumeRole` would then give a session more
/// than its caller meant to give, so a near miss is refused; anything else unknown is ignored.
fn refuse_near_miss(members: &[Member], root: Field<'_>) -> Result<(), DecodeError> {
    for step in root.steps() {
        let near = |member: &Member| member.name != step && member.name.eq_ignore_ascii_case(step);
        if members.iter().any(near) {
            return Err(DecodeError::Malformed {
                message: format!("Unexpected parameter {step}").into(),
            });
        }
    }
    Ok(())
}

const PATTERN: &str = "Member must satisfy regular expression pattern: ";
const FAILED: &str = "failed to satisfy constraint:";

struct Walk {
    service: Service,
    /// The place as messages print it: `tags.1.member.key`.
    path: String,
    violations: Vec<String>,
    /// The first name or path with characters that it may not have, in IAM's own words.
    named: Option<String>,
}

impl Walk {
    /// Checks the members of a structure and returns how many parameters they account for.
    fn members(&mut self, members: &[Member], field: Field<'_>) -> Result<usize, DecodeError> {
        let mut known: usize = 0;
        for member in members {
            let length = self.path.len();
            push_step(&mut self.path, member.name);
            if let Some(child) = field.child(member.name) {
                known = known.saturating_add(child.count());
                self.shape(member.shape, child)?;
            } else if member.required {
                let violation = format!(
                    "Value null at '{}' {FAILED} Member must not be null",
                    self.path
                );
                self.violations.push(violation);
            }
            self.path.truncate(length);
        }
        Ok(known)
    }

    fn shape(&mut self, shape: &Shape, field: Field<'_>) -> Result<(), DecodeError> {
        match &shape.kind {
            Kind::Structure(members) => self.structure(members(), field),
            Kind::Union(members) => {
                if field.steps().count() != 1 {
                    return Err(field.unexpected());
                }
                self.structure(members(), field)
            }
            Kind::List(element) => self.list(shape, element, field),
            Kind::Map { key, value } => self.map(shape, key, value, field),
            Kind::Boolean | Kind::Enumeration(_) | Kind::Integer | Kind::String => {
                let all = broken(self.service, shape, field)?;
                if all.is_empty() {
                    return Ok(());
                }
                let words = self.own_words(shape, field)?;
                let has_own = words.is_some();
                self.named = self.named.take().or(words);
                for broken in all {
                    if has_own && broken.starts_with(PATTERN) {
                        continue;
                    }
                    let value = if shape.sensitive { "" } else { field.scalar()? };
                    self.violation(shape.sensitive, value, &broken);
                }
                Ok(())
            }
        }
    }

    /// Returns what IAM says of a name or path that breaks its pattern.
    // SOURCE: refusals that callers report, for `userName` (app-sre/qontract-reconcile #2640) and `path` (cfn-lint #722);
    // for the other names it is the same rule. They come alone, so what is too long is said first.
    fn own_words(&self, shape: &Shape, field: Field<'_>) -> Result<Option<String>, DecodeError> {
        let text = field.scalar()?;
        let breaks = |pattern: &&Pattern| !pattern.matches(text);
        if self.service != Service::Iam || !shape.pattern.as_ref().is_some_and(breaks) {
            return Ok(None);
        }
        let path = self.path.as_str();
        let rule = match path {
            "groupName"
            | "instanceProfileName"
            | "newGroupName"
            | "newServerCertificateName"
            | "newUserName"
            | "policyName"
            | "roleName"
            | "serverCertificateName"
            | "userName"
            | "virtualMFADeviceName" => {
                "It must contain only alphanumeric characters and/or the following: +=,.@_-"
            }
            "newPath" | "path" => {
                "It must begin and end with / and contain only alphanumeric characters and/or / characters."
            }
            _ => return Ok(None),
        };
        Ok(Some(format!(
            "The specified value for {path} is invalid. {rule}"
        )))
    }

    fn structure(&mut self, members: &[Member], field: Field<'_>) -> Result<(), DecodeError> {
        field.structure()?;
        let known = self.members(members, field)?;
        // Below a known parameter nothing may be unknown: what we cannot read we do not pretend to have read.
        if known < field.count_below() {
            Err(field.unexpected())
        } else {
            Ok(())
        }
    }

    fn list(
        &mut self,
        shape: &Shape,
        element: &Shape,
        field: Field<'_>,
    ) -> Result<(), DecodeError> {
        let elements = field.elements()?;
        self.length(shape, elements.len(), field)?;
        if is_scalar(element) {
            return self.elements(element, field, &elements);
        }
        for (number, child) in (1_usize..).zip(elements) {
            let length = self.path.len();
            // Writing into a String cannot fail.
            let _ = write!(self.path, ".{number}.member");
            self.shape(element, child)?;
            self.path.truncate(length);
        }
        Ok(())
    }

    /// Elements of a list of plain values: one violation for the whole list, which names every constraint of an element.
    fn elements(
        &mut self,
        element: &Shape,
        list: Field<'_>,
        elements: &[Field<'_>],
    ) -> Result<(), DecodeError> {
        let mut any = false;
        for child in elements {
            any |= !broken(self.service, element, *child)?.is_empty();
        }
        if any {
            let all = format!(
                "Member must satisfy constraint: [{}]",
                constraints(self.service, element).join(", ")
            );
            let shown = shown_list(element, list)?;
            self.violation(element.sensitive, &shown, &all);
        }
        Ok(())
    }

    fn map(
        &mut self,
        shape: &Shape,
        key: &Shape,
        value: &Shape,
        field: Field<'_>,
    ) -> Result<(), DecodeError> {
        let entries = field.entries()?;
        self.length(shape, entries.len(), field)?;
        let (mut keys_broken, mut values_broken) = (false, false);
        for (name, child) in entries {
            keys_broken |= !broken(self.service, key, name)?.is_empty();
            if is_scalar(value) {
                values_broken |= !broken(self.service, value, child)?.is_empty();
            } else {
                let length = self.path.len();
                let _ = write!(self.path, ".{}.member", name.scalar()?);
                self.shape(value, child)?;
                self.path.truncate(length);
            }
        }
        for (is_broken, part, word) in [(keys_broken, key, "keys"), (values_broken, value, "value")]
        {
            if is_broken {
                let all = constraints(self.service, part).join(", ");
                let shown = shown(shape, field)?;
                let sensitive = key.sensitive || value.sensitive;
                self.violation(
                    sensitive,
                    &shown,
                    &format!("Map {word} must satisfy constraint: [{all}]"),
                );
            }
        }
        Ok(())
    }

    fn length(
        &mut self,
        shape: &Shape,
        length: usize,
        field: Field<'_>,
    ) -> Result<(), DecodeError> {
        if let Some(broken) =
            out_of_bounds(shape, i64::try_from(length).unwrap_or(i64::MAX), "length")
        {
            let shown = shown(shape, field)?;
            self.violation(shape.sensitive, &shown, &broken);
        }
        Ok(())
    }

    fn violation(&mut self, sensitive: bool, value: &str, constraint: &str) {
        let path = &self.path;
        self.violations.push(if sensitive {
            format!("Value at '{path}' {FAILED} {constraint}")
        } else {
            format!("Value '{value}' at '{path}' {FAILED} {constraint}")
        });
    }

    fn finish(self) -> Result<(), DecodeError> {
        match (self.violations.len(), self.named) {
            (0, None) => Ok(()),
            (0, Some(message)) => Err(DecodeError::Validation { message }),
            (count, _) => {
                let errors = if count == 1 { "error" } else { "errors" };
                let all = self.violations.join("; ");
                Err(DecodeError::Validation {
                    message: format!("{count} validation {errors} detected: {all}"),
                })
            }
        }
    }
}

/// Appends a member's name as messages print it: with a small first letter.
fn push_step(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    let mut characters = name.chars();
    path.extend(characters.next().map(|first| first.to_ascii_lowercase()));
    path.push_str(characters.as_str());
}

const fn is_scalar(shape: &Shape) -> bool {
    matches!(
        shape.kind,
        Kind::Boolean | Kind::Enumeration(_) | Kind::Integer | Kind::String
    )
}

/// The constraints that a plain value breaks, as texts.
// UNSURE: AWS is seen to name the pattern before and after the length; pattern first is more frequent.
fn broken(service: Service, shape: &Shape, field: Field<'_>) -> Result<Vec<String>, DecodeError> {
    let text = field.scalar()?;
    let mut broken = Vec::new();
    match &shape.kind {
        Kind::Boolean => {
            bool::decode(field)?;
        }
        Kind::Integer => {
            let number = i32::decode(field)?;
            broken.extend(out_of_bounds(shape, i64::from(number), "value"));
        }
        Kind::Enumeration(values) => {
            if !values.contains(&text) {
                broken.push(value_set(service, values));
            }
        }
        Kind::String => {
            if let Some(pattern) = shape.pattern.filter(|pattern| !pattern.matches(text)) {
                broken.push(format!("{PATTERN}{}", pattern.text()));
            }
            if shape.min.is_some() || shape.max.is_some() {
                let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                broken.extend(out_of_bounds(shape, length, "length"));
            }
        }
        Kind::List(_) | Kind::Map { .. } | Kind::Structure(_) | Kind::Union(_) => {}
    }
    Ok(broken)
}

/// All constraints of a plain value, in the order in which AWS lists them for elements.
fn constraints(service: Service, shape: &Shape) -> Vec<String> {
    let word = if matches!(shape.kind, Kind::Integer) {
        "value"
    } else {
        "length"
    };
    let mut all = Vec::new();
    all.extend(shape.max.map(|max| at_most(word, max)));
    all.extend(shape.min.map(|min| at_least(word, min)));
    if let Some(pattern) = shape.pattern {
        all.push(format!("{PATTERN}{}", pattern.text()));
    }
    if let Kind::Enumeration(values) = shape.kind {
        all.push(value_set(service, values));
    }
    all
}

fn out_of_bounds(shape: &Shape, measure: i64, word: &str) -> Option<String> {
    match (shape.min, shape.max) {
        (Some(min), _) if measure < min => Some(at_least(word, min)),
        (_, Some(max)) if measure > max => Some(at_most(word, max)),
        (Some(_) | None, Some(_) | None) => None,
    }
}

fn at_least(word: &str, min: i64) -> String {
    format!("Member must have {word} greater than or equal to {min}")
}

fn at_most(word: &str, max: i64) -> String {
    format!("Member must have {word} less than or equal to {max}")
}

/// IAM does not list the values, STS does.
fn value_set(service: Service, values: &[&str]) -> String {
    match service {
        Service::Iam => "Member must satisfy enum value set".to_owned(),
        Service::Sts => format!(
            "Member must satisfy enum value set: [{}]",
            values.join(", ")
        ),
    }
}

/// A value as messages print it: `[a, b]`, `{k=v}`, `[Tag(key=a, value=b)]`; what is sensitive is left out.
// UNSURE: AWS's print of structures is not documented.
fn shown(shape: &Shape, field: Field<'_>) -> Result<String, DecodeError> {
    if shape.sensitive {
        return Ok(String::new());
    }
    match &shape.kind {
        Kind::Boolean | Kind::Enumeration(_) | Kind::Integer | Kind::String => {
            field.scalar().map(str::to_owned)
        }
        Kind::List(element) => shown_list(element, field),
        Kind::Map { value, .. } => {
            let mut parts = Vec::new();
            for (key, child) in field.entries()? {
                parts.push(format!("{}={}", key.scalar()?, shown(value, child)?));
            }
            Ok(format!("{{{}}}", parts.join(", ")))
        }
        Kind::Structure(members) | Kind::Union(members) => {
            let mut parts = Vec::new();
            for member in members() {
                if let Some(child) = field.child(member.name) {
                    let mut part = String::new();
                    push_step(&mut part, member.name);
                    parts.push(format!("{part}={}", shown(member.shape, child)?));
                }
            }
            Ok(format!("{}({})", shape.name, parts.join(", ")))
        }
    }
}

fn shown_list(element: &Shape, field: Field<'_>) -> Result<String, DecodeError> {
    let parts: Result<Vec<_>, _> = field
        .elements()?
        .into_iter()
        .map(|child| shown(element, child))
        .collect();
    Ok(format!("[{}]", parts?.join(", ")))
}

#[cfg(test)]
mod tests;
