//! From JSON to [`Policy`].
//!
//! Reads as much as has a meaning and collects every problem on the way: [`Policy::parse`] refuses on the first,
//! the write-time checks order them as AWS does. Leaves alone what only writing refuses: unknown operators and
//! actions, odd ARNs, an absent `Version` or `Action`. Start at [`draft`].

use crate::ast::{
    ActionElement, Condition, Effect, Operator, Policy, Principal, PrincipalElement, PrincipalKind,
    PrincipalSet, ResourceElement, Span, Spanned, Statement, Version,
};
use crate::error::{ParsePolicyError, Place, Problem};
use crate::json::{self, Json, Member, Node};
use crate::limits;

#[cfg(test)]
mod tests;

impl Policy {
    /// Reads a policy document of at most 1,048,576 characters; AWS's own are longer than anybody may write one.
    ///
    /// Accepts whatever can be given a meaning, also what the write-time checks of AWS refuse, as stored policies
    /// may be older than those checks. Null entries of lists are left out, numbers and booleans among condition
    /// values become their source text, a lone statement is a list of one. An absent `Version` stays absent.
    /// Unknown keys beside `Statement` are passed over, unless they are a known one in another case.
    ///
    /// # Errors
    /// Text that is not JSON or not an object; a key twice in one object; more than 32 levels; `Statement` absent;
    /// `Effect` absent or not exactly `Allow` or `Deny`; an element together with its `Not` form; an
    /// unknown element in a statement or kind of principal; a value of the wrong type; another `Version`.
    ///
    /// # Examples
    /// ```
    /// use keyward_policy::{Effect, Policy};
    ///
    /// let policy = Policy::parse(r#"{"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}"#)?;
    /// assert_eq!(policy.statements[0].effect.value, Effect::Deny);
    ///
    /// let error = Policy::parse(r#"{"Statement": [{"Effect": "Allow", "Action": 5}]}"#).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "Statement[0].Action: expected a string or a list of strings, found a number (line 1, column 46)",
    /// );
    /// # Ok::<(), keyward_policy::ParsePolicyError>(())
    /// ```
    ///
    /// Linear in the length of the text, but for sorting the keys of large objects.
    pub fn parse(text: &str) -> Result<Self, ParsePolicyError> {
        Self::parse_at_most(text, limits::READ_CHARACTERS)
    }

    /// Reads a policy document of at most `limit` characters; otherwise as [`Policy::parse`].
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn parse_at_most(text: &str, limit: usize) -> Result<Self, ParsePolicyError> {
        let draft = draft(text, limit)?;
        // No statement says nothing, which is clear enough for a policy that is stored; only writing refuses it.
        let mut problems = draft.problems.into_iter();
        match problems.find(|problem| *problem.problem() != Problem::EmptyStatement) {
            None => Ok(draft.policy),
            Some(problem) => Err(problem),
        }
    }
}

/// What was read of a document, and everything that was wrong with it.
pub(crate) struct Draft {
    /// Only to be relied on where `problems` is empty; otherwise placeholders stand for what could not be read.
    pub(crate) policy: Policy,
    /// In the order of the document; not all of them, but the first of each that a check could ask for.
    pub(crate) problems: Vec<ParsePolicyError>,
    /// Keys beside `Version`, `Id` and `Statement`, which were passed over.
    pub(crate) unknown_keys: Vec<Spanned<String>>,
}

/// Reads a document as far as it can be read.
///
/// # Errors
/// A text that is too long, not JSON, or not an object.
pub(crate) fn draft(text: &str, limit: usize) -> Result<Draft, ParsePolicyError> {
    // Characters are at most bytes, so most texts need no count.
    if text.len() > limit && text.chars().nth(limit).is_some() {
        return Err(ParsePolicyError::in_policy(
            Span::default(),
            Problem::TooLong(limit),
        ));
    }
    let node = json::read(text)?;
    let Json::Object(members) = &node.json else {
        let problem = wrong_type("an object", &node);
        return Err(ParsePolicyError::in_policy(node.span, problem));
    };
    let mut walk = Walk {
        problems: Vec::new(),
    };
    let mut policy = Policy {
        version: None,
        id: None,
        statements: Vec::new(),
    };
    let mut unknown_keys = Vec::new();
    let mut has_statement = false;
    for Member {
        key,
        key_span,
        value,
    } in members
    {
        let place = Place::POLICY.element(key);
        match key.as_ref() {
            "Id" => policy.id = walk.string(&place, value),
            "Statement" => {
                has_statement = true;
                policy.statements = walk.statements(&place, value);
            }
            "Version" => policy.version = walk.version(&place, value),
            other => {
                // `statement` beside `Statement` might be a Deny that its author counts on.
                if ["Id", "Statement", "Version"]
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(other))
                {
                    walk.report(
                        &place,
                        *key_span,
                        Problem::UnknownElement("Version, Id, Statement"),
                    );
                } else {
                    unknown_keys.push(Spanned {
                        value: other.to_owned(),
                        span: *key_span,
                    });
                }
            }
        }
    }
    if !has_statement {
        walk.report(&Place::POLICY, node.span, Problem::Missing("Statement"));
    }
    Ok(Draft {
        policy,
        problems: walk.problems,
        unknown_keys,
    })
}

const STATEMENT_ELEMENTS: &str =
    "Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition";

fn wrong_type(expected: &'static str, node: &Node<'_>) -> Problem {
    Problem::WrongType {
        expected,
        found: node.json.type_name(),
    }
}

/// Returns a statement to be filled in.
///
/// Its effect survives only in a draft with problems, which nobody evaluates; Deny in case somebody ever did.
fn placeholder(span: Span) -> Statement {
    let effect = Spanned {
        value: Effect::Deny,
        span,
    };
    Statement {
        span,
        sid: None,
        effect,
        principal: None,
        action: None,
        resource: None,
        conditions: Vec::new(),
    }
}

/// Which JSON values may stand for a text.
#[derive(Clone, Copy)]
enum Scalars {
    /// Strings, numbers and booleans.
    Coerced,
    /// Strings alone.
    StringsOnly,
}

/// How many problems inside statements are kept. The first of them decides, and the rest of its statement.
const MOST_PROBLEMS: usize = 64;

struct Walk {
    problems: Vec<ParsePolicyError>,
}

impl Walk {
    /// Notes a problem, unless enough of its like are known: a hostile text has tens of thousands.
    fn report(&mut self, place: &Place<'_>, span: Span, problem: Problem) {
        // The one problem that lets the write-time checks go on, so it must not crowd out the others.
        let is_effect_case = |problem: &Problem| matches!(problem, Problem::EffectCase(_));
        let is_known = if is_effect_case(&problem) {
            self.problems
                .iter()
                .any(|known| is_effect_case(known.problem()))
        } else {
            place.statement().is_some() && self.problems.len() >= MOST_PROBLEMS
        };
        if !is_known {
            self.problems
                .push(ParsePolicyError::at(place, span, problem));
        }
    }

    fn string(&mut self, place: &Place<'_>, node: &Node<'_>) -> Option<Spanned<String>> {
        if let Json::String(text) = &node.json {
            return Some(Spanned {
                value: text.clone().into_owned(),
                span: node.span,
            });
        }
        self.report(place, node.span, wrong_type("a string", node));
        None
    }

    fn version(&mut self, place: &Place<'_>, node: &Node<'_>) -> Option<Spanned<Version>> {
        let text = self.string(place, node)?;
        let value = match text.value.as_str() {
            "2008-10-17" => Version::V2008,
            "2012-10-17" => Version::V2012,
            _ => {
                self.report(place, node.span, Problem::InvalidVersion);
                return None;
            }
        };
        Some(Spanned {
            value,
            span: node.span,
        })
    }

    fn statements(&mut self, place: &Place<'_>, node: &Node<'_>) -> Vec<Statement> {
        match &node.json {
            Json::Object(members) => vec![self.statement(0, node.span, members)],
            Json::Array(nodes) => {
                if nodes.is_empty() {
                    self.report(place, node.span, Problem::EmptyStatement);
                }
                let mut statements = Vec::with_capacity(nodes.len());
                for (index, node) in nodes.iter().enumerate() {
                    statements.push(if let Json::Object(members) = &node.json {
                        self.statement(index, node.span, members)
                    } else {
                        self.report(
                            &Place::at_statement(index),
                            node.span,
                            wrong_type("an object", node),
                        );
                        placeholder(node.span)
                    });
                }
                statements
            }
            Json::Bool(_) | Json::Null | Json::Number(_) | Json::String(_) => {
                self.report(
                    place,
                    node.span,
                    wrong_type("a statement or a list of statements", node),
                );
                Vec::new()
            }
        }
    }

    fn statement(&mut self, index: usize, span: Span, members: &[Member<'_>]) -> Statement {
        let here = Place::at_statement(index);
        let mut statement = placeholder(span);
        let mut has_effect = false;
        for Member {
            key,
            key_span,
            value,
        } in members
        {
            let place = here.element(key);
            match key.as_ref() {
                "Sid" => statement.sid = self.string(&place, value),
                "Effect" => {
                    has_effect = true;
                    if let Some(effect) = self.effect(&place, value) {
                        statement.effect = effect;
                    }
                }
                name @ ("Principal" | "NotPrincipal") => {
                    let taken = statement.principal.is_some();
                    self.only_one(&place, *key_span, taken, ("Principal", "NotPrincipal"));
                    let set = self.principals(&place, value);
                    statement.principal = Some(match name {
                        "Principal" => PrincipalElement::Principal(set),
                        _ => PrincipalElement::NotPrincipal(set),
                    });
                }
                name @ ("Action" | "NotAction") => {
                    self.only_one(
                        &place,
                        *key_span,
                        statement.action.is_some(),
                        ("Action", "NotAction"),
                    );
                    let patterns = self.strings(&place, value);
                    statement.action = Some(match name {
                        "Action" => ActionElement::Action(patterns),
                        _ => ActionElement::NotAction(patterns),
                    });
                }
                name @ ("Resource" | "NotResource") => {
                    self.only_one(
                        &place,
                        *key_span,
                        statement.resource.is_some(),
                        ("Resource", "NotResource"),
                    );
                    let patterns = self.strings(&place, value);
                    statement.resource = Some(match name {
                        "Resource" => ResourceElement::Resource(patterns),
                        _ => ResourceElement::NotResource(patterns),
                    });
                }
                "Condition" => statement.conditions = self.conditions(&place, value),
                _ => self.report(
                    &place,
                    *key_span,
                    Problem::UnknownElement(STATEMENT_ELEMENTS),
                ),
            }
        }
        if !has_effect {
            self.report(&here, span, Problem::Missing("Effect"));
        }
        statement
    }

    fn only_one(
        &mut self,
        place: &Place<'_>,
        span: Span,
        taken: bool,
        names: (&'static str, &'static str),
    ) {
        if taken {
            self.report(place, span, Problem::Both(names.0, names.1));
        }
    }

    fn effect(&mut self, place: &Place<'_>, node: &Node<'_>) -> Option<Spanned<Effect>> {
        let Spanned { value: text, span } = self.string(place, node)?;
        let value = match text.as_str() {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            other => {
                let near =
                    other.eq_ignore_ascii_case("Allow") || other.eq_ignore_ascii_case("Deny");
                let problem = if near {
                    Problem::EffectCase(text)
                } else {
                    Problem::InvalidEffect(text)
                };
                self.report(place, span, problem);
                return None;
            }
        };
        Some(Spanned { value, span })
    }

    fn principals(&mut self, place: &Place<'_>, node: &Node<'_>) -> PrincipalSet {
        let mut listed = Vec::new();
        match &node.json {
            Json::String(text) if text == "*" => return PrincipalSet::Everyone(node.span),
            Json::String(_) => self.report(place, node.span, Problem::PrincipalForm),
            Json::Object(members) => {
                for Member {
                    key,
                    key_span,
                    value,
                } in members
                {
                    let place = place.element(key);
                    let kind = match key.as_ref() {
                        "AWS" => PrincipalKind::Aws,
                        "CanonicalUser" => PrincipalKind::CanonicalUser,
                        "Federated" => PrincipalKind::Federated,
                        "Service" => PrincipalKind::Service,
                        _ => {
                            let known = "AWS, CanonicalUser, Federated, Service";
                            self.report(&place, *key_span, Problem::UnknownElement(known));
                            continue;
                        }
                    };
                    let values = self.strings(&place, value);
                    listed.extend(values.into_iter().map(|value| Principal { kind, value }));
                }
            }
            Json::Array(_) | Json::Bool(_) | Json::Null | Json::Number(_) => {
                self.report(place, node.span, wrong_type("\"*\" or an object", node));
            }
        }
        PrincipalSet::Listed(listed)
    }

    fn strings(&mut self, place: &Place<'_>, node: &Node<'_>) -> Vec<Spanned<String>> {
        self.texts(
            place,
            node,
            Scalars::StringsOnly,
            "a string or a list of strings",
        )
    }

    fn conditions(&mut self, place: &Place<'_>, node: &Node<'_>) -> Vec<Condition> {
        let Json::Object(blocks) = &node.json else {
            self.report(place, node.span, wrong_type("an object of operators", node));
            return Vec::new();
        };
        let mut conditions = Vec::new();
        for block in blocks {
            let place = place.element(&block.key);
            let Json::Object(keys) = &block.value.json else {
                self.report(
                    &place,
                    block.value.span,
                    wrong_type("an object of condition keys", &block.value),
                );
                continue;
            };
            let operator = Operator::parse(&block.key);
            for Member {
                key,
                key_span,
                value,
            } in keys
            {
                let place = place.element(key);
                conditions.push(Condition {
                    operator: Spanned {
                        value: operator.clone(),
                        span: block.key_span,
                    },
                    key: Spanned {
                        value: key.clone().into_owned(),
                        span: *key_span,
                    },
                    values: self.texts(
                        &place,
                        value,
                        Scalars::Coerced,
                        "a value or a list of values",
                    ),
                });
            }
        }
        conditions
    }

    /// Reads one text or a list of them; nulls in a list are left out.
    // SOURCE: spec/policy-language.md §1, "Null entries" and "Quotes optional". A null that is no list entry is
    // refused: reading it as absent would drop a condition or a restriction.
    fn texts(
        &mut self,
        place: &Place<'_>,
        node: &Node<'_>,
        scalars: Scalars,
        expected: &'static str,
    ) -> Vec<Spanned<String>> {
        let Json::Array(nodes) = &node.json else {
            return self
                .text(place, node, scalars, expected)
                .into_iter()
                .collect();
        };
        let mut texts = Vec::with_capacity(nodes.len());
        for entry in nodes.iter().filter(|entry| entry.json != Json::Null) {
            texts.extend(self.text(place, entry, scalars, expected));
        }
        texts
    }

    fn text(
        &mut self,
        place: &Place<'_>,
        node: &Node<'_>,
        scalars: Scalars,
        expected: &'static str,
    ) -> Option<Spanned<String>> {
        let value = match (&node.json, scalars) {
            (Json::String(text), _) => text.clone().into_owned(),
            (Json::Bool(value), Scalars::Coerced) => value.to_string(),
            (Json::Number(text), Scalars::Coerced) => (*text).to_owned(),
            (Json::Bool(_) | Json::Number(_), Scalars::StringsOnly)
            | (Json::Array(_) | Json::Null | Json::Object(_), _) => {
                self.report(place, node.span, wrong_type(expected, node));
                return None;
            }
        };
        Some(Spanned {
            value,
            span: node.span,
        })
    }
}
