//! Instance profiles: create, get, list, delete, and the role inside.

use keyward_arn::Partition;
use keyward_directory::{
    Entity, InstanceProfile, InstanceProfileName, NewInstanceProfile, Quota, Refusal, Role, Tags,
};
use keyward_records::{Cell, Counter, Kind, Record, RecordKey};
use keyward_wire::{NoOutput, iam};

use super::inline_policy::{Owner, missing};
use super::tags::{Taggable, sent_tags, some_tags, tagging_new, wire_tags};
use super::target::{Shown, entities_arn, entity_arn, existing_role, role_to_change};
use super::user::sent_path;
use super::{Done, Operate, role, time, trust};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::reader::Reader;
use crate::{Service, ServiceError};

/// The service that an instance profile hands its role to.
const PASSED_TO: &str = "ec2.amazonaws.com";

/// Returns where the instance profile of a name stands.
///
/// # Errors
/// [`Refusal::NotFound`] where none can have such a name.
pub(crate) fn place(name: &str) -> Result<Cell, Refusal> {
    InstanceProfileName::parse(name)
        .map(|name| Cell::instance_profile(&name))
        .map_err(|_| Refusal::not_found(Entity::InstanceProfile, name))
}

/// Asks about an instance profile that should exist; where it does not, about one of that name without a path.
pub(crate) fn existing_instance_profile(name: &str, caller: &Caller) -> Question {
    let found = InstanceProfileName::parse(name)
        .ok()
        .and_then(|name| caller.cell().instance_profile(&name).cloned());
    let question = match found {
        Some(profile) => Question::about(profile.arn.clone()).resource_tags(&profile.tags),
        None => {
            let path = keyward_arn::Path::default();
            Question::about(entity_arn(
                caller.account(),
                "instance-profile",
                &path,
                name,
            ))
        }
    };
    question.shown(Shown::Text(format!("instance profile {name}")))
}

impl Taggable for InstanceProfile {
    const QUOTA: Quota = Quota::TagsPerInstanceProfile;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_instance_profile(named, caller))
    }

    fn place_of(named: &str, _caller: &Caller) -> Result<Cell, ServiceError> {
        Ok(place(named)?)
    }

    fn missing(named: &str) -> ServiceError {
        Refusal::not_found(Entity::InstanceProfile, named).into()
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

/// Shows a profile with the role inside, without its tags, as lists do.
pub(super) async fn shown(
    profile: &InstanceProfile,
    reader: &Reader,
    service: &Service,
    caller: &Caller,
) -> Result<iam::InstanceProfile, ServiceError> {
    let mut roles = Vec::new();
    if let Some(name) = &profile.role {
        let found = reader.get::<Role>(Cell::role(name)).await?;
        let inside = found.ok_or_else(|| {
            ServiceError::internal("an instance profile holds a role that is not there")
        })?;
        roles.push(role::shown(&inside, trust::shown(service, &inside), caller));
    }
    Ok(iam::InstanceProfile {
        path: profile.path.to_string(),
        instance_profile_name: profile.name.to_string(),
        instance_profile_id: profile.id.to_string(),
        arn: profile.arn(Partition::default(), caller.account()),
        create_date: time(profile.created),
        roles,
        tags: None,
    })
}

impl Operate for iam::CreateInstanceProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let path = sent_path(self.path.as_deref())?;
        let name = &self.instance_profile_name;
        let arn = entity_arn(caller.account(), "instance-profile", &path, name);
        Ok(Question::about(arn).request_tags(&sent_tags(self.tags.as_ref())))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(self, self.tags.as_ref(), "iam:TagInstanceProfile", caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateInstanceProfileOutput>, ServiceError> {
        let request = NewInstanceProfile {
            name: InstanceProfileName::parse(&call.instance_profile_name)
                .map_err(|error| ServiceError::validation(error.to_string()))?,
            path: sent_path(call.path.as_deref())?,
            tags: sent_tags(call.tags.as_ref()),
        };
        let (random, now) = (draw(service.entropy()), service.now().timestamp());
        let account = call.caller().account();
        let place = Cell::instance_profile(&request.name);
        let wanted = [place.clone().of(account)];
        let (profile, revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let existing = transaction.get::<InstanceProfile>(place.clone())?;
                let request = request.clone();
                let profile =
                    InstanceProfile::create(account, existing.as_ref(), request, random, now)?;
                transaction.count_in(Counter::InstanceProfiles);
                transaction.put(&profile)?;
                Ok(profile)
            })
            .await?;
        let instance_profile = iam::InstanceProfile {
            path: profile.path.to_string(),
            instance_profile_name: profile.name.to_string(),
            instance_profile_id: profile.id.to_string(),
            arn: profile.arn(Partition::default(), account),
            create_date: time(profile.created),
            roles: Vec::new(),
            tags: some_tags(&profile.tags),
        };
        Ok(Done::at(
            revision,
            iam::CreateInstanceProfileOutput { instance_profile },
        ))
    }
}

impl Operate for iam::GetInstanceProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_instance_profile(
            &self.instance_profile_name,
            caller,
        ))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetInstanceProfileOutput>, ServiceError> {
        let name = &call.instance_profile_name;
        let reader = service.reader(call.caller()).await?;
        let found = reader.get::<InstanceProfile>(place(name)?).await?;
        let profile = found.ok_or_else(|| Refusal::not_found(Entity::InstanceProfile, name))?;
        let instance_profile = iam::InstanceProfile {
            // What AWS shows here, and nowhere else, even where there are none.
            tags: Some(wire_tags(&profile.tags)),
            ..shown(&profile, &reader, service, call.caller()).await?
        };
        Ok(Done::at(
            reader.revision(),
            iam::GetInstanceProfileOutput { instance_profile },
        ))
    }
}

impl Operate for iam::ListInstanceProfiles {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let prefix = self.path_prefix.as_deref().unwrap_or("/");
        let arn = entities_arn(caller.account(), "instance-profile", prefix);
        Ok(Question::about(arn))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListInstanceProfilesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let prefix = call.path_prefix.as_deref().unwrap_or("/");
        let below = |profile: &InstanceProfile| profile.path.as_str().starts_with(prefix);
        let (profiles, marker) = reader.page(&Kind::InstanceProfiles, &page, below).await?;
        let mut instance_profiles = Vec::with_capacity(profiles.len());
        for profile in &profiles {
            instance_profiles.push(shown(profile, &reader, service, call.caller()).await?);
        }
        let output = iam::ListInstanceProfilesOutput {
            instance_profiles,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::ListInstanceProfilesForRole {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_role(&self.role_name, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListInstanceProfilesForRoleOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let found = reader.get::<Role>(Role::place(&call.role_name)?).await?;
        let role = found.ok_or_else(|| missing(Role::KIND, &call.role_name))?;
        let mut names = role.instance_profiles;
        names.retain(|name| page.after.as_ref().is_none_or(|after| name > after));
        let marker = page.cut(&mut names, String::clone);
        let mut instance_profiles = Vec::with_capacity(names.len());
        for name in names {
            let found = reader.get(Cell::InstanceProfile(name)).await?;
            let profile = found.ok_or_else(|| {
                ServiceError::internal("a role is in an instance profile that is not there")
            })?;
            instance_profiles.push(shown(&profile, &reader, service, call.caller()).await?);
        }
        let output = iam::ListInstanceProfilesForRoleOutput {
            instance_profiles,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

impl Operate for iam::DeleteInstanceProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_instance_profile(
            &self.instance_profile_name,
            caller,
        ))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let name = &call.instance_profile_name;
        let place = place(name)?;
        let wanted = [place.clone().of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let found = transaction.get::<InstanceProfile>(place.clone())?;
                let profile =
                    found.ok_or_else(|| Refusal::not_found(Entity::InstanceProfile, name))?;
                profile.check_deletion()?;
                transaction.delete(profile.cell());
                transaction.count_out(Counter::InstanceProfiles);
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}

/// Changes a profile and a role together.
async fn change_both(
    service: &Service,
    caller: &Caller,
    (profile, role): (&str, &str),
    change: impl Fn(&mut InstanceProfile, &mut Role) -> Result<(), Refusal> + Sync,
) -> Result<Done<NoOutput>, ServiceError> {
    let places = (place(profile)?, Role::place(role)?);
    let wanted: [RecordKey; 2] =
        [places.0.clone(), places.1.clone()].map(|place| place.of(caller.account()));
    let ((), revision) = service
        .transact(caller, &wanted, |transaction| {
            let found = transaction.get::<InstanceProfile>(places.0.clone())?;
            let mut found_profile =
                found.ok_or_else(|| Refusal::not_found(Entity::InstanceProfile, profile))?;
            let found = transaction.get::<Role>(places.1.clone())?;
            let mut found_role = found.ok_or_else(|| missing(Role::KIND, role))?;
            role_to_change(&found_role)?;
            change(&mut found_profile, &mut found_role)?;
            transaction.put(&found_profile)?;
            transaction.put(&found_role)
        })
        .await?;
    Ok(Done::at(revision, NoOutput))
}

impl Operate for iam::AddRoleToInstanceProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_instance_profile(
            &self.instance_profile_name,
            caller,
        ))
    }

    /// Whoever puts a role in a profile hands it to virtual machines.
    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        let passing = existing_role(&self.role_name, caller)
            .action("iam:PassRole")
            .key("iam:PassedToService", Some(PASSED_TO))
            .shown(Shown::Arn);
        Ok(vec![passing])
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let names = (call.instance_profile_name.as_str(), call.role_name.as_str());
        change_both(service, call.caller(), names, |profile, role| {
            profile.add_role(&role.name)?;
            role.enter(&profile.name);
            Ok(())
        })
        .await
    }
}

impl Operate for iam::RemoveRoleFromInstanceProfile {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_instance_profile(
            &self.instance_profile_name,
            caller,
        ))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let names = (call.instance_profile_name.as_str(), call.role_name.as_str());
        change_both(service, call.caller(), names, |profile, role| {
            profile.remove_role(&role.name)?;
            role.leave(&profile.name);
            Ok(())
        })
        .await
    }
}
