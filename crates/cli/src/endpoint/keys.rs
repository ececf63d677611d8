//! The access keys of one user, with their ids.

use keyward_arn::Arn;
use keyward_export::{CredentialReport, CredentialRow, Key};
use keyward_wire::iam;

use super::Server;
use super::response::text;
use crate::client::CallError;

impl Server {
    /// Lists the access keys of a user, or of the root user, as the one line of a credential report.
    pub(crate) fn keys_of(&self, principal: &str) -> Result<CredentialReport, CallError> {
        let name = Arn::parse(principal).and_then(|arn| {
            let path = arn.resource.strip_prefix("user/")?;
            path.rsplit('/').next().map(str::to_owned)
        });
        let result = self.ask(&iam::ListAccessKeys {
            user_name: name.clone(),
            marker: None,
            max_items: None,
        })?;
        let mut keys = Vec::new();
        for (number, it) in (1..).zip(result.members("AccessKeyMetadata")) {
            let id = text(it, "AccessKeyId");
            let used = self.ask(&iam::GetAccessKeyLastUsed {
                access_key_id: id.clone(),
            })?;
            let told = |name: &str| {
                let value = used.child("AccessKeyLastUsed")?.child_text(name)?;
                (value != "N/A" && !value.is_empty()).then(|| value.to_owned())
            };
            keys.push(Key {
                number,
                id: Some(id),
                active: it.child_text("Status") == Some("Active"),
                created: it.child_text("CreateDate").map(str::to_owned),
                last_used: told("LastUsedDate"),
                last_service: told("ServiceName"),
            });
        }
        let row = CredentialRow {
            user: name.unwrap_or_else(|| "<root_account>".to_owned()),
            arn: principal.to_owned(),
            keys,
            ..CredentialRow::default()
        };
        Ok(CredentialReport {
            path: self.uri(),
            rows: vec![row],
        })
    }
}
