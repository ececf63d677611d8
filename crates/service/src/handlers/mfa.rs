//! Virtual MFA devices: create, list, delete.

use keyward_arn::{Partition, Path};
use keyward_directory::{
    DeviceName, Entity, Holder, OneTimeSeed, Quota, Refusal, Tags, VirtualMfaDevice,
};
use keyward_records::{Cell, Counter, Kind, Record};
use keyward_wire::{Blob, NoOutput, Sensitive, iam};

use super::target::{device_arn, device_place, device_tags};
use super::user::{sent_path, sent_tags, wire_tags};
use super::{Done, Operate, time};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::page::Page;
use crate::ports::draw;
use crate::{Service, ServiceError, qr};

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
            tags: (!device.tags.is_empty()).then(|| wire_tags(&device.tags)),
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
        let page = Page::read(call.max_items, call.marker.as_deref())?;
        let reader = service.reader(call.caller()).await?;
        let status = call.assignment_status.as_ref();
        let (devices, marker) = reader
            .page::<VirtualMfaDevice>(&Kind::VirtualMfaDevices, &page, |device| {
                fits(status, device)
            })
            .await?;
        let shown = devices.iter().map(|device| listed(device, call.caller()));
        let output = iam::ListVirtualMFADevicesOutput {
            virtual_mfa_devices: shown.collect(),
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

/// Shows a device in a list: never its seed.
fn listed(device: &VirtualMfaDevice, caller: &Caller) -> iam::VirtualMFADevice {
    let mut shown = iam::VirtualMFADevice {
        serial_number: device.serial_number(Partition::default(), caller.account()),
        tags: (!device.tags.is_empty()).then(|| wire_tags(&device.tags)),
        ..iam::VirtualMFADevice::default()
    };
    if let Some(assignment) = &device.assignment {
        shown.enable_date = Some(time(assignment.enabled));
        shown.user = Some(match &assignment.holder {
            Holder::Root => iam::User {
                user_id: caller.account().to_string(),
                arn: crate::authenticate::root_arn(caller.account()),
                ..iam::User::default()
            },
            Holder::User(id) => iam::User {
                user_id: id.to_string(),
                ..iam::User::default()
            },
        });
    }
    shown
}

impl Operate for iam::DeleteVirtualMFADevice {
    fn question(&self, caller: &Caller) -> Result<Question, ServiceError> {
        let question = Question::about(self.serial_number.clone());
        Ok(match device_place(caller.account(), &self.serial_number) {
            Some(place) => question.resource_tags(&device_tags(caller, &place)),
            None => question,
        })
    }

    async fn apply(
        service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<NoOutput>, ServiceError> {
        let missing = || Refusal::not_found(Entity::VirtualMfaDevice, &call.serial_number);
        let (path, name) =
            device_place(call.caller().account(), &call.serial_number).ok_or_else(missing)?;
        let cell = Cell::VirtualMfaDevice(path, name);
        let ((), revision) = service
            .transact(
                call.caller(),
                &[cell.clone().of(call.caller().account())],
                |transaction| {
                    let device = transaction.get::<VirtualMfaDevice>(cell.clone())?;
                    device.ok_or_else(missing)?.check_deletion()?;
                    transaction.delete(cell.clone());
                    transaction.count_out(Counter::VirtualMfaDevices);
                    Ok(())
                },
            )
            .await?;
        Ok(Done::at(revision, NoOutput))
    }
}
