//! What redb reads and writes through.
//!
//! redb marks, repairs and resizes a file as it opens it. A damaged file must stay as it is, so the
//! backend starts out *held*: it records what redb would have written and lets redb read it back.
//! [`Backend::release`] then does it for real, in redb's own order, so that a crash on the way is one
//! that redb is made for; dropping it instead leaves the file untouched.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use redb::StorageBackend;

use super::disk::Disk;

const PAGE_BYTES: usize = 4096;

/// A [`Disk`] as redb wants it. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Backend(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    disk: Arc<dyn Disk>,
    mode: RwLock<Mode>,
}

#[derive(Debug)]
enum Mode {
    /// A release failed half-way: whatever redb would write next would not fit to what is there.
    Dead,
    Direct,
    /// The writer failed: what is there is read, and nothing is written any more.
    Frozen,
    Held(Held),
    /// Nobody relies on the file yet, so whoever makes it syncs it once at the end.
    Unsynced,
}

/// What was to be written, twice: in order, and as it would look.
#[derive(Debug)]
struct Held {
    steps: Vec<Step>,
    len: u64,
    /// Pages by their number; those missing here are on the disk, if below `disk_len`.
    pages: BTreeMap<u64, Vec<u8>>,
    /// What the disk has is visible up to here: a cut hides what was above, also after lengthening.
    disk_len: u64,
}

#[derive(Debug)]
enum Step {
    SetLen(u64),
    Sync,
    Write(u64, Vec<u8>),
}

impl Backend {
    /// Makes a backend that writes nothing to the disk until it is released.
    pub(super) fn held(disk: Arc<dyn Disk>) -> io::Result<Self> {
        let len = disk.len()?;
        let held = Held {
            steps: Vec::new(),
            len,
            pages: BTreeMap::new(),
            disk_len: len,
        };
        Ok(Self(Arc::new(Shared {
            disk,
            mode: RwLock::new(Mode::Held(held)),
        })))
    }

    /// Makes a backend that writes to the disk and leaves syncing to its maker, for a file that is being made.
    pub(super) fn unsynced(disk: Arc<dyn Disk>) -> Self {
        Self(Arc::new(Shared {
            disk,
            mode: RwLock::new(Mode::Unsynced),
        }))
    }

    /// Refuses all writes from now on, also those that redb does as it is closed.
    pub(super) fn freeze(&self) {
        let mut mode = self.0.mode.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*mode, Mode::Direct) {
            *mode = Mode::Frozen;
        }
    }

    /// Does what was held back, and holds nothing back from now on.
    pub(super) fn release(&self) -> io::Result<()> {
        let mut mode = self.0.mode.write().unwrap_or_else(PoisonError::into_inner);
        let Mode::Held(held) = std::mem::replace(&mut *mode, Mode::Dead) else {
            return Err(dead());
        };
        for step in held.steps {
            match step {
                Step::SetLen(len) => self.0.disk.set_len(len)?,
                Step::Sync => self.0.disk.sync()?,
                Step::Write(offset, data) => self.0.disk.write_at(offset, &data)?,
            }
        }
        *mode = Mode::Direct;
        Ok(())
    }

    fn mode(&self) -> RwLockReadGuard<'_, Mode> {
        // Nothing between the lines that change it can panic, so it is whole.
        self.0.mode.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the disk with `direct`, or what is held with `on_held`.
    fn change(
        &self,
        direct: impl FnOnce(&dyn Disk) -> io::Result<()>,
        on_held: impl FnOnce(&mut Held, &dyn Disk) -> io::Result<()>,
    ) -> io::Result<()> {
        let disk = self.0.disk.as_ref();
        // Once direct, nobody but a failure takes the lock for writing, so that nobody waits for a sync.
        match *self.mode() {
            Mode::Dead | Mode::Frozen => return Err(dead()),
            Mode::Direct | Mode::Unsynced => return direct(disk),
            Mode::Held(_) => {}
        }
        match &mut *self.0.mode.write().unwrap_or_else(PoisonError::into_inner) {
            Mode::Held(held) => on_held(held, disk),
            // redb doesn't write while it is released: that is done by the thread that opens it.
            Mode::Dead | Mode::Direct | Mode::Frozen | Mode::Unsynced => Err(dead()),
        }
    }
}

fn dead() -> io::Error {
    io::Error::other("an earlier write failed")
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        match &*self.mode() {
            Mode::Dead => Err(dead()),
            Mode::Direct | Mode::Frozen | Mode::Unsynced => self.0.disk.len(),
            Mode::Held(held) => Ok(held.len),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match &*self.mode() {
            Mode::Dead => Err(dead()),
            Mode::Direct | Mode::Frozen | Mode::Unsynced => self.0.disk.read_at(offset, out),
            Mode::Held(held) => held.read(offset, out, self.0.disk.as_ref()),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(|disk| disk.set_len(len), |held, _| held.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        if matches!(*self.mode(), Mode::Unsynced) {
            return Ok(());
        }
        self.change(
            |disk| disk.sync(),
            |held, _| {
                held.steps.push(Step::Sync);
                Ok(())
            },
        )
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(
            |disk| disk.write_at(offset, data),
            |held, disk| held.write(offset, data, disk),
        )
    }
}

impl Held {
    fn read(&self, offset: u64, out: &mut [u8], disk: &dyn Disk) -> io::Result<()> {
        if offset
            .checked_add(out.len() as u64)
            .is_none_or(|end| end > self.len)
        {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        for (number, start, part) in pieces(offset, out.len()) {
            let page = self.page(number, disk)?;
            let from = page.get(start..start + part.len());
            if let (Some(to), Some(from)) = (out.get_mut(part), from) {
                to.copy_from_slice(from);
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u64, data: &[u8], disk: &dyn Disk) -> io::Result<()> {
        self.steps.push(Step::Write(offset, data.to_vec()));
        self.len = self.len.max(offset.saturating_add(data.len() as u64));
        for (number, start, part) in pieces(offset, data.len()) {
            let mut page = self.page(number, disk)?;
            if let (Some(to), Some(from)) =
                (page.get_mut(start..start + part.len()), data.get(part))
            {
                to.copy_from_slice(from);
            }
            self.pages.insert(number, page);
        }
        Ok(())
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.steps.push(Step::SetLen(len));
        self.disk_len = self.disk_len.min(len);
        // redb lengthens and cuts by whole pages, so no page is cut in its middle.
        self.pages
            .retain(|number, _| *number < len.div_ceil(PAGE_BYTES as u64));
        self.len = len;
        Ok(())
    }

    fn page(&self, number: u64, disk: &dyn Disk) -> io::Result<Vec<u8>> {
        if let Some(page) = self.pages.get(&number) {
            return Ok(page.clone());
        }
        let mut page = vec![0; PAGE_BYTES];
        let offset = number * PAGE_BYTES as u64;
        // At most a page, so it fits.
        let on_disk = usize::try_from(self.disk_len.saturating_sub(offset))
            .unwrap_or(PAGE_BYTES)
            .min(PAGE_BYTES);
        if let Some(part) = page.get_mut(..on_disk).filter(|part| !part.is_empty()) {
            disk.read_at(offset, part)?;
        }
        Ok(page)
    }
}

/// Cuts a range of the file by pages: the page's number, where in the page it starts, which part of the range it is.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let page = PAGE_BYTES as u64;
    let mut done = 0;
    std::iter::from_fn(move || {
        if done >= len {
            return None;
        }
        let at = offset.saturating_add(done as u64);
        // Below PAGE_BYTES, so it fits.
        let start = usize::try_from(at % page).unwrap_or(0);
        let part = done..len.min(done + (PAGE_BYTES - start));
        done = part.end;
        Some((at / page, start, part))
    })
}
