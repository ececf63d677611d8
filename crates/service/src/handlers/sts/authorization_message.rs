//! What was encoded about a refusal, decoded for those who may read it.

use keyward_sts::open_message;
use keyward_wire::{ErrorShape, sts};

use super::super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

impl Operate for sts::DecodeAuthorizationMessage {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    async fn apply(
        _service: &Service,
        call: Authorized<Self>,
    ) -> Result<Done<sts::DecodeAuthorizationMessageOutput>, ServiceError> {
        let message = open_message(call.caller().cell().sealing(), &call.encoded_message);
        let message = message.map_err(|_| {
            ServiceError::shape(
                ErrorShape::InvalidAuthorizationMessage,
                "Encoded message is invalid",
            )
        })?;
        Ok(Done::without_store(sts::DecodeAuthorizationMessageOutput {
            decoded_message: Some(message),
        }))
    }
}
