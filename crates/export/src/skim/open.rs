//! Reads what a question touches of files that were skimmed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use keyward_arn::{AccountId, Arn};

use crate::account::{Account, Attached};
use crate::export::Export;
use crate::limits;
use crate::read::Piece;

use super::index::Placed;
use super::together::opened;
use super::{Index, Kind};

/// Reads a stretch of a file, which is named by its path; `None` where it cannot.
pub type Stretch<'r> = dyn FnMut(&str, Range<u64>) -> Option<Vec<u8>> + 'r;

/// The names that a question has in it, whatever they name.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    names: BTreeSet<String>,
}

impl Wanted {
    /// Takes every name of a text, such as an ARN or an error message: each run of the characters that names of users,
    /// groups and roles are made of.
    ///
    /// # Examples
    /// ```
    /// use keyward_export::Wanted;
    ///
    /// let mut wanted = Wanted::default();
    /// wanted.add("User: arn:aws:iam::111122223333:user/alice is not authorized, it says.");
    /// assert!(wanted.names().any(|name| name == "alice"));
    /// assert!(wanted.names().any(|name| name == "says"));
    /// ```
    // SOURCE: spec/iam-limits.md: names are of [\w+=,.@-].
    pub fn add(&mut self, text: &str) {
        let is_name =
            |character: char| character.is_alphanumeric() || "_+=,.@-".contains(character);
        for name in text.split(|character| !is_name(character)) {
            // The end of a sentence may be part of a name, and need not.
            for name in [name, name.trim_matches(|end| "=,.".contains(end))] {
                if !name.is_empty() {
                    self.names.insert(name.to_owned());
                }
            }
        }
    }

    /// Returns the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// Files of which some were skimmed, in their order.
#[derive(Debug, Default)]
pub struct Skimmed {
    parts: Vec<Part>,
}

/// One of them.
#[derive(Debug)]
enum Part {
    Read(Piece),
    Skimmed(Index),
}

impl Skimmed {
    /// Adds a file that was read.
    pub fn read(&mut self, pieces: impl IntoIterator<Item = Piece>) {
        self.parts.extend(pieces.into_iter().map(Part::Read));
    }

    /// Adds a file that was skimmed.
    pub fn skimmed(&mut self, index: Index) {
        self.parts.push(Part::Skimmed(index));
    }

    /// Returns the export as far as a question about these names can touch it: users, groups and roles of the names, and
    /// whatever policies these have. `read` returns a stretch of a file.
    ///
    /// Returns `None` where the export has to be read as a whole, which also says what is wrong with it.
    pub fn open(&self, wanted: &Wanted, read: &mut Stretch<'_>) -> Option<Export> {
        let mut opening = Opening::new(&self.parts, read);
        let names = wanted.names.iter().map(String::as_str).collect();
        opening.of_names(&names)?;
        opening.groups()?;
        opening.policies()?;
        self.export(opening.accounts)
    }

    /// Puts together what was opened.
    fn export(&self, mut accounts: Opened) -> Option<Export> {
        let mut pieces = Vec::new();
        for (number, part) in self.parts.iter().enumerate() {
            match part {
                Part::Read(piece) => pieces.push(piece.clone()),
                Part::Skimmed(index) => {
                    let page = |account, continues| Piece::Account { account, continues };
                    let (more, ends) = index.pages;
                    let account = accounts.remove(&number).unwrap_or_default();
                    pieces.push(page(account, ends == 0));
                    if more > 0 && ends > 0 {
                        pieces.push(page(Account::default(), true));
                    }
                }
            }
        }
        let mut export = Export::of(pieces).ok()?;
        for id in self.accounts()? {
            export.accounts.entry(id).or_default();
        }
        Some(export)
    }

    /// Returns the export with all users, groups and roles, and the policies that these have. So many `threads` read, at
    /// least one, each with a reader of its own.
    ///
    /// Returns `None` where it has to be read as a whole, as [`Skimmed::open`].
    pub fn everyone<R>(&self, threads: usize, reader: impl Fn() -> R + Sync) -> Option<Export>
    where
        R: FnMut(&str, Range<u64>) -> Option<Vec<u8>>,
    {
        let mut read = reader();
        let mut opening = Opening::new(&self.parts, &mut read);
        let holders = opening.chosen(|it| it.entry.kind != Kind::Policy)?;
        let bytes = holders.iter().map(|found| found.placed.bytes());
        if bytes.fold(0, u64::saturating_add) > limits::TOTAL_BYTES {
            return None;
        }
        let share = holders.len().div_ceil(threads.max(1)).max(1);
        let parts: Vec<Option<Opened>> = std::thread::scope(|scope| {
            let readers: Vec<_> = holders
                .chunks(share)
                .map(|share| scope.spawn(|| opened(share, &mut reader())))
                .collect();
            let joined = readers.into_iter().map(|reader| match reader.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect()
        });
        for part in parts {
            opening.add(part?);
        }
        opening.policies()?;
        self.export(opening.accounts)
    }

    /// Returns the accounts that entities are of; `None` where one names none.
    fn accounts(&self) -> Option<BTreeSet<AccountId>> {
        let mut found = BTreeSet::new();
        // An ARN up to its resource, and whether it is of AWS: most are of the account of the one before.
        let mut last = None;
        for it in found_in(&self.parts) {
            let text = it.placed.arn();
            let is_policy = it.placed.entry.kind == Kind::Policy;
            let is_known =
                |(before, is_aws): (&str, bool)| text.starts_with(before) && (is_policy || !is_aws);
            if last.is_some_and(is_known) {
                continue;
            }
            let arn = Arn::parse(text)?;
            let is_aws = arn.account == "aws" && is_policy;
            if !is_aws {
                found.insert(AccountId::parse(arn.account).ok()?);
            }
            let before = text.strip_suffix(arn.resource);
            last = before.map(|before| (before, is_aws));
        }
        Some(found)
    }
}

fn found_in(parts: &[Part]) -> impl Iterator<Item = Found<'_>> {
    parts
        .iter()
        .enumerate()
        .filter_map(|(number, part)| match part {
            Part::Read(_) => None,
            Part::Skimmed(index) => Some((number, index)),
        })
        .flat_map(|(number, index)| {
            index.entries().map(move |placed| Found {
                number,
                index,
                placed,
            })
        })
}

/// Entities that are being read.
struct Opening<'a> {
    parts: &'a [Part],
    read: &'a mut Stretch<'a>,
    opened: HashSet<&'a str>,
    accounts: Opened,
}

impl<'a> Opening<'a> {
    fn new(parts: &'a [Part], read: &'a mut Stretch<'a>) -> Self {
        Self {
            parts,
            read,
            opened: HashSet::new(),
            accounts: Opened::new(),
        }
    }

    fn of_names(&mut self, names: &BTreeSet<&str>) -> Option<()> {
        // What ends as no name does is none of them: most need not be looked at further.
        let mut ends = [false; 256];
        for end in names.iter().filter_map(|name| name.bytes().last()) {
            if let Some(end) = ends.get_mut(usize::from(end)) {
                *end = true;
            }
        }
        let may_be = |arn: &str| {
            let end = arn.bytes().last().map(usize::from);
            end.and_then(|end| ends.get(end)) == Some(&true)
        };
        let is_wanted = |it: Placed<'_>| match it.entry.kind {
            Kind::Policy => false,
            Kind::Group | Kind::Role | Kind::User => {
                may_be(it.arn()) && names.contains(last(it.arn()))
            }
        };
        self.open(is_wanted)
    }

    /// Opens the groups of the users that are open.
    fn groups(&mut self) -> Option<()> {
        let groups: BTreeSet<(String, String)> = self
            .accounts
            .values()
            .flat_map(|it| &it.users)
            .flat_map(|user| {
                let account = account(&user.arn);
                user.groups
                    .iter()
                    .map(move |name| (account.to_owned(), name.clone()))
            })
            .collect();
        self.open(|it| {
            let key = || (account(it.arn()).to_owned(), last(it.arn()).to_owned());
            it.entry.kind == Kind::Group && groups.contains(&key())
        })
    }

    /// Opens the managed policies of all that is open.
    fn policies(&mut self) -> Option<()> {
        let accounts = std::mem::take(&mut self.accounts);
        let mut arns: HashSet<&str> = HashSet::new();
        for account in accounts.values() {
            let users = account.users.iter().map(|it| (&it.attached, &it.boundary));
            let roles = account.roles.iter().map(|it| (&it.attached, &it.boundary));
            let groups = account.groups.iter().map(|it| (&it.attached, &None));
            for (attached, boundary) in users.chain(roles).chain(groups) {
                let attached: &Vec<Attached> = attached;
                arns.extend(attached.iter().map(|it| it.arn.as_str()));
                arns.extend(boundary.as_deref());
            }
        }
        let is_wanted = |it: Placed<'_>| it.entry.kind == Kind::Policy && arns.contains(it.arn());
        let chosen = self.chosen(is_wanted)?;
        self.accounts = accounts;
        self.read(&chosen)
    }

    /// Chooses those that are wanted and not open yet, each once: what comes first holds, as where all is read. A file
    /// that has one twice is left to be read as a whole.
    fn chosen(&mut self, is_wanted: impl Fn(Placed<'_>) -> bool) -> Option<Vec<Found<'a>>> {
        let mut chosen: HashMap<&str, usize> = HashMap::new();
        let mut found = Vec::new();
        for it in found_in(self.parts) {
            let arn = it.placed.arn();
            if !is_wanted(it.placed) || self.opened.contains(arn) {
                continue;
            }
            match chosen.get(arn) {
                Some(first) if *first == it.number => return None,
                Some(_) => {}
                None => {
                    chosen.insert(arn, it.number);
                    found.push(it);
                }
            }
        }
        self.opened.extend(chosen.into_keys());
        Some(found)
    }

    fn open(&mut self, is_wanted: impl Fn(Placed<'_>) -> bool) -> Option<()> {
        let chosen = self.chosen(is_wanted)?;
        self.read(&chosen)
    }

    fn read(&mut self, chosen: &[Found<'_>]) -> Option<()> {
        let opened = opened(chosen, self.read)?;
        self.add(opened);
        Some(())
    }

    fn add(&mut self, opened: Opened) {
        for (number, more) in opened {
            let account = self.accounts.entry(number).or_default();
            account.users.extend(more.users);
            account.groups.extend(more.groups);
            account.roles.extend(more.roles);
            account.policies.extend(more.policies);
        }
    }
}

/// An entity that is wanted, with the number of its file.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) number: usize,
    pub(super) index: &'a Index,
    pub(super) placed: Placed<'a>,
}

/// What was opened, by the number of its file.
pub(super) type Opened = BTreeMap<usize, Account>;

fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

fn last(arn: &str) -> &str {
    let before = memchr::memrchr2(b'/', b':', arn.as_bytes());
    let begin = before.map_or(0, |at| at.saturating_add(1));
    arn.get(begin..).unwrap_or_default()
}

impl Placed<'_> {
    fn bytes(self) -> u64 {
        self.entry.end.saturating_sub(self.entry.start)
    }
}
