//! Credentials that a customer delegated to a partner.

use keyward_wire::{ErrorShape, sts};

use super::super::{Done, Operate};
use crate::authenticate::Caller;
use crate::authorize::{Authorized, Question};
use crate::{Service, ServiceError};

impl Operate for sts::GetDelegatedAccessToken {
    fn question(&self, _caller: &Caller) -> Result<Question, ServiceError> {
        Ok(Question::about("*".to_owned()))
    }

    /// Trades nothing in: tokens come of accepted delegation requests, and no partner can make one here.
    // DIFFERS: AWS has partners; a token that is not its own it words in a way that is not known.
    async fn apply(
        _service: &Service,
        _call: Authorized<Self>,
    ) -> Result<Done<sts::GetDelegatedAccessTokenOutput>, ServiceError> {
        Err(ServiceError::shape(
            ErrorShape::ExpiredTradeInToken,
            "The trade-in token is not one that can still be traded in.",
        ))
    }
}
