//! Virtual MFA devices: create, list, tag, delete.

use keyward_arn::{Partition, Path};
use keyward_directory::{
    DeviceClock, DeviceName, Entity, Holder, OneTimeSeed, Quota, Refusal, Tags, VirtualMfaDevice,
};
use keyward_records::{Cell, Counter, Kind, Record};
use keyward_wire::{Blob, NoOutput, Sensitive, iam};

use super::tags::{Taggable, sent_tags, some_tags, tagging_new};
use super::target::{device_arn, device_place, device_tags};
use super::user::{Showing, root_user, sent_path, shown};
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::reader::Reader;
use crate::{Service, ServiceError, qr};

impl Taggable for VirtualMfaDevice {
    const QUOTA: Quota = Quota::TagsPerVirtualMfaDevice;

    fn existing(named: &str, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_device(named, caller))
    }

    fn place_of(named: &str, caller: &Caller) -> Result<Cell, ServiceError> {
        Ok(device_cell(named, caller)?)
    }

    fn missing(named: &str) -> ServiceError {
        missing(named).into()
    }

    fn tags_mut(&mut self) -> &mut Tags {
        &mut self.tags
    }
}

impl Operate for iam::CreateVirtualMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let path = sent_path(self.path.as_deref())?;
        Ok(Question::about(device_arn(
            caller.account(),
            &path,
            &self.virtual_mfa_device_name,
        ))
        .request_tags(&sent_tags(self.tags.as_ref())))
    }

    fn further(&self, caller: &Caller) -> Result<Vec<Question>, ServiceError> {
        tagging_new(self, self.tags.as_ref(), "iam:TagMFADevice", caller)
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::CreateVirtualMFADeviceOutput>, ServiceError> {
        let invalid =
            |error: keyward_directory::ParseNameError| ServiceError::validation(error.to_string());
        let account = call.caller().account();
        let device = VirtualMfaDevice {
            name: DeviceName::parse(&call.virtual_mfa_device_name).map_err(invalid)?,
            path: sent_path(call.path.as_deref())?,
            seed: OneTimeSeed::from_random(draw(service.entropy())),
            created: service.now().timestamp(),
            tags: Tags::default().with(
                sent_tags(call.tags.as_ref()),
                Quota::TagsPerVirtualMfaDevice,
            )?,
            assignment: None,
            clock: DeviceClock::default(),
        };
        let ((), revision) = service
            .transact(call.caller(), &[device.cell().of(account)], |transaction| {
                if transaction
                    .get::<VirtualMfaDevice>(device.cell())?
                    .is_some()
                {
                    return Err(
                        Refusal::already_exists(Entity::VirtualMfaDevice, &device.name).into(),
                    );
                }
                transaction.count_in(Counter::VirtualMfaDevices);
                transaction.put(&device)
            })
            .await?;
        let seed = device.seed.to_base32();
        // SOURCE: spec/iam-entities.md §6.
        let picture = qr::png(&format!(
            "otpauth://totp/{}@{account}?secret={seed}",
            device.name
        ))?;
        let virtual_mfa_device = iam::VirtualMFADevice {
            serial_number: device.serial_number(Partition::default(), account),
            base32_string_seed: Some(Sensitive::new(Blob(seed.into_bytes()))),
            qr_code_png: Some(Sensitive::new(Blob(picture))),
            tags: some_tags(&device.tags),
            ..iam::VirtualMFADevice::default()
        };
        Ok(Done::at(
            revision,
            iam::CreateVirtualMFADeviceOutput { virtual_mfa_device },
        ))
    }
}

impl Operate for iam::ListVirtualMFADevices {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about(device_arn(
            caller.account(),
            &Path::default(),
            "",
        )))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<iam::ListVirtualMFADevicesOutput>, ServiceError> {
        let page = Page::read::<Self>(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let status = call.assignment_status.as_ref();
        let (devices, marker) = reader
            .page::<VirtualMfaDevice>(&Kind::VirtualMfaDevices, &page, |device| {
                fits(status, device)
            })
            .await?;
        let mut virtual_mfa_devices = Vec::with_capacity(devices.len());
        for device in &devices {
            virtual_mfa_devices.push(listed(service, &reader, device, call.caller()).await?);
        }
        let output = iam::ListVirtualMFADevicesOutput {
            virtual_mfa_devices,
            is_truncated: Some(marker.is_some()),
            marker,
        };
        Ok(Done::at(reader.revision(), output))
    }
}

fn fits(status: Option<&iam::AssignmentStatusType>, device: &VirtualMfaDevice) -> bool {
    match status {
        None | Some(iam::AssignmentStatusType::Any) => true,
        Some(iam::AssignmentStatusType::Assigned) => device.assignment.is_some(),
        Some(iam::AssignmentStatusType::Unassigned) => device.assignment.is_none(),
    }
}

/// Shows a device in a list: never its seed, and not its tags.
async fn listed(
    service: &Service,
    reader: &Reader,
    device: &VirtualMfaDevice,
    caller: &Caller,
) -> Result<iam::VirtualMFADevice, ServiceError> {
    let mut listed = iam::VirtualMFADevice {
        serial_number: device.serial_number(Partition::default(), caller.account()),
        ..iam::VirtualMFADevice::default()
    };
    if let Some(assignment) = &device.assignment {
        listed.enable_date = Some(time(assignment.enabled));
        listed.user = match &assignment.holder {
            Holder::Root => {
                let account = reader.account(service.view().master()).await?.account;
                Some(root_user(&account))
            }
            Holder::User(id) => {
                let cell = service.view().cell(caller.account());
                let known = cell.and_then(|cell| cell.user_by_id(id.as_str()).cloned());
                let name = known.as_ref().map(|user| &user.name);
                let user = reader.user_of_id(id, name).await?;
                user.map(|user| shown(&user, caller, Showing::WithoutTags))
            }
        };
    }
    Ok(listed)
}

/// Asks about a virtual device that should exist.
fn existing_device(serial_number: &str, caller: &Caller) -> Question {
    let question = Question::about(serial_number.to_owned());
    match device_place(caller.account(), serial_number) {
        Some(place) => question.resource_tags(&device_tags(caller, &place)),
        None => question,
    }
}

/// Returns where a virtual device that should exist stands.
fn device_cell(serial_number: &str, caller: &Caller) -> Result<Cell, Refusal> {
    let place = device_place(caller.account(), serial_number);
    let (path, name) = place.ok_or_else(|| missing(serial_number))?;
    Ok(Cell::VirtualMfaDevice(path, name))
}

fn missing(serial_number: &str) -> Refusal {
    Refusal::not_found(Entity::VirtualMfaDevice, serial_number)
}

impl Operate for iam::DeleteVirtualMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        Ok(existing_device(&self.serial_number, caller))
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let cell = device_cell(&call.serial_number, call.caller())?;
        let wanted = [cell.clone().of(call.caller().account())];
        let ((), revision) = service
            .transact(call.caller(), &wanted, |transaction| {
                let device = transaction.get::<VirtualMfaDevice>(cell.clone())?;
                let device = device.ok_or_else(|| missing(&call.serial_number))?;
                device.check_deletion()?;
                transaction.delete(cell.clone());
                transaction.count_out(Counter::VirtualMfaDevices);
                Ok(())
            })
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
