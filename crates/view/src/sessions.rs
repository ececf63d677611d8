//! Sessions whose tokens were opened lately.
//!
//! Opening a token is pure, so what came of it may be kept; that it is still good is asked anew at each request. The
//! space is fixed: live sessions cost no memory, those in use cost a slot, and who shares a slot pays for the opening.

use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use foldhash::fast::RandomState;
use keyward_arn::AccessKeyId;
use keyward_directory::Timestamp;
use keyward_engine::{AttachedPolicy, AttachedTo};
use keyward_sigv4::SigningKey;
use keyward_sts::{SealingKeys, Session};

use crate::Cell;
use crate::document::compile;
use crate::key::DerivedKeys;

/// Slots for opened sessions: a few megabytes where all are in use.
const SLOTS: usize = 4096;

/// A session whose token opened.
pub struct OpenedSession {
    /// What the token holds.
    pub session: Session,
    /// Its inline session policy, compiled; at most one.
    pub inline: Vec<AttachedPolicy>,
    token: String,
    opened_with: Arc<SealingKeys>,
    derived: DerivedKeys,
}

/// A session and the account that it belongs to, at one revision.
#[derive(Clone, Debug)]
pub struct FoundSession {
    /// The account.
    pub cell: Arc<Cell>,
    /// The session.
    pub session: Arc<OpenedSession>,
}

/// The sessions that were opened lately.
pub(crate) struct Sessions {
    slots: Box<[ArcSwapOption<OpenedSession>]>,
    hasher: RandomState,
}

impl Default for Sessions {
    fn default() -> Self {
        let slots = (0..SLOTS).map(|_| ArcSwapOption::empty());
        Self {
            slots: slots.collect(),
            hasher: RandomState::default(),
        }
    }
}

impl Sessions {
    /// Opens a token of an account, or finds what came of it the last time.
    pub(crate) fn open(
        &self,
        cell: &Cell,
        access_key_id: &str,
        token: &str,
        now: Timestamp,
    ) -> Option<Arc<OpenedSession>> {
        let hash = self.hasher.hash_one(access_key_id);
        let slot = usize::try_from(hash % SLOTS as u64).ok();
        let slot = slot.and_then(|slot| self.slots.get(slot));
        let kept = slot.and_then(ArcSwapOption::load_full);
        let is_same = |kept: &Arc<OpenedSession>| {
            kept.token == token
                && kept.session.access_key_id.as_str() == access_key_id
                && Arc::ptr_eq(&kept.opened_with, cell.sealing())
        };
        if let Some(kept) = kept.filter(is_same) {
            return Some(kept);
        }
        let opened = Arc::new(OpenedSession::open(cell, access_key_id, token, now)?);
        if let Some(slot) = slot {
            slot.store(Some(Arc::clone(&opened)));
        }
        Some(opened)
    }
}

impl OpenedSession {
    fn open(cell: &Cell, access_key_id: &str, token: &str, now: Timestamp) -> Option<Self> {
        let id = AccessKeyId::parse(access_key_id).ok()?;
        let session = cell.sealing().open(token, &id, now).ok()?;
        let inline = session.policies.inline.iter().map(|text| {
            let document = Arc::new(compile(text));
            AttachedPolicy::new(document, "session policy", None, AttachedTo::Session)
        });
        Some(Self {
            inline: inline.collect(),
            session,
            token: token.to_owned(),
            opened_with: Arc::clone(cell.sealing()),
            derived: DerivedKeys::default(),
        })
    }

    /// Returns the signing key of a scope.
    #[must_use]
    pub fn signing_key(&self, date: &str, region: &str, service: &str) -> SigningKey {
        let secret = &self.session.secret;
        self.derived.signing_key(secret, date, region, service)
    }
}

impl fmt::Debug for OpenedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.fmt(f)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions(…)")
    }
}
