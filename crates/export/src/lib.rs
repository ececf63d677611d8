//! What AWS and its tools print about accounts and refusals, read: exports of accounts with the policies beside them,
//! error messages, CloudTrail records, credential reports.
//!
//! Pure: text in, a model out; whoever calls opens the files. Nothing here decides or explains. Documents keep the place
//! where they stand, for evidence. Start at [`Export`].
//!
//! | module | what |
//! |---|---|
//! | `account`, `organization`, `export` | the model |
//! | `read` | one file of an export, whatever it is |
//! | `skim` | a large file of which only what a question touches is read |
//! | `text` | documents and where they stand |
//! | `message` | error messages, as AWS and the tools around it print them |
//! | `event` | CloudTrail records |
//! | `recorded` | authorization details and decoded authorization messages |
//! | `credential_report` | `aws iam get-credential-report` |

#![cfg_attr(
    not(test),
    deny(
        clippy::wildcard_enum_match_arm,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod account;
mod credential_report;
mod error;
mod event;
mod export;
pub mod limits;
mod message;
mod organization;
mod read;
mod recorded;
mod skim;
mod text;

pub use account::{Account, Attached, Group, Inline, Managed, Role, Tag, User};
pub use credential_report::{CredentialReport, CredentialRow, Key};
pub use error::ReadError;
pub use event::action::action as action_of;
pub use event::{Event, Identity, events};
pub use export::{Device, Endpoint, EndpointType, Export, ResourcePolicy};
pub use message::{Deny, ErrorMessage, Layer, Printed, Refusal, parse as parse_message};
pub use organization::{Level, Organization, PolicyType};
pub use read::{Piece, read};
pub use recorded::{Check, Recorded, RecordedPolicy};
pub use skim::{Index, PIECE_BYTES, Skimmed, Skimmer, Stretch, Unfit, Wanted, stretches};
pub use text::{File, Start, Text};
