//! What the policies are asked.

use std::sync::Arc;

use keyward_arn::AccountId;
use keyward_directory::{Tag, Tags};
use keyward_engine::ResourceKind;
use keyward_view::{Cell, RolePrincipal};

use crate::authenticate::Caller;
use crate::handlers::Shown;

/// Whether condition keys can matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conditions {
    /// A rule that no policy changes answers, so none is put together.
    FixedRule,
    /// Policies may ask for any.
    Policies,
}

/// Whose a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// AWS's, as its managed policies are, and no account may do this to it.
    Aws,
    /// AWS's, and every account may do this to it that its own policies let.
    AwsForAll,
    /// The caller's account's.
    Own,
    /// Another account's.
    Other(AccountId),
}

impl Belongs {
    /// Returns the account that decides with the caller's; `None` is one that never allows.
    pub(crate) fn decided_by(self, caller: &Caller) -> Option<AccountId> {
        match self {
            Self::Aws => None,
            Self::AwsForAll | Self::Own => Some(caller.account()),
            Self::Other(account) => Some(account),
        }
    }

    /// Returns `aws:ResourceAccount`; what is AWS's has none.
    pub(crate) fn account(self, caller: &Caller) -> Option<AccountId> {
        match self {
            Self::Aws | Self::AwsForAll => None,
            Self::Own => Some(caller.account()),
            Self::Other(account) => Some(account),
        }
    }
}

/// A role that a call wants a session of, and its account: as they were when the policies were asked.
#[derive(Clone, Debug)]
pub(crate) struct FoundRole {
    pub(crate) cell: Arc<Cell>,
    pub(crate) role: Arc<RolePrincipal>,
}

/// What the policies are asked besides the action: the resource and the condition keys of the call.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) action: Option<&'static str>,
    /// What else must be allowed on the same resource with the same condition keys.
    pub(crate) also: Vec<&'static str>,
    pub(crate) conditions: Conditions,
    pub(crate) resource: String,
    pub(crate) belongs: Belongs,
    pub(crate) shown: Shown,
    pub(crate) resource_tags: Vec<Tag>,
    pub(crate) request_tags: Vec<Tag>,
    pub(crate) tag_keys: Vec<String>,
    pub(crate) keys: Vec<(&'static str, String)>,
    pub(crate) lists: Vec<(&'static str, Vec<String>)>,
    pub(crate) boundary: Option<String>,
    pub(crate) kind: ResourceKind,
    pub(crate) trust: Option<FoundRole>,
}

impl Question {
    /// Asks about a resource, which a refusal names by its ARN.
    pub(crate) fn about(resource: String) -> Self {
        Self {
            action: None,
            also: Vec::new(),
            conditions: Conditions::Policies,
            resource,
            belongs: Belongs::Own,
            shown: Shown::Arn,
            resource_tags: Vec::new(),
            request_tags: Vec::new(),
            tag_keys: Vec::new(),
            keys: Vec::new(),
            lists: Vec::new(),
            boundary: None,
            kind: ResourceKind::Ordinary,
            trust: None,
        }
    }

    /// Asks what a fixed rule answers for any authenticated caller: `sts:GetCallerIdentity`.
    // SOURCE: spec/evaluation.md §2.
    pub(crate) fn of_fixed_rule() -> Self {
        Self {
            conditions: Conditions::FixedRule,
            ..Self::about("*".to_owned())
        }
    }

    /// Asks to assume a role; `None` where there is none, which looks the same as a trust policy that says no.
    pub(crate) fn to_assume(arn: String, role: Option<&FoundRole>) -> Self {
        Self {
            kind: ResourceKind::Role,
            trust: role.cloned(),
            ..Self::about(arn)
        }
    }

    /// Asks for an action that is not the operation's own, such as `iam:PassRole`.
    pub(crate) fn action(self, action: &'static str) -> Self {
        Self {
            action: Some(action),
            ..self
        }
    }

    /// Asks for a second action too, where it is wanted.
    pub(crate) fn also(mut self, action: &'static str, wanted: bool) -> Self {
        self.also.extend(wanted.then_some(action));
        self
    }

    /// Says whose the resource is, where it may not be the caller's account's.
    pub(crate) fn belonging(self, belongs: Belongs) -> Self {
        Self { belongs, ..self }
    }

    /// Names the resource in another way in a refusal.
    pub(crate) fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    /// Adds `aws:ResourceTag/…` and `iam:ResourceTag/…`.
    pub(crate) fn resource_tags(self, tags: &Tags) -> Self {
        Self {
            resource_tags: tags.iter().cloned().collect(),
            ..self
        }
    }

    /// Puts tags in the place of the resource's own of the same key.
    pub(crate) fn overridden_tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        for tag in tags {
            self.resource_tags
                .retain(|own| own.key.to_lowercase() != tag.key.to_lowercase());
            self.resource_tags.push(tag);
        }
        self
    }

    /// Adds `aws:RequestTag/…` and `aws:TagKeys`.
    pub(crate) fn request_tags(self, tags: &[Tag]) -> Self {
        let tag_keys = tags.iter().map(|tag| tag.key.clone()).collect();
        Self {
            request_tags: tags.to_vec(),
            tag_keys,
            ..self
        }
    }

    /// Adds `aws:TagKeys`, where tags are taken away.
    pub(crate) fn tag_keys(self, keys: &[String]) -> Self {
        Self {
            tag_keys: keys.to_vec(),
            ..self
        }
    }

    /// Adds the value of a condition key, where the call has one.
    pub(crate) fn key(mut self, key: &'static str, value: Option<&str>) -> Self {
        self.keys.extend(value.map(|value| (key, value.to_owned())));
        self
    }

    /// Adds the values of a condition key that can have several, where there are any.
    pub(crate) fn list(mut self, key: &'static str, values: &[String]) -> Self {
        if !values.is_empty() {
            self.lists.push((key, values.to_vec()));
        }
        self
    }

    /// Notes the permissions boundary that the resource has; [`its_boundary`](Self::its_boundary) asks for it.
    pub(crate) fn with_boundary(self, arn: Option<&str>) -> Self {
        Self {
            boundary: arn.map(str::to_owned),
            ..self
        }
    }

    /// Adds `iam:PermissionsBoundary`: the boundary that the user or role has.
    // SOURCE: spec/condition-keys.md §2.
    pub(crate) fn its_boundary(mut self) -> Self {
        let boundary = self.boundary.take();
        self.key("iam:PermissionsBoundary", boundary.as_deref())
    }

    pub(crate) fn shown_text(&self) -> &str {
        match &self.shown {
            Shown::Arn => &self.resource,
            Shown::Text(text) => text,
        }
    }
}
