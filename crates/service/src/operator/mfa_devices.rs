//! What the operator does about virtual MFA devices that were made and never enabled: lists them, and lets old ones expire.
//!
//! Such a device belongs to nobody and keeps its name taken; where a policy asks for MFA its own user can't delete it.
// SOURCE: spec/signin-recovery.md §5, the orphan.

use std::sync::Arc;

use keyward_arn::{AccountId, Partition};
use keyward_directory::{Timestamp, VirtualMfaDevice};
use keyward_records::{Counter, Kind, Record};
use keyward_view::Cell as AccountCell;
use keyward_wire::Timestamp as Shown;

use super::NoAccount;
use crate::reader::Reader;
use crate::transaction::transact;
use crate::{PATIENCE, Service, ServiceError};

/// A virtual MFA device that was made and never enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanedMfaDevice {
    /// Whose it is.
    pub account: AccountId,
    /// Such as `arn:aws:iam::111122223333:mfa/diego`.
    pub serial_number: String,
    /// When it was made, such as `2026-01-01T00:00:00Z`.
    pub created: String,
    /// How long ago that is, in seconds.
    pub age_seconds: i64,
}

impl Service {
    /// Returns the virtual MFA devices of one account, or of all, that were never enabled, in the order of accounts and
    /// names. One that was in use and was deactivated is none of them.
    ///
    /// # Errors
    /// [`NoAccount`], or [`ServiceError`] where the store can't be read.
    pub async fn orphaned_mfa_devices(
        &self,
        account: Option<AccountId>,
    ) -> Result<Vec<OrphanedMfaDevice>, NoAccount> {
        let mut found = Vec::new();
        for cell in self.cells_of(account)? {
            for device in self.orphans_of(&cell).await? {
                found.push(self.shown(cell.account(), &device));
            }
        }
        Ok(found)
    }

    /// Deletes those of them that are older than some seconds, with an event each, and returns them.
    ///
    /// # Errors
    /// As [`orphaned_mfa_devices`](Self::orphaned_mfa_devices); some may be deleted then, each with its event.
    pub async fn expire_mfa_devices(
        &self,
        account: Option<AccountId>,
        older_than_seconds: u64,
    ) -> Result<Vec<OrphanedMfaDevice>, NoAccount> {
        let age = i64::try_from(older_than_seconds).unwrap_or(i64::MAX);
        let now = self.now().timestamp().unix_seconds();
        let before = Timestamp::from_unix_seconds(now.saturating_sub(age));
        let mut deleted = Vec::new();
        for cell in self.cells_of(account)? {
            let orphans = self.orphans_of(&cell).await?;
            for device in orphans.iter().filter(|device| device.created <= before) {
                let shown = self.shown(cell.account(), device);
                match self.delete_orphan(&cell, device, before).await {
                    Ok(true) => {
                        self.leave_deletion(&shown, None);
                        deleted.push(shown);
                    }
                    // Somebody enabled or deleted it in between.
                    Ok(false) => {}
                    Err(error) => {
                        self.leave_deletion(&shown, Some(&error.to_string()));
                        return Err(error.into());
                    }
                }
            }
        }
        Ok(deleted)
    }

    fn leave_deletion(&self, device: &OrphanedMfaDevice, error: Option<&str>) {
        let parameters = [("serialNumber", device.serial_number.as_str())];
        let name = "DeleteVirtualMFADevice";
        self.leave_operator_event_about(name, Some(device.account), &parameters, error);
    }

    fn cells_of(&self, account: Option<AccountId>) -> Result<Vec<Arc<AccountCell>>, NoAccount> {
        let mut cells = match account {
            None => self.view.cells(),
            Some(id) => vec![self.view.cell(id).ok_or(NoAccount::NotHere(id))?],
        };
        cells.sort_by_key(|cell| cell.account());
        Ok(cells)
    }

    async fn orphans_of(&self, cell: &AccountCell) -> Result<Vec<VirtualMfaDevice>, ServiceError> {
        let reader = Reader::open(&*self.store, cell.account(), cell.vault()).await?;
        let devices = reader.all::<VirtualMfaDevice>(&Kind::VirtualMfaDevices);
        let mut devices = devices.await?;
        devices.retain(VirtualMfaDevice::is_orphan);
        Ok(devices)
    }

    fn shown(&self, account: AccountId, device: &VirtualMfaDevice) -> OrphanedMfaDevice {
        let now = self.now().timestamp().unix_seconds();
        let created = device.created.unix_seconds();
        OrphanedMfaDevice {
            account,
            serial_number: device.serial_number(Partition::default(), account),
            created: Shown(created).to_string(),
            age_seconds: now.saturating_sub(created),
        }
    }

    /// Deletes a device if it still is an orphan that was made before a moment.
    async fn delete_orphan(
        &self,
        cell: &AccountCell,
        device: &VirtualMfaDevice,
        before: Timestamp,
    ) -> Result<bool, ServiceError> {
        let account = cell.account();
        let wanted = [device.cell().of(account)];
        let none = &|_: &_| Ok(Vec::new());
        let (is_deleted, revision) = transact(
            &*self.store,
            account,
            cell.vault(),
            &wanted,
            none,
            |transaction| {
                let found = transaction.get::<VirtualMfaDevice>(device.cell())?;
                let goes = found.is_some_and(|it| it.is_orphan() && it.created <= before);
                if goes {
                    transaction.delete(device.cell());
                    transaction.count_out(Counter::VirtualMfaDevices);
                }
                Ok(goes)
            },
        )
        .await?;
        self.view.wait_for(revision, PATIENCE).await;
        Ok(is_deleted)
    }
}
