//! The policies that bear on a user, group or role, with their texts: what simulations and lists of condition keys read.

use keyward_arn::{AccountId, Arn};
use keyward_directory::{
    EntityKind, Group, GroupName, ManagedPolicy, PolicyArn, PolicyName, PolicyOwner, Refusal, Role,
    RoleName, User, UserName,
};
use keyward_records::Cell;

use super::Shown;
use super::group::group_by_id;
use super::inline_policy::missing;
use super::managed::Attached;
use super::target::{existing_group, existing_role, existing_user};
use crate::ServiceError;
use crate::authenticate::Caller;
use crate::authorize::Question;
use crate::reader::Reader;

/// The user, group or role that a `PolicySourceArn` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicySource {
    pub(crate) arn: String,
    pub(crate) account: AccountId,
    pub(crate) kind: EntityKind,
    pub(crate) name: String,
}

impl PolicySource {
    /// Reads an ARN.
    ///
    /// # Errors
    /// `InvalidInput` for anything but a user, group or role, in AWS's words.
    // SOURCE: what AWS was seen to answer.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let unclear = || {
            let message =
                format!("Invalid Entity Arn: {text} does not clearly define entity type and name.");
            Refusal::invalid_input(message)
        };
        let arn = Arn::parse(text).filter(|arn| arn.service == "iam" && arn.region.is_empty());
        let arn = arn.ok_or_else(unclear)?;
        let account = arn.account_id().ok_or_else(unclear)?;
        let (kind, rest) = arn.resource.split_once('/').ok_or_else(unclear)?;
        let kind = EntityKind::parse(kind).ok_or_else(unclear)?;
        let name = rest.rsplit('/').next().filter(|name| !name.is_empty());
        Ok(Self {
            arn: text.to_owned(),
            account,
            kind,
            name: name.ok_or_else(unclear)?.to_owned(),
        })
    }

    /// Asks about the entity, which a refusal names by its ARN.
    pub(crate) fn question(text: &str, caller: &Caller) -> Question {
        match Self::parse(text) {
            Ok(source) if source.account == caller.account() => {
                let question = match source.kind {
                    EntityKind::Group => existing_group(&source.name, caller),
                    EntityKind::Role => existing_role(&source.name, caller),
                    EntityKind::User => existing_user(&source.name, caller),
                };
                question.shown(Shown::Arn)
            }
            Ok(_) | Err(_) => Question::about(text.to_owned()),
        }
    }
}

/// Where a policy of a principal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is the inline policy of this entity.
    Inline {
        kind: EntityKind,
        owner: String,
        policy: PolicyName,
    },
    /// It is a managed policy.
    Managed(PolicyArn),
}

impl Origin {
    /// Returns how the simulator names the policy.
    // SOURCE: spec/evaluation.md §8; answers of AWS that were seen.
    pub(crate) fn source_policy_id(&self) -> String {
        match self {
            Self::Inline {
                kind,
                owner,
                policy,
            } => format!("{}_{owner}_{policy}", kind.as_str()),
            Self::Managed(arn) => arn.name().to_owned(),
        }
    }
}

/// A policy with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrincipalPolicy {
    pub(crate) origin: Origin,
    pub(crate) document: String,
}

/// All policies of a principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PrincipalPolicies {
    /// The identity policies: of a user, its groups' too.
    pub(crate) identity: Vec<PrincipalPolicy>,
    pub(crate) boundary: Option<PrincipalPolicy>,
}

impl PrincipalPolicies {
    /// Reads the policies of an entity of the reader's account.
    ///
    /// # Errors
    /// `InvalidInput` for an entity of another account, `NoSuchEntity` where it is not there.
    pub(crate) async fn read(reader: &Reader, source: &PolicySource) -> Result<Self, ServiceError> {
        let (own, other) = (reader.account_id(), source.account);
        if own != other {
            let message = format!(
                "Invalid Policy Source Arn: caller's account {own} does not have access to policies in account {other}"
            );
            return Err(Refusal::invalid_input(message).into());
        }
        let absent = || missing(source.kind, &source.name);
        let mut policies = Self::default();
        match source.kind {
            EntityKind::Group => {
                let name = GroupName::parse(&source.name).map_err(|_| absent())?;
                let group = reader.get::<Group>(Cell::group(&name)).await?;
                policies
                    .add(
                        reader,
                        group
                            .filter(|it| is(it.arn(Default::default(), own), source))
                            .ok_or_else(absent)?,
                    )
                    .await?;
            }
            EntityKind::Role => {
                let name = RoleName::parse(&source.name).map_err(|_| absent())?;
                let role = reader.get::<Role>(Cell::role(&name)).await?;
                policies
                    .add(
                        reader,
                        role.filter(|it| is(it.arn(Default::default(), own), source))
                            .ok_or_else(absent)?,
                    )
                    .await?;
            }
            EntityKind::User => {
                let name = UserName::parse(&source.name).map_err(|_| absent())?;
                let user = reader.get::<User>(Cell::user(&name)).await?;
                let user = user.filter(|it| is(it.arn(Default::default(), own), source));
                let user = user.ok_or_else(absent)?;
                let groups = user.groups.clone();
                policies.add(reader, user).await?;
                for id in &groups {
                    policies.add(reader, group_by_id(reader, id).await?).await?;
                }
            }
        }
        Ok(policies)
    }

    async fn add<E: Attached>(
        &mut self,
        reader: &Reader,
        mut entity: E,
    ) -> Result<(), ServiceError> {
        let (owner, id, inline) = entity.parts();
        let names: Vec<PolicyName> = inline.iter().map(|(name, _)| name.clone()).collect();
        for policy in names {
            let document = reader.inline_policy(E::KIND, &id, &policy).await?;
            let document = document
                .ok_or_else(|| ServiceError::internal("an inline policy has no document"))?;
            let (kind, owner) = (E::KIND, owner.clone());
            let origin = Origin::Inline {
                kind,
                owner,
                policy,
            };
            self.identity.push(PrincipalPolicy { origin, document });
        }
        for arn in entity.attached().iter() {
            self.identity.push(managed(reader, arn).await?);
        }
        if let Some(arn) = entity.boundary() {
            self.boundary = Some(managed(reader, arn).await?);
        }
        Ok(())
    }
}

/// Says whether an entity is the one that was named, with its path.
fn is(arn: String, source: &PolicySource) -> bool {
    arn.eq_ignore_ascii_case(&source.arn)
}

async fn managed(reader: &Reader, arn: &PolicyArn) -> Result<PrincipalPolicy, ServiceError> {
    let document = match arn.owner() {
        PolicyOwner::Aws => {
            keyward_catalog::managed_policy(arn.as_str()).map(|policy| policy.document())
        }
        PolicyOwner::Account(_) => {
            let place = Cell::ManagedPolicy(arn.key());
            match reader.get::<ManagedPolicy>(place).await? {
                Some(policy) => {
                    let number = policy.default_version;
                    reader
                        .document(Cell::ManagedPolicyVersion(policy.id, number))
                        .await?
                }
                None => None,
            }
        }
    };
    let document =
        document.ok_or_else(|| ServiceError::internal("a managed policy has no document"))?;
    Ok(PrincipalPolicy {
        origin: Origin::Managed(arn.clone()),
        document,
    })
}
