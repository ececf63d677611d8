//! The index of the table of services and actions, and behind it what is read when it is first asked for.

use std::sync::OnceLock;

use crate::condition::ConditionKey;
use crate::fold;
use crate::frame::Frames;
use crate::lines::ReadTableError;
use crate::read;
use crate::table::{ActionResourceRow, ActionRow, ResourceTypeRow, Service, Source};

/// Everything but the managed policies: an index, and what is read when it is first asked for.
pub(crate) struct Tables<'a> {
    pub(crate) frames: &'a Frames<'a>,
    pub(crate) sources: Vec<Source<'a>>,
    pub(crate) counts: Counts,
    /// How many lines each block of services has.
    pub(crate) block_lines: Box<[usize]>,
    /// Sorted by prefix.
    pub(crate) services: Box<[ServiceRow<'a>]>,
    keys: OnceLock<Keys<'a>>,
    /// Positions in the keys; many actions share one list.
    key_lists: OnceLock<Box<[Box<[u16]>]>>,
    /// `service:Action` names, with commas between them; the first list is empty.
    dependent_lists: OnceLock<Box<[&'a str]>>,
}

/// How many there are, which bounds every position.
#[derive(Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) keys: u16,
    pub(crate) lists: u16,
    pub(crate) dependents: u16,
}

pub(crate) struct Keys<'a> {
    /// Sorted by name, case ignored.
    pub(crate) all: Box<[ConditionKey<'a>]>,
    /// Positions in `all`.
    pub(crate) templates: Box<[u16]>,
}

pub(crate) struct ServiceRow<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) covered_by_rcps: bool,
    pub(crate) keys: u16,
    /// Where its resource types and actions stand.
    pub(crate) block: u16,
    pub(crate) first_line: usize,
    /// The first line behind them.
    pub(crate) last_line: usize,
    /// How many resource types and actions it has.
    pub(crate) types: u16,
    pub(crate) actions: u16,
    pub(crate) body: OnceLock<Body<'a>>,
}

/// What a service offers.
pub(crate) struct Body<'a> {
    /// Sorted by name, case ignored, as `actions`.
    pub(crate) resource_types: Box<[ResourceTypeRow<'a>]>,
    pub(crate) actions: Box<[ActionRow<'a>]>,
    /// The resources of all actions, in their order.
    pub(crate) action_resources: Box<[ActionResourceRow]>,
}

#[expect(
    clippy::expect_used,
    reason = "the data is a constant, and the test `embedded_tables_are_read` reads all of this very data"
)]
fn sound<T>(read: Result<T, ReadTableError>) -> T {
    read.expect("the table of actions is sound")
}

impl<'a> Tables<'a> {
    pub(crate) fn new(
        frames: &'a Frames<'a>,
        sources: Vec<Source<'a>>,
        counts: Counts,
        block_lines: Vec<usize>,
        services: Vec<ServiceRow<'a>>,
    ) -> Self {
        Self {
            frames,
            sources,
            counts,
            block_lines: block_lines.into(),
            services: services.into(),
            keys: OnceLock::new(),
            key_lists: OnceLock::new(),
            dependent_lists: OnceLock::new(),
        }
    }

    /// Reads all that is otherwise read when it is asked for.
    #[cfg(test)]
    pub(crate) fn read_all(&self) -> Result<(), ReadTableError> {
        read::keys(self)?;
        read::key_lists(self)?;
        read::dependent_lists(self)?;
        let mut services = self.services.iter();
        services.try_for_each(|service| read::body(self, service).map(|_| ()))
    }

    pub(crate) fn keys(&self) -> &Keys<'a> {
        self.keys.get_or_init(|| sound(read::keys(self)))
    }

    pub(crate) fn key(&self, name: &str) -> Option<ConditionKey<'a>> {
        fold::find(&self.keys().all, name, |key| key.name).copied()
    }

    pub(crate) fn templates(&self) -> impl Iterator<Item = ConditionKey<'a>> {
        self.at(&self.keys().templates)
    }

    pub(crate) fn key_list(&self, list: u16) -> impl Iterator<Item = ConditionKey<'a>> {
        let lists = self.key_lists.get_or_init(|| sound(read::key_lists(self)));
        self.at(lists.get(usize::from(list)).map_or(&[], |list| list))
    }

    fn at(&self, positions: &[u16]) -> impl Iterator<Item = ConditionKey<'a>> {
        let keys = &self.keys().all;
        positions
            .iter()
            .filter_map(|position| keys.get(usize::from(*position)).copied())
    }

    /// Returns the names of dependent actions, with commas between them.
    pub(crate) fn dependents(&self, list: u16) -> &'a str {
        let lists = self
            .dependent_lists
            .get_or_init(|| sound(read::dependent_lists(self)));
        lists.get(usize::from(list)).copied().unwrap_or_default()
    }
}

impl<'t> Tables<'t> {
    pub(crate) fn service(&'t self, prefix: &str) -> Option<Service<'t>> {
        let row = fold::find(&self.services, prefix, |row| row.prefix)?;
        Some(Service::new(self, row))
    }

    pub(crate) fn body(&'t self, service: &'t ServiceRow<'t>) -> &'t Body<'t> {
        let read = || sound(read::body(self, service));
        service.body.get_or_init(read)
    }

    pub(crate) fn services(&'t self) -> impl Iterator<Item = Service<'t>> {
        self.services.iter().map(|row| Service::new(self, row))
    }
}
