//! Finds the statements of a policy that could match a request, by action and resource.
//!
//! The index only ever leaves out statements that cannot match: what it finds is matched in full. Statements that are
//! about nothing a text could be looked up by (`NotAction`, `*`, a wildcard in the service) are found for every request.
//! A statement is filed under keys, each made of what is known of one action pattern and of one resource pattern:
//!
//! | action pattern | filed by | resource pattern | filed by |
//! |---|---|---|---|
//! | `s3:GetObject` | all of it | `…:table/music` | up to its second `/` or `:` |
//! | `s3:Get*` | service and three letters | `…:bucket/*` | up to its first `/` or `:` |
//! | `s3:*` | service | any other | nothing |
//! | any other | nothing | | |

use crate::arn::{Segments, Variables};
use crate::compiled::{CompiledPolicy, Kind, State, Statement, Written, to_usize};
use crate::trace::ElementForm;

/// The ways to file an action times the ways to file a resource.
pub(crate) const CLASSES: usize = 12;

/// How many letters of a name an action pattern such as `s3:Get*` is filed by.
const NAME_LETTERS: usize = 3;

/// How many keys more than its patterns a statement may have before its resources are left out of them.
const SPARE_KEYS: usize = 4;

/// The statements of one policy by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Sorted.
    entries: Box<[Entry]>,
    /// One bit a class that has entries.
    classes: u16,
    /// The bits of the services that actions are of; all where one is of any service.
    services: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    key: u32,
    statement: u32,
}

/// The keys that a request is looked up by: at most one of each class.
#[derive(Clone, Debug, Default)]
pub(crate) struct RequestKeys {
    keys: [u32; CLASSES],
    /// One bit a class that the request has a key of.
    present: u16,
    /// The bit of the action's service.
    service: u64,
}

/// A small picture of an index that tells most policies without a candidate from the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter {
    bits: [u64; FILTER_WORDS],
    classes: u16,
    services: u64,
}

/// A filter of 512 bits takes one policy of a hundred statements in six for one that could match.
const FILTER_WORDS: usize = 8;

impl Index {
    pub(crate) fn of(policy: &CompiledPolicy) -> Self {
        let mut entries = Vec::new();
        let (mut classes, mut all_services) = (0, 0);
        for (number, statement) in (0_u32..).zip(&policy.statements) {
            all_services |= services(policy, statement);
            for (class, key) in statement_keys(policy, statement) {
                classes |= bit16(class);
                entries.push(Entry {
                    key,
                    statement: number,
                });
            }
        }
        entries.sort_unstable();
        entries.dedup();
        Self {
            entries: entries.into(),
            classes,
            services: all_services,
        }
    }

    pub(crate) fn filter(&self) -> Filter {
        let mut filter = Filter {
            bits: [0; FILTER_WORDS],
            classes: self.classes,
            services: self.services,
        };
        for entry in &self.entries {
            let (word, bit) = place(entry.key);
            if let Some(word) = filter.bits.get_mut(word) {
                *word |= bit;
            }
        }
        filter
    }

    /// Calls back with the number of every statement that is filed under a key.
    pub(crate) fn find(&self, key: u32, mut visit: impl FnMut(usize)) {
        let from = self.entries.partition_point(|entry| entry.key < key);
        for entry in self.entries.get(from..).unwrap_or_default() {
            if entry.key != key {
                break;
            }
            visit(to_usize(entry.statement));
        }
    }

    pub(crate) fn heap_size(&self) -> usize {
        size_of_val::<[Entry]>(&self.entries)
    }
}

impl Filter {
    fn may_have(&self, key: u32) -> bool {
        let (word, bit) = place(key);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Returns whether the policy may have entries of any of the request's keys.
    #[inline]
    pub(crate) fn may_match(&self, request: &RequestKeys) -> bool {
        self.services & request.service != 0 && self.keys(request).next().is_some()
    }

    /// Returns those of the request's keys that the policy may have entries of.
    #[inline]
    pub(crate) fn keys(&self, request: &RequestKeys) -> impl Iterator<Item = u32> {
        let mut left = self.classes & request.present;
        std::iter::from_fn(move || {
            while left != 0 {
                let class = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                let key = request.keys.get(to_usize(class)).copied()?;
                if self.may_have(key) {
                    return Some(key);
                }
            }
            None
        })
    }
}

impl RequestKeys {
    /// Computes the keys of an action and the resource part of an ARN, `None` for what is no ARN.
    pub(crate) fn of(action: &str, resource: Option<&str>) -> Self {
        let mut request = Self {
            service: service_bit(action.split_once(':').map_or("", |(service, _)| service)),
            ..Self::default()
        };
        let (first, second) = resource.map_or((None, None), |resource| {
            let (first, second) = delimiters(resource);
            let whole = resource.len();
            (
                Some(resource_hash(resource, first.unwrap_or(whole))),
                first.map(|_| resource_hash(resource, second.unwrap_or(whole))),
            )
        });
        let resources = [Some(0), first, second];
        for (action_class, action) in action_hashes(action).into_iter().enumerate() {
            for (level, resource) in resources.into_iter().enumerate() {
                if let (Some(action), Some(resource)) = (action, resource) {
                    request.set(action_class, action, level, resource);
                }
            }
        }
        request
    }

    fn set(&mut self, action_class: usize, action: u32, level: usize, resource: u32) {
        let (class, key) = key(action_class, action, level, resource);
        if let Some(slot) = self.keys.get_mut(class) {
            *slot = key;
            self.present |= bit16(class);
        }
    }
}

/// Returns the hash of an action by each of its classes: exact, three letters, service, nothing.
fn action_hashes(action: &str) -> [Option<u32>; 4] {
    let Some((service, name)) = action.split_once(':') else {
        return [None, None, None, Some(0)];
    };
    let service = fold(fold(START, service.as_bytes()), b":");
    let letters = name.as_bytes().split_at_checked(NAME_LETTERS);
    match letters {
        None => [
            Some(fold(service, name.as_bytes())),
            None,
            Some(service),
            Some(0),
        ],
        Some((letters, rest)) => {
            let letters = fold(service, letters);
            [
                Some(fold(letters, rest)),
                Some(letters),
                Some(service),
                Some(0),
            ]
        }
    }
}

/// Returns the class and hash that an action pattern is filed by; `None` for one that fits nothing.
fn action_pattern(pattern: &Written<'_>) -> Option<(usize, u32)> {
    let by_service_and_name = |service: &str, name: &str| {
        if service.contains(['*', '?']) {
            return (3, 0);
        }
        let service = fold(fold(START, service.as_bytes()), b":");
        let literal = name.find(['*', '?']).unwrap_or(name.len());
        match name.as_bytes().get(..NAME_LETTERS) {
            Some(letters) if literal >= NAME_LETTERS => (1, fold(service, letters)),
            Some(_) | None => (2, service),
        }
    };
    match pattern.kind {
        Kind::Exact => Some((0, fold(START, pattern.text.as_bytes()))),
        Kind::Glob => pattern
            .text
            .split_once(':')
            .map(|(service, name)| by_service_and_name(service, name)),
        Kind::Never => None,
        Kind::Everything
        | Kind::Prefix
        | Kind::PrincipalAws
        | Kind::PrincipalCanonicalUser
        | Kind::PrincipalFederated
        | Kind::PrincipalService
        | Kind::ShortArn
        | Kind::VariableInHead
        | Kind::Variables => Some((3, 0)),
    }
}

/// Returns the level and hash that a resource pattern is filed by; `None` for one that fits nothing.
fn resource_pattern(pattern: &Written<'_>, variables: Variables) -> Option<(usize, u32)> {
    let anywhere = Some((0, 0));
    let wild: &[char] = match pattern.kind {
        Kind::Never => return None,
        Kind::Exact | Kind::Glob | Kind::Prefix => &['*', '?'],
        Kind::Variables => &['*', '?', '$'],
        Kind::Everything
        | Kind::PrincipalAws
        | Kind::PrincipalCanonicalUser
        | Kind::PrincipalFederated
        | Kind::PrincipalService
        | Kind::ShortArn
        | Kind::VariableInHead => return anywhere,
    };
    let Some(segments) = Segments::split(pattern.text, variables) else {
        return anywhere;
    };
    let resource = segments.resource();
    let literal = resource.find(wild).unwrap_or(resource.len());
    let is_literal = literal == resource.len();
    match delimiters(resource) {
        (Some(_), Some(second)) if second < literal => Some((2, resource_hash(resource, second))),
        (Some(_), None) if is_literal => Some((2, resource_hash(resource, resource.len()))),
        (Some(first), _) if first < literal => Some((1, resource_hash(resource, first))),
        (None, _) if is_literal => Some((1, resource_hash(resource, resource.len()))),
        (Some(_) | None, _) => anywhere,
    }
}

/// Returns the classes and keys that a statement is filed under.
fn statement_keys(policy: &CompiledPolicy, statement: &Statement) -> Vec<(usize, u32)> {
    let variables = match policy.state {
        State::Usable(keyward_policy::Version::V2012) => Variables::Known,
        State::Usable(keyward_policy::Version::V2008) | State::Unusable => Variables::Text,
    };
    let actions: Vec<_> = match statement.action {
        ElementForm::Absent | ElementForm::NotListed => vec![(3, 0)],
        ElementForm::Listed => policy
            .actions(statement)
            .filter_map(|action| action_pattern(&action))
            .collect(),
    };
    let mut resources: Vec<_> = match statement.resource {
        ElementForm::Absent | ElementForm::NotListed => vec![(0, 0)],
        ElementForm::Listed => policy
            .resources(statement)
            .filter_map(|resource| resource_pattern(&resource, variables))
            .collect(),
    };
    let affordable = actions
        .len()
        .saturating_add(resources.len())
        .saturating_add(SPARE_KEYS);
    if actions.len().saturating_mul(resources.len()) > affordable {
        resources = vec![(0, 0)];
    }
    let mut keys: Vec<_> = actions
        .iter()
        .flat_map(|(class, action)| {
            resources
                .iter()
                .map(|(level, resource)| key(*class, *action, *level, *resource))
        })
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Returns the bits of the services that a statement's actions are of.
fn services(policy: &CompiledPolicy, statement: &Statement) -> u64 {
    match statement.action {
        ElementForm::Absent | ElementForm::NotListed => u64::MAX,
        ElementForm::Listed => policy.actions(statement).fold(0, |bits, action| {
            bits | match action.text.split_once(':') {
                _ if action.kind == Kind::Never => 0,
                Some((service, _)) if !service.contains(['*', '?']) => service_bit(service),
                Some(_) | None => u64::MAX,
            }
        }),
    }
}

fn service_bit(service: &str) -> u64 {
    1_u64.wrapping_shl(fold(START, service.as_bytes()).wrapping_mul(0x9e37_79b1) >> 26)
}

/// Returns the places of the first two `/` or `:`.
fn delimiters(resource: &str) -> (Option<usize>, Option<usize>) {
    let mut found = memchr::memchr2_iter(b'/', b':', resource.as_bytes());
    (found.next(), found.next())
}

fn resource_hash(resource: &str, end: usize) -> u32 {
    resource
        .as_bytes()
        .get(..end)
        .unwrap_or_default()
        .iter()
        .fold(START, |hash, byte| step(hash, *byte))
}

fn key(action_class: usize, action: u32, level: usize, resource: u32) -> (usize, u32) {
    let class = action_class.saturating_mul(3).saturating_add(level);
    let salt = u32::try_from(class).unwrap_or_default();
    (
        class,
        (action.rotate_left(7) ^ resource)
            .wrapping_add(salt)
            .wrapping_mul(0x9e37_79b1),
    )
}

fn bit16(class: usize) -> u16 {
    u32::try_from(class)
        .ok()
        .and_then(|class| 1_u16.checked_shl(class))
        .unwrap_or_default()
}

/// Returns the word and bit of a filter that stand for a key: its high bits, which the multiplication mixes best.
fn place(key: u32) -> (usize, u64) {
    (to_usize(key >> 29), 1_u64.wrapping_shl((key >> 23) & 63))
}

/// FNV-1a.
const START: u32 = 0x811c_9dc5;

fn fold(hash: u32, bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(hash, |hash, byte| step(hash, byte.to_ascii_lowercase()))
}

fn step(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}
