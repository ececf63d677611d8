//! What the tests of several modules need: policies without spans, and generated policies.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::ast::*;

/// Returns the policy with every span at its default, for comparison by content.
pub(crate) fn bare(policy: &Policy) -> Policy {
    Policy {
        version: policy.version.as_ref().map(|version| at(version.value)),
        id: policy.id.as_ref().map(text),
        statements: policy.statements.iter().map(bare_statement).collect(),
    }
}

fn bare_statement(statement: &Statement) -> Statement {
    Statement {
        span: Span::default(),
        sid: statement.sid.as_ref().map(text),
        effect: at(statement.effect.value),
        principal: statement
            .principal
            .as_ref()
            .map(|principal| match principal {
                PrincipalElement::NotPrincipal(set) => {
                    PrincipalElement::NotPrincipal(bare_set(set))
                }
                PrincipalElement::Principal(set) => PrincipalElement::Principal(bare_set(set)),
            }),
        action: statement.action.as_ref().map(|action| match action {
            ActionElement::Action(patterns) => ActionElement::Action(texts(patterns)),
            ActionElement::NotAction(patterns) => ActionElement::NotAction(texts(patterns)),
        }),
        resource: statement.resource.as_ref().map(|resource| match resource {
            ResourceElement::NotResource(patterns) => ResourceElement::NotResource(texts(patterns)),
            ResourceElement::Resource(patterns) => ResourceElement::Resource(texts(patterns)),
        }),
        conditions: statement
            .conditions
            .iter()
            .map(|condition| Condition {
                operator: at(condition.operator.value.clone()),
                key: text(&condition.key),
                values: texts(&condition.values),
            })
            .collect(),
    }
}

fn bare_set(set: &PrincipalSet) -> PrincipalSet {
    match set {
        PrincipalSet::Everyone(_) => PrincipalSet::Everyone(Span::default()),
        PrincipalSet::Listed(listed) => PrincipalSet::Listed(
            listed
                .iter()
                .map(|entry| Principal {
                    kind: entry.kind,
                    value: text(&entry.value),
                })
                .collect(),
        ),
    }
}

fn at<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        span: Span::default(),
    }
}

fn text(spanned: &Spanned<String>) -> Spanned<String> {
    at(spanned.value.clone())
}

fn texts(patterns: &[Spanned<String>]) -> Vec<Spanned<String>> {
    patterns.iter().map(text).collect()
}

/// Texts that policies hold, and texts that only an adversary writes.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9:*?/${}., \\\\\"\n\t\u{1}-]{0,12}",
        any::<String>(),
        Just("*".to_owned()),
        Just("arn:aws:s3:::bucket/${aws:username}/*".to_owned()),
        Just("\u{1F511}\u{ffff}\u{0}".to_owned()),
    ]
}

fn any_texts() -> impl Strategy<Value = Vec<Spanned<String>>> {
    prop::collection::vec(any_text().prop_map(at), 0..4)
}

fn any_operator() -> impl Strategy<Value = Operator> {
    let qualifier = prop::option::of(prop::sample::select(vec![
        SetQualifier::ForAllValues,
        SetQualifier::ForAnyValue,
    ]));
    let known = (
        qualifier,
        prop::sample::select(Test::ALL.to_vec()),
        any::<bool>(),
    );
    prop_oneof![
        4 => known.prop_map(|(qualifier, test, if_exists)| {
            Operator::Known { qualifier, test, if_exists: if_exists && test != Test::Null }
        }),
        1 => any_text().prop_map(|text| Operator::parse(&text)),
    ]
}

/// Conditions as a document can hold them: an operator once, and a key once under it.
fn any_conditions() -> impl Strategy<Value = Vec<Condition>> {
    let keys = prop::collection::btree_map(any_text(), any_texts(), 1..3);
    let blocks = prop::collection::vec((any_operator(), keys), 0..3);
    blocks.prop_map(|blocks| {
        let unique: BTreeMap<String, _> = blocks
            .into_iter()
            .map(|(operator, keys)| (operator.to_string(), (operator, keys)))
            .collect();
        let mut conditions = Vec::new();
        for (operator, keys) in unique.into_values() {
            for (key, values) in keys {
                conditions.push(Condition {
                    operator: at(operator.clone()),
                    key: at(key),
                    values,
                });
            }
        }
        conditions
    })
}

fn any_principals() -> impl Strategy<Value = PrincipalSet> {
    let kinds = vec![
        PrincipalKind::Aws,
        PrincipalKind::CanonicalUser,
        PrincipalKind::Federated,
        PrincipalKind::Service,
    ];
    let kinds = Just(kinds).prop_shuffle().prop_flat_map(|kinds| {
        prop::sample::subsequence(kinds, 0..=4).prop_flat_map(|kinds| {
            kinds
                .into_iter()
                .map(|kind| (Just(kind), any_texts()))
                .collect::<Vec<_>>()
        })
    });
    let listed = kinds.prop_map(|groups| {
        let entries = groups.into_iter().flat_map(|(kind, values)| {
            values
                .into_iter()
                .map(move |value| Principal { kind, value })
        });
        PrincipalSet::Listed(entries.collect())
    });
    prop_oneof![1 => Just(PrincipalSet::Everyone(Span::default())), 3 => listed]
}

fn any_statement() -> impl Strategy<Value = Statement> {
    let principal = prop_oneof![
        any_principals().prop_map(PrincipalElement::NotPrincipal),
        any_principals().prop_map(PrincipalElement::Principal),
    ];
    let action = prop_oneof![
        any_texts().prop_map(ActionElement::Action),
        any_texts().prop_map(ActionElement::NotAction),
    ];
    let resource = prop_oneof![
        any_texts().prop_map(ResourceElement::NotResource),
        any_texts().prop_map(ResourceElement::Resource),
    ];
    (
        prop::option::of(any_text().prop_map(at)),
        prop::sample::select(vec![Effect::Allow, Effect::Deny]),
        prop::option::of(principal),
        prop::option::of(action),
        prop::option::of(resource),
        any_conditions(),
    )
        .prop_map(
            |(sid, effect, principal, action, resource, conditions)| Statement {
                span: Span::default(),
                sid,
                effect: at(effect),
                principal,
                action,
                resource,
                conditions,
            },
        )
}

/// Any policy that a document can say.
pub(crate) fn any_policy() -> impl Strategy<Value = Policy> {
    let version = prop::sample::select(vec![None, Some(Version::V2008), Some(Version::V2012)]);
    let statements = prop::collection::vec(any_statement(), 1..4);
    (
        version,
        prop::option::of(any_text().prop_map(at)),
        statements,
    )
        .prop_map(|(version, id, statements)| Policy {
            version: version.map(at),
            id,
            statements,
        })
}
