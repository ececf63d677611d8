//! Looks at every statement of every layer, and notes what the rule needs to know.

use keyward_policy::Effect;

use crate::attached::AttachedPolicy;
use crate::compiled::Statement;
use crate::decision::{LayerKind, StatementRef};
use crate::layers::{EndpointKind, PolicyLists};
use crate::observe::{Observer, Weight};
use crate::question::{Question, binds_identity};
use crate::request::Principal;
use crate::statement::{Placed, matches};
use crate::trace::{Applicability, Exemption, LayerOutcome, MatchClasses};

/// What all layers say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// In the order of [`LayerKind::ALL`].
    layers: [SeenLayer; LayerKind::ALL.len()],
}

/// What one layer says.
#[derive(Clone, Copy, Debug, Default)]
struct SeenLayer {
    applies: bool,
    /// Enough of it allows: a statement, or in a layer with levels one in each.
    allows: bool,
    first_allow: Option<StatementRef>,
    first_deny: Option<StatementRef>,
    has_unusable: bool,
    /// How its Allow statements name the principal.
    grants: MatchClasses,
}

impl Seen {
    pub(super) fn look<O: Observer>(question: &Question<'_>, observer: &mut O) -> Self {
        let mut seen = Self::default();
        for (layer, slot) in LayerKind::ALL.into_iter().zip(&mut seen.layers) {
            *slot = look_at(question, layer, observer);
        }
        seen
    }

    pub(super) fn grants(&self) -> MatchClasses {
        self.layer(LayerKind::Resource).grants
    }

    pub(super) fn first_deny(&self) -> Option<(LayerKind, StatementRef)> {
        LayerKind::ALL
            .into_iter()
            .find_map(|layer| Some((layer, self.layer(layer).first_deny?)))
    }

    pub(super) fn first_unusable(&self) -> Option<LayerKind> {
        LayerKind::ALL
            .into_iter()
            .find(|layer| self.layer(*layer).has_unusable)
    }

    pub(super) fn first_allow(&self, layer: LayerKind) -> Option<StatementRef> {
        self.layer(layer).first_allow
    }

    /// Returns whether a layer allows; one that does not apply does not.
    pub(super) fn allows(&self, layer: LayerKind) -> bool {
        self.layer(layer).allows
    }

    /// Returns whether a layer applies and does not allow.
    pub(super) fn misses(&self, layer: LayerKind) -> bool {
        let layer = self.layer(layer);
        layer.applies && !layer.allows
    }

    fn layer(&self, layer: LayerKind) -> &SeenLayer {
        let [
            resource_control,
            service_control,
            endpoint,
            resource,
            identity,
            boundary,
            session,
        ] = &self.layers;
        match layer {
            LayerKind::ResourceControl => resource_control,
            LayerKind::ServiceControl => service_control,
            LayerKind::Endpoint => endpoint,
            LayerKind::Resource => resource,
            LayerKind::Identity => identity,
            LayerKind::PermissionsBoundary => boundary,
            LayerKind::Session => session,
        }
    }
}

fn look_at<O: Observer>(question: &Question<'_>, layer: LayerKind, observer: &mut O) -> SeenLayer {
    let layers = question.layers;
    match layer {
        LayerKind::Endpoint => look_at_lists(
            question,
            layer,
            layers.endpoint.into_iter(),
            layers.endpoint.is_some(),
            observer,
        ),
        LayerKind::Identity => look_at_lists(
            question,
            layer,
            layers.identity.iter(),
            !layers.identity.is_empty(),
            observer,
        ),
        LayerKind::PermissionsBoundary => look_at_lists(
            question,
            layer,
            layers.boundary.into_iter(),
            layers.boundary.is_some(),
            observer,
        ),
        LayerKind::Resource => look_at_lists(
            question,
            layer,
            std::iter::once(layers.resource),
            !layers.resource.is_empty(),
            observer,
        ),
        LayerKind::ResourceControl => {
            look_at_optional(question, layer, layers.resource_control.as_ref(), observer)
        }
        LayerKind::ServiceControl => {
            look_at_optional(question, layer, layers.service_control.as_ref(), observer)
        }
        LayerKind::Session => look_at_optional(question, layer, layers.session.as_ref(), observer),
    }
}

fn look_at_optional<O: Observer>(
    question: &Question<'_>,
    layer: LayerKind,
    lists: Option<&PolicyLists<'_>>,
    observer: &mut O,
) -> SeenLayer {
    look_at_lists(
        question,
        layer,
        lists.into_iter().flat_map(PolicyLists::iter),
        lists.is_some(),
        observer,
    )
}

fn look_at_lists<'p, O: Observer>(
    question: &Question<'_>,
    layer: LayerKind,
    lists: impl Iterator<Item = &'p [AttachedPolicy]>,
    is_attached: bool,
    observer: &mut O,
) -> SeenLayer {
    let applicability = applicability(question, layer, is_attached);
    observer.begin_layer(layer, applicability);
    let mut seen = SeenLayer::default();
    match applicability {
        Applicability::Exempt(Exemption::OwnerRootUnlocks) | Applicability::Applies => {}
        Applicability::Exempt(
            Exemption::KmsRetireGrant
            | Exemption::OwnServiceLinkedRole
            | Exemption::PrincipalKind
            | Exemption::ServiceLinkedRole,
        )
        | Applicability::NotAttached => {
            observer.end_layer(LayerOutcome::NoImpact);
            return seen;
        }
    }
    seen.applies = true;
    let (mut levels, mut levels_with_allow) = (0_usize, 0_usize);
    for (list, policies) in lists.enumerate() {
        levels = levels.saturating_add(1);
        let mut has_allow = false;
        for (policy, attached) in policies.iter().enumerate() {
            if !O::RECORDS && !attached.may_matter(&question.keys) {
                continue;
            }
            let at = StatementRef {
                layer,
                list,
                policy,
                statement: 0,
            };
            has_allow = look_at_policy(question, at, attached, has_allow, &mut seen, observer);
        }
        if has_allow {
            levels_with_allow = levels_with_allow.saturating_add(1);
        } else if has_levels(layer) {
            observer.level_without_allow(list);
        }
    }
    seen.allows = levels_with_allow > 0 && (levels_with_allow == levels || !has_levels(layer));
    observer.end_layer(outcome(question, layer, &seen));
    seen
}

/// Looks at all statements of a policy that could match; returns whether one allows, or one of its level did before.
fn look_at_policy<O: Observer>(
    question: &Question<'_>,
    at: StatementRef,
    attached: &AttachedPolicy,
    mut has_allow: bool,
    seen: &mut SeenLayer,
    observer: &mut O,
) -> bool {
    observer.begin_policy(at, attached);
    if !attached.is_usable() {
        seen.has_unusable = true;
        return has_allow;
    }
    let mut look = |number: usize, observer: &mut O| {
        let Some(statement) = attached.policy().statements.get(number) else {
            return;
        };
        let at = StatementRef {
            statement: number,
            ..at
        };
        if !O::WANTS_EVERY_ALLOW && has_allow && is_needless(statement, at, seen) {
            return;
        }
        has_allow |= look_at_statement(question, at, attached, statement, seen, observer);
    };
    if O::RECORDS {
        (0..attached.policy().statements.len()).for_each(|number| look(number, observer));
    } else {
        attached.candidates(&question.keys, |number| look(number, observer));
    }
    has_allow
}

/// Returns whether a statement can change nothing where its level allows already: an Allow behind the first one, in a layer
/// where it does not matter how a principal is named. No Deny is ever needless.
fn is_needless(statement: &Statement, at: StatementRef, seen: &SeenLayer) -> bool {
    match (statement.effect, at.layer) {
        (Effect::Deny, _) | (Effect::Allow, LayerKind::Resource) => false,
        (
            Effect::Allow,
            LayerKind::Endpoint
            | LayerKind::Identity
            | LayerKind::PermissionsBoundary
            | LayerKind::ResourceControl
            | LayerKind::ServiceControl
            | LayerKind::Session,
        ) => seen.first_allow.is_some_and(|first| first < at),
    }
}

/// Returns whether the statement allows, as far as this layer goes.
fn look_at_statement<O: Observer>(
    question: &Question<'_>,
    at: StatementRef,
    attached: &AttachedPolicy,
    statement: &Statement,
    seen: &mut SeenLayer,
    observer: &mut O,
) -> bool {
    observer.begin_statement(at, attached);
    let placed = Placed {
        policy: attached.policy(),
        statement,
        layer: at.layer,
    };
    let matched = matches(question, placed, observer)
        .map(|classes| (classes, weight(question, placed, classes)));
    observer.end_statement(at, statement.effect, matched);
    let Some((classes, Weight::Counts)) = matched else {
        return false;
    };
    match statement.effect {
        Effect::Allow => {
            seen.grants = seen.grants.union(classes);
            note(&mut seen.first_allow, at);
            true
        }
        Effect::Deny => {
            note(&mut seen.first_deny, at);
            false
        }
    }
}

/// Keeps the foremost: the index does not find statements in their order.
fn note(first: &mut Option<StatementRef>, at: StatementRef) {
    *first = Some(first.map_or(at, |first| first.min(at)));
}

/// Returns whether a matching statement counts.
fn weight(question: &Question<'_>, placed: Placed<'_>, classes: MatchClasses) -> Weight {
    let counts = match (placed.layer, placed.statement.effect) {
        // SOURCE: spec/policy-language.md §2: customers' RCPs only deny.
        (LayerKind::ResourceControl, Effect::Allow) => placed.statement.is_full_access,
        (LayerKind::Endpoint, Effect::Allow) => endpoint_allow_counts(question, classes),
        (LayerKind::Resource, Effect::Deny) => !question.is_root_unlocking(),
        // SOURCE: spec/evaluation.md §5: task policies only deny.
        (LayerKind::Session, Effect::Allow) => {
            !matches!(question.request.principal, Principal::AssumedRoot { .. })
        }
        (
            LayerKind::Identity
            | LayerKind::PermissionsBoundary
            | LayerKind::Resource
            | LayerKind::ServiceControl,
            Effect::Allow,
        )
        | (
            LayerKind::Endpoint
            | LayerKind::Identity
            | LayerKind::PermissionsBoundary
            | LayerKind::ResourceControl
            | LayerKind::ServiceControl
            | LayerKind::Session,
            Effect::Deny,
        ) => true,
    };
    if counts {
        Weight::Counts
    } else {
        Weight::Nothing
    }
}

/// An account in the policy of an endpoint that is no interface endpoint means its root user alone.
// SOURCE: spec/evaluation.md §6.
fn endpoint_allow_counts(question: &Question<'_>, classes: MatchClasses) -> bool {
    let is_root = matches!(
        question.request.principal,
        Principal::AssumedRoot { .. } | Principal::Root { .. }
    );
    match question.layers.endpoint_kind {
        EndpointKind::Interface => true,
        EndpointKind::Gateway | EndpointKind::Other => is_root || classes != MatchClasses::ACCOUNT,
    }
}

/// Returns whether every list of a layer must allow.
fn has_levels(layer: LayerKind) -> bool {
    match layer {
        LayerKind::ResourceControl | LayerKind::ServiceControl => true,
        LayerKind::Endpoint
        | LayerKind::Identity
        | LayerKind::PermissionsBoundary
        | LayerKind::Resource
        | LayerKind::Session => false,
    }
}

/// Returns whether a layer bears on this principal and request.
// SOURCE: spec/evaluation.md §1 (exemptions) and §6.
fn applicability(question: &Question<'_>, layer: LayerKind, is_attached: bool) -> Applicability {
    let principal = &question.request.principal;
    if !is_attached {
        return Applicability::NotAttached;
    }
    let has_account = principal.account().is_some();
    let bound = |is_bound: bool| {
        if is_bound {
            Ok(())
        } else {
            Err(Exemption::PrincipalKind)
        }
    };
    let applies = match layer {
        LayerKind::ResourceControl => resource_control_binds(question),
        LayerKind::ServiceControl if principal.is_service_linked_role() => {
            Err(Exemption::ServiceLinkedRole)
        }
        LayerKind::ServiceControl => bound(has_account),
        LayerKind::Endpoint => bound(!matches!(principal, Principal::Service { .. })),
        LayerKind::Resource if question.is_root_unlocking() => Err(Exemption::OwnerRootUnlocks),
        LayerKind::Resource => Ok(()),
        // What root users issue is bound by no identity policy, but a deny that is given for it counts.
        LayerKind::Identity | LayerKind::PermissionsBoundary => {
            bound(binds_identity(principal) || matches!(principal, Principal::FederatedUser { .. }))
        }
        LayerKind::Session => bound(has_account && !matches!(principal, Principal::Root { .. })),
    };
    applies.map_or_else(Applicability::Exempt, |()| Applicability::Applies)
}

fn resource_control_binds(question: &Question<'_>) -> Result<(), Exemption> {
    let principal = &question.request.principal;
    if principal.is_service_linked_role() {
        return Err(Exemption::ServiceLinkedRole);
    }
    if question.action.is("kms:RetireGrant") {
        return Err(Exemption::KmsRetireGrant);
    }
    if let Principal::Service { name } = principal
        && question.action.is("sts:AssumeRole")
        && let Some(arn) = question.resource.arn()
        && let Some(path) = arn.resource().strip_prefix("role/aws-service-role/")
        && arn.service() == "iam"
        && path
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('/'))
    {
        return Err(Exemption::OwnServiceLinkedRole);
    }
    Ok(())
}

/// Returns what a layer says, taken alone.
// SOURCE: spec/evaluation.md §7.
fn outcome(question: &Question<'_>, layer: LayerKind, seen: &SeenLayer) -> LayerOutcome {
    let principal = &question.request.principal;
    let must_allow = match layer {
        LayerKind::Identity | LayerKind::PermissionsBoundary => binds_identity(principal),
        LayerKind::Resource => false,
        LayerKind::Session => !matches!(principal, Principal::AssumedRoot { .. }),
        LayerKind::Endpoint | LayerKind::ResourceControl | LayerKind::ServiceControl => true,
    };
    if seen.first_deny.is_some() {
        LayerOutcome::ExplicitDeny
    } else if seen.has_unusable {
        LayerOutcome::ImplicitDeny
    } else if seen.allows {
        LayerOutcome::Allow
    } else if must_allow {
        LayerOutcome::ImplicitDeny
    } else {
        LayerOutcome::NoImpact
    }
}
