//! From the checked document to its compiled form.

use keyward_policy::{
    self as ast, ActionElement, Effect, Policy, PrincipalElement, PrincipalKind, PrincipalSet,
    ResourceElement, Spanned, Test, Version,
};

use crate::arn::{Segments, Variables};
use crate::compiled::{CompiledPolicy, Condition, Kind, Operator, State, Statement, Value};
use crate::context::hash_key;
use crate::index::Index;
use crate::place::Place;
use crate::trace::ElementForm;

/// The document needs more than the 4 GiB that offsets reach.
pub(crate) struct TooLarge;

/// Compiles a document, whatever it says.
pub(crate) fn compile(policy: &Policy) -> CompiledPolicy {
    let mut compiler = Compiler {
        version: policy.effective_version(),
        text: String::new(),
        values: Vec::new(),
        statements: Vec::new(),
        conditions: Vec::new(),
    };
    if policy
        .statements
        .iter()
        .try_for_each(|statement| compiler.statement(statement))
        .is_err()
    {
        return CompiledPolicy::unusable("the document is too large");
    }
    let mut compiled = CompiledPolicy {
        text: compiler.text.into(),
        values: compiler.values.into(),
        statements: compiler.statements.into(),
        conditions: compiler.conditions.into(),
        index: Index::default(),
        state: State::Usable(compiler.version),
    };
    compiled.index = Index::of(&compiled);
    compiled
}

/// Collects the arrays of a compiled policy.
struct Compiler {
    version: Version,
    text: String,
    values: Vec<Value>,
    statements: Vec<Statement>,
    conditions: Vec<Condition>,
}

impl Compiler {
    fn statement(&mut self, statement: &ast::Statement) -> Result<(), TooLarge> {
        let sid_start = self.next_value()?;
        if let Some(sid) = &statement.sid {
            self.push(sid, Kind::Exact, 0)?;
        }
        let principals_start = self.next_value()?;
        let principal = self.principals(statement.principal.as_ref())?;
        let actions_start = self.next_value()?;
        let (action, actions) = match &statement.action {
            None => (ElementForm::Absent, &[][..]),
            Some(ActionElement::Action(actions)) => (ElementForm::Listed, actions.as_slice()),
            Some(ActionElement::NotAction(actions)) => (ElementForm::NotListed, actions.as_slice()),
        };
        for pattern in actions {
            self.push(pattern, action_kind(&pattern.value), 0)?;
        }
        let resources_start = self.next_value()?;
        let (resource, resources) = match &statement.resource {
            None => (ElementForm::Absent, &[][..]),
            Some(ResourceElement::Resource(resources)) => {
                (ElementForm::Listed, resources.as_slice())
            }
            Some(ResourceElement::NotResource(resources)) => {
                (ElementForm::NotListed, resources.as_slice())
            }
        };
        for pattern in resources {
            let (kind, head) = resource_kind(&pattern.value, self.version);
            self.push(pattern, kind, head)?;
        }
        let resources_end = self.next_value()?;
        let conditions_start = offset(self.conditions.len())?;
        self.conditions(statement)?;
        let conditions_end = offset(self.conditions.len())?;

        let is_everything =
            |patterns: &[Spanned<String>]| matches!(patterns, [one] if one.value == "*");
        let is_full_access = statement.effect.value == Effect::Allow
            && statement.principal.as_ref().is_some_and(is_everyone)
            && action == ElementForm::Listed
            && is_everything(actions)
            && resource == ElementForm::Listed
            && is_everything(resources)
            && conditions_start == conditions_end;
        self.statements.push(Statement {
            span: statement.span,
            sid_start,
            principals_start,
            actions_start,
            resources_start,
            resources_end,
            conditions_start,
            conditions_end,
            effect: statement.effect.value,
            principal,
            action,
            resource,
            is_full_access,
        });
        Ok(())
    }

    fn principals(&mut self, element: Option<&PrincipalElement>) -> Result<ElementForm, TooLarge> {
        let (form, set) = match element {
            None => return Ok(ElementForm::Absent),
            Some(PrincipalElement::NotPrincipal(set)) => (ElementForm::NotListed, set),
            Some(PrincipalElement::Principal(set)) => (ElementForm::Listed, set),
        };
        match set {
            PrincipalSet::Everyone(span) => {
                self.push_text("*", Place::of(*span), Kind::Everything, 0)?
            }
            PrincipalSet::Listed(entries) => {
                for entry in entries {
                    self.push(&entry.value, principal_kind(entry), 0)?;
                }
            }
        }
        Ok(form)
    }

    fn conditions(&mut self, statement: &ast::Statement) -> Result<(), TooLarge> {
        let mut order: Vec<(Operator, &ast::Condition)> = statement
            .conditions
            .iter()
            .map(|condition| (operator(&condition.operator.value), condition))
            .collect();
        // Spellings of one key under one operator must stand together, and only a Deny tells them from others.
        // SOURCE: spec/policy-language.md §6, "Same key twice with different case in one block".
        let twins = statement.effect.value == Effect::Deny && has_twins(&order);
        if twins {
            order.sort_by_cached_key(|(_, condition)| {
                (
                    condition.operator.value.to_string(),
                    condition.key.value.to_ascii_lowercase(),
                )
            });
        }
        let mut before: Option<(Operator, &ast::Condition)> = None;
        for (operator, condition) in order {
            let is_twin =
                twins && before.is_some_and(|before| same_key(before, (operator, condition)));
            self.condition(operator, condition, is_twin)?;
            before = Some((operator, condition));
        }
        Ok(())
    }

    fn condition(
        &mut self,
        operator: Operator,
        condition: &ast::Condition,
        is_twin: bool,
    ) -> Result<(), TooLarge> {
        let key = self.next_value()?;
        self.push(&condition.key, Kind::Exact, 0)?;
        if operator == Operator::Unknown {
            let place = Place::of(condition.operator.span);
            self.push_text(&condition.operator.value.to_string(), place, Kind::Never, 0)?;
        }
        for value in &condition.values {
            self.push(value, value_kind(&value.value, self.version), 0)?;
        }
        self.conditions.push(Condition {
            key,
            end: self.next_value()?,
            key_hash: hash_key(&condition.key.value),
            operator_place: Place::of(condition.operator.span),
            operator,
            is_twin,
        });
        Ok(())
    }

    fn push(&mut self, written: &Spanned<String>, kind: Kind, head: u16) -> Result<(), TooLarge> {
        self.push_text(&written.value, Place::of(written.span), kind, head)
    }

    fn push_text(
        &mut self,
        text: &str,
        place: Place,
        kind: Kind,
        head: u16,
    ) -> Result<(), TooLarge> {
        let start = offset(self.text.len())?;
        self.text.push_str(text);
        self.values.push(Value {
            start,
            place,
            head,
            kind,
        });
        Ok(())
    }

    fn next_value(&self) -> Result<u32, TooLarge> {
        offset(self.values.len())
    }
}

fn offset(length: usize) -> Result<u32, TooLarge> {
    u32::try_from(length).map_err(|_| TooLarge)
}

fn is_everyone(element: &PrincipalElement) -> bool {
    match element {
        PrincipalElement::NotPrincipal(_) => false,
        PrincipalElement::Principal(PrincipalSet::Everyone(_)) => true,
        PrincipalElement::Principal(PrincipalSet::Listed(entries)) => {
            matches!(entries.as_slice(), [one] if principal_kind(one) == Kind::Everything)
        }
    }
}

/// `{"AWS": "*"}` is everyone; below the other keys `*` is an ordinary text that nobody is called.
fn principal_kind(entry: &ast::Principal) -> Kind {
    match entry.kind {
        PrincipalKind::Aws if entry.value.value == "*" => Kind::Everything,
        PrincipalKind::Aws => Kind::PrincipalAws,
        PrincipalKind::CanonicalUser => Kind::PrincipalCanonicalUser,
        PrincipalKind::Federated => Kind::PrincipalFederated,
        PrincipalKind::Service => Kind::PrincipalService,
    }
}

/// SOURCE: spec/policy-language.md §3. An action with whitespace, without a colon or with an empty part fits nothing.
fn action_kind(text: &str) -> Kind {
    if text == "*" {
        return Kind::Everything;
    }
    match text.split_once(':') {
        None | Some(("", _) | (_, "")) => Kind::Never,
        Some(_) if text.contains(char::is_whitespace) => Kind::Never,
        Some(_) if has_wildcard(text) => Kind::Glob,
        Some(_) => Kind::Exact,
    }
}

/// The place of the region among an ARN's parts; the account follows, then the resource.
const REGION: usize = 3;

/// SOURCE: spec/policy-language.md §4.
fn resource_kind(text: &str, version: Version) -> (Kind, u16) {
    if text == "*" {
        return (Kind::Everything, 0);
    }
    let variables = match version {
        Version::V2008 => Variables::Text,
        Version::V2012 => Variables::Known,
    };
    let Some(segments) = Segments::split(text, variables) else {
        let is_variable = variables == Variables::Known && text.contains("${");
        let kind = if is_variable {
            Kind::VariableInHead
        } else {
            Kind::Never
        };
        return (kind, 0);
    };
    // A variable may stand for the region or the account of a whole ARN, as in AWS's own managed policies.
    let has_variable = |part: &&str| variables == Variables::Known && part.contains("${");
    let in_head = segments.head().iter().position(has_variable);
    if in_head.is_some_and(|part| part < REGION || !segments.is_complete()) {
        return (Kind::VariableInHead, 0);
    }
    if !segments.is_complete() {
        return (Kind::ShortArn, 0);
    }
    let resource = segments.resource();
    let has_variables = in_head.is_some() || has_variable(&resource);
    // Where the part before the resource is plain, it is compared whole; else, or where it is too long to be noted, part
    // by part.
    let is_plain = in_head.is_none() && !segments.head().iter().any(|part| has_wildcard(part));
    let head = if !is_plain {
        0
    } else {
        u16::try_from(text.len().saturating_sub(resource.len())).unwrap_or(0)
    };
    let kind = match resource.strip_suffix('*') {
        _ if has_variables => Kind::Variables,
        _ if head == 0 => Kind::Glob,
        Some(before) if !has_wildcard(before) => Kind::Prefix,
        None if !has_wildcard(resource) => Kind::Exact,
        Some(_) | None => Kind::Glob,
    };
    (kind, head)
}

fn value_kind(text: &str, version: Version) -> Kind {
    if version == Version::V2012 && text.contains("${") {
        Kind::Variables
    } else if has_wildcard(text) {
        Kind::Glob
    } else {
        Kind::Exact
    }
}

fn has_wildcard(text: &str) -> bool {
    memchr::memchr2(b'*', b'?', text.as_bytes()).is_some()
}

fn operator(written: &ast::Operator) -> Operator {
    match written {
        // SOURCE: spec/policy-language.md §6: Null never takes IfExists.
        ast::Operator::Known {
            test: Test::Null,
            if_exists: true,
            ..
        }
        | ast::Operator::Unknown(_) => Operator::Unknown,
        ast::Operator::Known {
            qualifier,
            test,
            if_exists,
        } => Operator::Known {
            qualifier: *qualifier,
            test: *test,
            if_exists: *if_exists,
        },
    }
}

fn same_key(
    (left, a): (Operator, &ast::Condition),
    (right, b): (Operator, &ast::Condition),
) -> bool {
    left == right && left != Operator::Unknown && a.key.value.eq_ignore_ascii_case(&b.key.value)
}

fn has_twins(conditions: &[(Operator, &ast::Condition)]) -> bool {
    let mut seen = std::collections::HashSet::new();
    conditions.iter().any(|(_, condition)| {
        !seen.insert((
            condition.operator.value.to_string(),
            condition.key.value.to_ascii_lowercase(),
        ))
    })
}
