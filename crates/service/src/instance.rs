//! What a virtual machine is handed: credentials of the role in its instance profile, as EC2 hands them out.
//!
//! EC2 assumes the role for the machine. Here as there the role's trust policy decides whether it may, and each session
//! leaves an audit event; nobody signs anything. Whoever reaches the machine's metadata has the role's permissions.

use std::sync::Arc;

use keyward_arn::{AccountId, Arn, Partition, UniqueId};
use keyward_directory::{AccountStatus, InstanceProfile, InstanceProfileName};
use keyward_engine::{
    Context, CredentialKind, Decision, Layers, Principal, Request, ResourceKind, decide, message,
};
use keyward_records::Cell as Place;
use keyward_sigv4::SecretKey;
use keyward_sts::limits::INSTANCE_SECONDS;
use keyward_sts::{Machine, RoleDelivery, SessionPolicies, SessionPrincipal, SessionTags};
use keyward_view::{Cell, RolePrincipal};
use keyward_wire::{Operation, Sensitive, Timestamp, sts};

use crate::authorize::described;
use crate::event::{Detail, ServiceCall};
use crate::exchange::RequestId;
use crate::handlers::sts::issue::{Issued, NewSession, issue};
use crate::ports::{Entropy, Now, draw};
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// The service that assumes roles for virtual machines.
const EC2: &str = "ec2.amazonaws.com";
/// The region that machines are in: everything here is in one.
pub const REGION: &str = "us-east-1";
/// How long before their end credentials are no longer handed out, in seconds: EC2 promises new ones five minutes before
/// the end, and its clients ask for new ones a quarter of an hour before.
const RENEWED_BEFORE: i64 = 1800;

/// The text is not the ARN of an instance profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not the ARN of an instance profile: arn:aws:iam::111122223333:instance-profile/NAME"
)]
pub struct ParseInstanceProfileArnError(String);

/// A virtual machine with an instance profile, which need not exist yet.
#[derive(Clone, Debug)]
pub struct Instance {
    id: String,
    account: AccountId,
    profile_arn: String,
    profile: InstanceProfileName,
}

/// The instance profile of a machine, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedProfile {
    /// Its ARN.
    pub arn: String,
    /// Such as `AIPA…`.
    pub id: String,
    /// The name of the role inside.
    pub role: Option<String>,
}

/// Credentials of a machine.
#[derive(Debug)]
pub struct InstanceCredentials {
    /// `ASIA…`.
    pub access_key_id: String,
    /// Signs requests together with the token.
    pub secret_access_key: SecretKey,
    /// The session token.
    pub session_token: Sensitive<String>,
    /// When they were made, such as `2026-01-02T03:04:05Z`.
    pub issued: String,
    /// From when on they are refused, such as `2026-01-02T09:04:05Z`.
    pub expires: String,
    role: UniqueId,
    expiration: i64,
}

/// The role's trust policy says no.
struct Untrusted {
    /// AWS's text.
    text: String,
    /// What decided, as JSON for the audit event.
    decided: String,
}

/// Why a machine has no credentials.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// There is no such profile, or another role in it or none.
    #[error("the instance profile {0} is not there, or does not hold the role {1}")]
    NoRole(String, String),
    /// The role's trust policy does not let EC2 assume it.
    #[error("{0}")]
    Refused(String),
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Instance {
    /// Makes a machine with an id of its own and the instance profile of an ARN.
    ///
    /// # Errors
    /// [`ParseInstanceProfileArnError`] for any other ARN or text.
    pub fn new(
        profile_arn: &str,
        entropy: &dyn Entropy,
    ) -> Result<Self, ParseInstanceProfileArnError> {
        let wrong = || ParseInstanceProfileArnError(profile_arn.to_owned());
        let arn = Arn::parse(profile_arn).ok_or_else(wrong)?;
        let is_iam = arn.partition == Partition::default().as_str()
            && (arn.service, arn.region) == ("iam", "");
        let path = arn.resource.strip_prefix("instance-profile/");
        let path = path.filter(|_| is_iam).ok_or_else(wrong)?;
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        Ok(Self {
            id: id(draw(entropy)),
            account: arn.account_id().ok_or_else(wrong)?,
            profile_arn: profile_arn.to_owned(),
            profile: InstanceProfileName::parse(name).map_err(|_| wrong())?,
        })
    }

    /// Returns the machine's id, `i-` and 17 hexadecimal digits, which is the name of its sessions.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the machine's ARN, `arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0`.
    #[must_use]
    pub fn arn(&self) -> String {
        let partition = Partition::default();
        format!(
            "arn:{}:ec2:{REGION}:{}:instance/{}",
            partition.as_str(),
            self.account,
            self.id
        )
    }

    /// Returns the account that it runs in.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Returns the ARN of its instance profile, as it was given.
    #[must_use]
    pub fn profile_arn(&self) -> &str {
        &self.profile_arn
    }
}

/// Makes an instance id of the low 68 of 72 random bits.
fn id(random: [u8; 9]) -> String {
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("i-{}", digits.get(1..).unwrap_or_default())
}

impl Service {
    /// Returns a machine's instance profile; `None` where there is none of exactly its ARN.
    ///
    /// # Errors
    /// [`ServiceError`] where the store can't be read, or requests are not answered at the moment.
    pub async fn instance_profile(
        &self,
        instance: &Instance,
    ) -> Result<Option<AttachedProfile>, ServiceError> {
        let Some(cell) = self.cell_of(instance)? else {
            return Ok(None);
        };
        let reader = Reader::open(&*self.store, instance.account, cell.vault()).await?;
        let place = Place::instance_profile(&instance.profile);
        let found = reader.get::<InstanceProfile>(place).await?;
        Ok(found.and_then(|profile| {
            let arn = profile.arn(Partition::default(), instance.account);
            (arn == instance.profile_arn).then(|| AttachedProfile {
                arn,
                id: profile.id.to_string(),
                role: profile.role.map(|role| role.as_str().to_owned()),
            })
        }))
    }

    /// Returns credentials of the role in a machine's instance profile: those it has had so far, as long as they are
    /// good for a while, or new ones.
    ///
    /// The role's trust policy is asked each time, so a machine whose role may no longer be assumed gets nothing.
    ///
    /// # Errors
    /// [`InstanceError`]; nothing was made then.
    // DIFFERS: EC2 hands out what it has until that ends.
    pub async fn instance_credentials(
        &self,
        instance: &Instance,
        role: &str,
        held: Option<Arc<InstanceCredentials>>,
    ) -> Result<Arc<InstanceCredentials>, InstanceError> {
        let no_role = || InstanceError::NoRole(instance.profile_arn.clone(), role.to_owned());
        let profile = self.instance_profile(instance).await?;
        let inside = profile.and_then(|profile| profile.role);
        let inside = inside.filter(|inside| inside == role).ok_or_else(no_role)?;
        let cell = self.cell_of(instance)?.ok_or_else(no_role)?;
        let name = keyward_directory::RoleName::parse(&inside).map_err(|_| no_role())?;
        let role = cell.role(&name).ok_or_else(no_role)?;
        let now = self.now();
        let decided = self.ask_trust(instance, role, now);
        if let (Ok(()), Some(held)) = (&decided, held)
            && self.is_good(&held, &cell, role, now)
        {
            return Ok(held);
        }
        let mut detail = Detail::default();
        detail.note_request(&sts::AssumeRole {
            role_arn: role.arn.clone(),
            role_session_name: instance.id.clone(),
            ..sts::AssumeRole::default()
        });
        let made = match decided {
            Ok(()) => self.make(instance, &cell, role, &mut detail),
            Err(Untrusted { text, decided }) => {
                detail.decision = Some(decided);
                Err(ServiceError::AccessDenied(text))
            }
        };
        self.leave_instance_event(instance, role, now, &detail, made.as_ref().err());
        made.map(Arc::new).map_err(|error| match error {
            ServiceError::AccessDenied(text) => InstanceError::Refused(text),
            error => error.into(),
        })
    }

    /// Returns the account of a machine; `None` where it is not there or closed.
    fn cell_of(&self, instance: &Instance) -> Result<Option<Arc<Cell>>, ServiceError> {
        if self.audit().check().is_err() {
            return Err(ServiceError::AuditUnavailable);
        }
        if !self.view.is_followed() {
            return Err(ServiceError::Store(
                "the change feed is not followed".to_owned(),
            ));
        }
        Ok(self
            .view
            .cell(instance.account)
            .filter(|cell| match cell.status() {
                AccountStatus::Active => true,
                AccountStatus::Closed => false,
            }))
    }

    /// Asks the role's trust policy whether EC2 may assume it; a refusal comes with what decided.
    fn ask_trust(
        &self,
        instance: &Instance,
        role: &RolePrincipal,
        now: Now,
    ) -> Result<(), Untrusted> {
        let context = context(instance, role, now);
        let request = Request {
            principal: Principal::Service { name: EC2 },
            credential: CredentialKind::LongTerm,
            action: "sts:AssumeRole",
            resource: &role.arn,
            resource_account: Some(instance.account),
            canonical_user: None,
            context: &context,
        };
        let layers = Layers {
            resource: std::slice::from_ref(&role.trust_policy),
            resource_kind: ResourceKind::Role,
            ..Layers::default()
        };
        let decision = decide(&request, &layers);
        self.metrics().count_decision(&decision);
        match decision {
            Decision::Allow(_) => Ok(()),
            Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => {
                let wording = message::Wording {
                    resource: Some(&role.arn),
                    ..message::Wording::default()
                };
                let text = message::access_denied(&request, &decision, &layers, &wording);
                Err(Untrusted {
                    text,
                    decided: described(&decision, &layers),
                })
            }
        }
    }

    /// Says whether credentials are still those of the role, not revoked, and good for a while.
    fn is_good(
        &self,
        held: &InstanceCredentials,
        cell: &Cell,
        role: &RolePrincipal,
        now: Now,
    ) -> bool {
        let revoked = keyward_arn::AccessKeyId::parse(&held.access_key_id)
            .map_or(true, |id| cell.is_revoked(&id));
        let left = held.expiration.saturating_sub(now.unix_seconds());
        held.role == role.id && !revoked && left > RENEWED_BEFORE
    }

    /// Makes a session of a role for a machine, which the trust policy has allowed.
    fn make(
        &self,
        instance: &Instance,
        cell: &Cell,
        role: &RolePrincipal,
        detail: &mut Detail,
    ) -> Result<InstanceCredentials, ServiceError> {
        let issued_at = self.now();
        let new = NewSession {
            principal: SessionPrincipal::Role {
                role: role.id.clone(),
                name: instance.id.clone(),
            },
            seconds: INSTANCE_SECONDS,
            mfa: None,
            policies: SessionPolicies::default(),
            tags: SessionTags::default(),
            source_identity: None,
            federation: None,
            machine: Some(Machine {
                arn: instance.arn(),
                // SOURCE: the metadata service here has no version 1.
                delivery: RoleDelivery::Version2,
            }),
            least: None,
        };
        let Issued { credentials, .. } = issue(self, cell, new)?;
        detail.note_response(&sts::AssumeRoleOutput {
            credentials: Some(credentials.clone()),
            ..sts::AssumeRoleOutput::default()
        });
        Ok(InstanceCredentials {
            secret_access_key: SecretKey::new(credentials.secret_access_key.expose().clone()),
            access_key_id: credentials.access_key_id,
            session_token: credentials.session_token,
            issued: Timestamp(issued_at.unix_seconds()).to_string(),
            expires: credentials.expiration.to_string(),
            role: role.id.clone(),
            expiration: credentials.expiration.0,
        })
    }

    fn leave_instance_event(
        &self,
        instance: &Instance,
        role: &RolePrincipal,
        now: Now,
        detail: &Detail,
        error: Option<&ServiceError>,
    ) {
        let error = error.map(ServiceError::answer);
        let event = ServiceCall {
            now,
            request_id: &RequestId::from_random(draw(self.entropy())),
            event_id: &RequestId::from_random(draw(self.entropy())),
            service: EC2,
            operation: Operation::AssumeRole,
            account: instance.account,
            role_arn: &role.arn,
            detail,
            error: error.as_ref(),
        };
        self.audit().record(event.write().as_bytes());
    }
}

/// Puts the condition keys of a service's own call together. What is not known to be sent for EC2 stays absent, such as
/// `aws:SourceArn`: a trust policy that asks for it refuses.
// SOURCE: spec/condition-keys.md §1, spec/sts.md §4. DIFFERS: which of them AWS sets for EC2 is not documented.
fn context<'a>(instance: &'a Instance, role: &'a RolePrincipal, now: Now) -> Context<'a> {
    let seconds = now.unix_seconds();
    let mut context = Context::with_capacity(16);
    context.insert("aws:CurrentTime", Timestamp(seconds).to_string());
    context.insert("aws:EpochTime", seconds.to_string());
    context.insert("aws:PrincipalIsAWSService", "true");
    context.insert("aws:PrincipalServiceName", EC2);
    context.insert_list("aws:PrincipalServiceNamesList", [EC2]);
    context.insert("aws:RequestedRegion", REGION);
    context.insert("aws:ResourceAccount", instance.account.to_string());
    // The call stays in this process.
    context.insert("aws:SecureTransport", "true");
    context.insert("aws:ViaAWSService", "false");
    context.insert("sts:RoleSessionName", instance.id.as_str());
    for tag in role.tags.iter() {
        context.insert(format!("aws:ResourceTag/{}", tag.key), tag.value.as_str());
        context.insert(format!("iam:ResourceTag/{}", tag.key), tag.value.as_str());
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn arns_of_instance_profiles() {
        for (arn, name) in [
            ("arn:aws:iam::111122223333:instance-profile/Web", "Web"),
            ("arn:aws:iam::111122223333:instance-profile/a/b/Web", "Web"),
        ] {
            let instance = Instance::new(arn, &Fixed(0xab)).unwrap();
            assert_eq!(instance.profile.as_str(), name);
            assert_eq!(instance.id(), "i-babababababababab");
        }
        for wrong in [
            "",
            "Web",
            "arn:aws:iam::111122223333:role/Web",
            "arn:aws:iam::111122223333:instance-profile/",
            "arn:aws:iam:us-east-1:111122223333:instance-profile/Web",
            "arn:aws:iam:::instance-profile/Web",
            "arn:aws-cn:iam::111122223333:instance-profile/Web",
        ] {
            assert!(Instance::new(wrong, &Fixed(0)).is_err(), "{wrong}");
        }
    }
}
