//! Users, groups and roles, read but not told apart yet.

use crate::account::{Attached, Group, Inline, Role, Tag, User};
use crate::text::Text;

/// A user, group or role. Each has its own names for what they share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entity {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) trust: Option<Text>,
    pub(crate) inline: Vec<Inline>,
    pub(crate) groups: Vec<String>,
    pub(crate) attached: Vec<Attached>,
    pub(crate) boundary: Option<String>,
    pub(crate) tags: Vec<Tag>,
}

impl Entity {
    pub(crate) fn user(self) -> User {
        User {
            name: self.name,
            id: self.id,
            arn: self.arn,
            inline: self.inline,
            groups: self.groups,
            attached: self.attached,
            boundary: self.boundary,
            tags: self.tags,
        }
    }

    pub(crate) fn group(self) -> Group {
        Group {
            name: self.name,
            arn: self.arn,
            inline: self.inline,
            attached: self.attached,
        }
    }

    pub(crate) fn role(self) -> Role {
        Role {
            name: self.name,
            id: self.id,
            arn: self.arn,
            trust: self.trust,
            inline: self.inline,
            attached: self.attached,
            boundary: self.boundary,
            tags: self.tags,
        }
    }
}
