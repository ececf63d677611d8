//! AWS's policy simulator: what `SimulateCustomPolicy` and `SimulatePrincipalPolicy` answer.
//!
//! The decisions are the engine's own; here is only how a simulation is put to it and how the answer is told. Start at
//! [`Simulation::simulate`].

mod context;
mod document;
mod keys;
mod outcome;
#[cfg(test)]
mod tests;

use keyward_arn::{AccountId, Arn};
use keyward_engine::{
    Context, LayerKind, Layers, PolicyLists, Principal, Request, ResourceKind, StatementRef,
    Summary, summarize,
};
use keyward_policy::Effect;

pub use keyward_policy::{Position, Span};

pub use context::{InvalidContextValue, SimulatedValue, ValueType};
pub use document::{Documents, InvalidDocument, MatchedStatement, SourceKind};
pub use keys::{KeyNames, context_keys};
pub use outcome::{ActionOutcome, ResourceOutcome, Verdict};

/// Who calls in a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedCaller {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: AccountId,
    /// What it is.
    pub kind: CallerKind,
}

/// What can call in a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallerKind {
    /// The members of a group, none in particular.
    Group,
    /// Some session of a role.
    Role,
    /// A user.
    User,
}

/// Policies and circumstances, to be asked any number of actions.
#[derive(Debug)]
pub struct Simulation {
    /// Who calls.
    pub caller: SimulatedCaller,
    /// The identity policies.
    pub identity: Documents,
    /// The permissions boundary; `None` where there is none.
    pub boundary: Option<Documents>,
    /// The SCPs, one set a level, root first; `None` where the account is in no organization.
    pub organization: Option<Vec<Documents>>,
    /// The policy of every resource, and who owns the resources whose ARN does not say.
    pub resource: Option<(Documents, AccountId)>,
    /// The condition keys.
    pub context: Vec<(String, SimulatedValue)>,
}

impl Simulation {
    /// Decides an action on every resource; none at all stands for `*`, any resource.
    ///
    /// Costs one decision a resource.
    #[must_use]
    pub fn simulate(&self, action: &str, resources: &[String]) -> ActionOutcome {
        let context = self.context();
        let missing = self.missing_keys();
        let named = !matches!(resources, [] | [_]) || resources.iter().any(|name| name != "*");
        if named {
            let asked = resources.iter();
            let asked = asked.map(|name| (name, self.ask(action, name, &context, &missing)));
            ActionOutcome::of_resources(asked.collect())
        } else {
            ActionOutcome::of_any(self.ask(action, "*", &context, &missing))
        }
    }

    /// Returns the condition keys that the identity and resource policies look at and the context does not have, in the
    /// order in which the policies name them, whatever the action.
    // SOURCE: spec/evaluation.md §8; SCPs do not count.
    #[must_use]
    pub fn missing_keys(&self) -> Vec<String> {
        let mut names = KeyNames::default();
        names.extend(self.identity.keys());
        if let Some((documents, _)) = &self.resource {
            names.extend(documents.keys());
        }
        names.without(|name| {
            let mut given = self.context.iter();
            given.any(|(key, _)| key.eq_ignore_ascii_case(name))
        })
    }

    fn ask(
        &self,
        action: &str,
        resource: &str,
        context: &Context<'_>,
        missing: &[String],
    ) -> ResourceOutcome {
        let owner = self.owner(resource);
        let mut request = Request::new(self.principal(), action, resource, context);
        request.resource_account = Some(owner);
        let summary = summarize(&request, &self.layers(action, resource));
        let reach = if owner == self.caller.account {
            outcome::Reach::SameAccount
        } else {
            outcome::Reach::CrossAccount
        };
        ResourceOutcome::new(&summary, reach, self.matched(&summary), missing)
    }

    fn context(&self) -> Context<'_> {
        let mut context = Context::with_capacity(self.context.len());
        for (key, value) in &self.context {
            match value {
                SimulatedValue::Multiple(values) => context.insert_list(key, values),
                SimulatedValue::Single(value) => context.insert(key, value),
            }
        }
        context
    }

    fn principal(&self) -> Principal<'_> {
        let SimulatedCaller { arn, account, kind } = &self.caller;
        match kind {
            CallerKind::Group | CallerKind::User => Principal::User {
                arn,
                account: *account,
                unique_id: None,
            },
            CallerKind::Role => Principal::RoleSession {
                arn,
                account: *account,
                role_arn: arn,
                role_id: None,
            },
        }
    }

    /// Returns who owns a resource. Without a resource policy only the caller's side is simulated, as if all were its own.
    // SOURCE: spec/evaluation.md §8 (ResourceOwner).
    fn owner(&self, resource: &str) -> AccountId {
        match &self.resource {
            None => self.caller.account,
            Some((_, owner)) => Arn::parse(resource)
                .and_then(|arn| arn.account_id())
                .unwrap_or(*owner),
        }
    }

    fn layers(&self, action: &str, resource: &str) -> Layers<'_> {
        let organization = self.organization.as_ref();
        Layers {
            service_control: organization
                .map(|levels| levels.iter().map(Documents::attached).collect()),
            resource: self
                .resource
                .as_ref()
                .map_or(&[], |(documents, _)| documents.attached()),
            resource_kind: match self.resource {
                Some(_) => crate::ask::resource_kind(action, resource),
                None => ResourceKind::Ordinary,
            },
            identity: PolicyLists::from(self.identity.attached()),
            boundary: self.boundary.as_ref().map(Documents::attached),
            ..Layers::default()
        }
    }

    /// Returns the statements of identity and resource policies that made the decision: resource policies first.
    // SOURCE: spec/evaluation.md §8: only statements that contributed to the decision, and never an SCP's.
    fn matched(&self, summary: &Summary) -> Vec<MatchedStatement> {
        let wanted = match Verdict::of(&summary.decision) {
            Verdict::Allowed => Effect::Allow,
            Verdict::ExplicitDeny => Effect::Deny,
            Verdict::ImplicitDeny => return Vec::new(),
        };
        let matched = summary.matched.iter();
        let matched = matched.filter(|(_, effect)| *effect == wanted);
        matched.filter_map(|(at, _)| self.statement(*at)).collect()
    }

    fn statement(&self, at: StatementRef) -> Option<MatchedStatement> {
        let documents = match at.layer {
            LayerKind::Identity => &self.identity,
            LayerKind::Resource => &self.resource.as_ref()?.0,
            LayerKind::Endpoint
            | LayerKind::PermissionsBoundary
            | LayerKind::ResourceControl
            | LayerKind::ServiceControl
            | LayerKind::Session => return None,
        };
        documents.statement(at.policy, at.statement)
    }
}
