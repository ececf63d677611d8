//! What refusals were made of, in files of bounded size.
//!
//! An id holds the file, the place in it and 64 random bits, so that nothing is kept in memory to find a record, and no id
//! can be guessed. The oldest file goes when a new one is begun: 16 files of 16 MiB.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use keyward_service::{DetailsKeeper, Entropy};

use crate::entropy::SystemEntropy;

const FILES: u32 = 16;
const FILE_BYTES: u64 = 16 << 20;
/// The largest record; one that is larger is not kept.
const RECORD_BYTES: usize = 1 << 20;
/// Records kept in a second: putting one together costs more than the refusal itself.
const A_SECOND: u32 = 200;
/// Bytes before each record: its random number and its length.
const HEAD: usize = 12;
/// Digits of an id.
const ID_DIGITS: usize = 25;

/// The files.
pub(crate) struct DetailFiles {
    folder: PathBuf,
    state: Mutex<State>,
}

struct State {
    number: u32,
    file: File,
    length: u64,
    second: Instant,
    in_second: u32,
}

impl DetailFiles {
    /// Begins a new file in a folder; what earlier runs kept stays readable.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut newest = 0;
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            newest = name
                .to_str()
                .and_then(number)
                .map_or(newest, |found| found.max(newest));
        }
        let number = newest.saturating_add(1);
        let file = begin(folder, number)?;
        Ok(Self {
            folder: folder.to_owned(),
            state: Mutex::new(State {
                number,
                file,
                length: 0,
                second: Instant::now(),
                in_second: 0,
            }),
        })
    }

    fn try_keep(&self, record: &[u8]) -> io::Result<Option<String>> {
        if record.len() > RECORD_BYTES {
            return Ok(None);
        }
        let mut random = [0; 8];
        SystemEntropy.fill(&mut random);
        let length = u32::try_from(record.len()).map_err(io::Error::other)?;
        let bytes = [random.as_slice(), &length.to_be_bytes(), record].concat();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.second.elapsed() >= Duration::from_secs(1) {
            (state.second, state.in_second) = (Instant::now(), 0);
        }
        if state.in_second >= A_SECOND {
            return Ok(None);
        }
        state.in_second += 1;
        if state.length > 0 && state.length + bytes.len() as u64 > FILE_BYTES {
            let next = state.number.saturating_add(1);
            (state.file, state.length, state.number) = (begin(&self.folder, next)?, 0, next);
        }
        let place = state.length;
        state.file.write_all_at(&bytes, place)?;
        state.length += bytes.len() as u64;
        Ok(Some(id(state.number, place, random)))
    }

    fn try_find(&self, id: &str) -> Option<Vec<u8>> {
        let (number, place, random) = parts(id)?;
        let file = File::open(path(&self.folder, number)).ok()?;
        let mut head = [0; HEAD];
        file.read_exact_at(&mut head, place).ok()?;
        let (kept, length) = head.split_first_chunk::<8>()?;
        if *kept != random {
            return None;
        }
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= RECORD_BYTES)?;
        let mut record = vec![0; length];
        file.read_exact_at(&mut record, place + HEAD as u64).ok()?;
        Some(record)
    }
}

impl DetailsKeeper for DetailFiles {
    fn keep(&self, record: &[u8]) -> Option<String> {
        match self.try_keep(record) {
            Ok(id) => id,
            Err(error) => {
                tracing::warn!(%error, "the details of a refusal could not be kept");
                None
            }
        }
    }

    fn find(&self, id: &str) -> Option<Vec<u8>> {
        self.try_find(id)
    }
}

fn begin(folder: &Path, number: u32) -> io::Result<File> {
    if let Some(oldest) = number.checked_sub(FILES) {
        match std::fs::remove_file(path(folder, oldest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path(folder, number))
}

fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("details-{number:010}.bin"))
}

fn number(name: &str) -> Option<u32> {
    name.strip_prefix("details-")?
        .strip_suffix(".bin")?
        .parse()
        .ok()
}

/// Writes the 128 bits of an id in base 36.
fn id(number: u32, place: u64, random: [u8; 8]) -> String {
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    let mut rest = (u128::from(number) << 96)
        | (u128::from(place) << 64)
        | u128::from(u64::from_be_bytes(random));
    let mut digits = [b'0'; ID_DIGITS];
    for digit in digits.iter_mut().rev() {
        let value = u8::try_from(rest % 36).unwrap_or(0);
        *digit = if value < 10 {
            b'0' + value
        } else {
            b'a' + value - 10
        };
        rest /= 36;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

fn parts(id: &str) -> Option<(u32, u64, [u8; 8])> {
    if id.len() != ID_DIGITS {
        return None;
    }
    let mut bits = 0_u128;
    for digit in id.chars() {
        let value = digit.to_digit(36).filter(|_| !digit.is_ascii_uppercase())?;
        bits = bits.checked_mul(36)?.checked_add(u128::from(value))?;
    }
    let number = u32::try_from(bits >> 96).ok()?;
    let place = u32::try_from((bits >> 64) & u128::from(u32::MAX)).ok()?;
    let random = u64::try_from(bits & u128::from(u64::MAX)).ok()?;
    Some((number, u64::from(place), random.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let files = DetailFiles::open(folder.path()).unwrap();
        let one = files.keep(b"one").unwrap();
        let two = files.keep(b"two").unwrap();
        assert_eq!(one.len(), ID_DIGITS);
        assert_ne!(one, two);
        let again = DetailFiles::open(folder.path()).unwrap();
        assert_eq!(again.find(&one).as_deref(), Some(&b"one"[..]));
        assert_eq!(again.find(&two).as_deref(), Some(&b"two"[..]));
        let mut guessed = one.clone();
        guessed.replace_range(24.., if one.ends_with('0') { "1" } else { "0" });
        for id in [guessed.as_str(), "", "x", "zzzzzzzzzzzzzzzzzzzzzzzzz", "Ä"] {
            assert_eq!(again.find(id), None, "{id}");
        }
    }

    #[test]
    fn space_and_pace_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let files = DetailFiles::open(folder.path()).unwrap();
        assert_eq!(files.keep(&vec![0; RECORD_BYTES + 1]), None);
        let kept = (0..A_SECOND * 2)
            .filter(|_| files.keep(b"x").is_some())
            .count();
        assert!(kept < 2 * A_SECOND as usize, "{kept}");
        for number in 2..30 {
            begin(folder.path(), number).unwrap();
        }
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, FILES as usize);
    }
}
