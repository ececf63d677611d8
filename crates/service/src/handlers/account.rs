//! The whole account in one answer: what `keyward explain` and offline tools read.

use keyward_directory::{EntityKind, User};
use keyward_records::Kind;
use keyward_wire::{PolicyDocument, iam};

use super::user::wire_tags;
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::reader::Reader;
use crate::{Service, ServiceError};

impl Operate for iam::GetAccountAuthorizationDetails {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::GetAccountAuthorizationDetailsOutput>, ServiceError> {
        let page = Page::read(call.max_items, call.marker.as_deref())?;
        let wanted = |kind: iam::EntityType| {
            call.filter
                .as_ref()
                .is_none_or(|kinds| kinds.is_empty() || kinds.contains(&kind))
        };
        let reader = service.reader(call.caller()).await?;
        let (users, marker) = if wanted(iam::EntityType::User) {
            reader.page::<User>(&Kind::Users, &page, |_| true).await?
        } else {
            (Vec::new(), None)
        };
        let mut details = Vec::with_capacity(users.len());
        for user in &users {
            details.push(detail(&reader, user, call.caller()).await?);
        }
        let output = iam::GetAccountAuthorizationDetailsOutput {
            user_detail_list: Some(details),
            group_detail_list: Some(Vec::new()),
            role_detail_list: Some(Vec::new()),
            policies: Some(Vec::new()),
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

async fn detail(
    reader: &Reader,
    user: &User,
    caller: &Caller,
) -> Result<iam::UserDetail, ServiceError> {
    let mut policies = Vec::new();
    for (name, _) in user.inline_policies.iter() {
        let document = reader
            .inline_policy(EntityKind::User, &user.id, name)
            .await?;
        policies.push(iam::PolicyDetail {
            policy_name: Some(name.to_string()),
            policy_document: document.map(PolicyDocument),
        });
    }
    Ok(iam::UserDetail {
        path: Some(user.path.to_string()),
        user_name: Some(user.name.to_string()),
        user_id: Some(user.id.to_string()),
        arn: Some(user.arn(keyward_arn::Partition::default(), caller.account())),
        create_date: Some(time(user.created)),
        user_policy_list: (!policies.is_empty()).then_some(policies),
        group_list: Some(Vec::new()),
        attached_managed_policies: Some(Vec::new()),
        permissions_boundary: None,
        tags: (!user.tags.is_empty()).then(|| wire_tags(&user.tags)),
    })
}
