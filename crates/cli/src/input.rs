//! Opens what `--export` names: files and directories, bounded in size and number.

mod seats;
mod skim;

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use keyward_analysis::BadQuestion;
use keyward_export::{CredentialReport, Export, Skimmed, Wanted, limits};

use crate::terminal;

/// What questions are put to.
pub(crate) enum Source {
    /// All of it.
    Export(Box<Export>),
    /// Files of which those that are large were only looked through.
    Skimmed(Vec<PathBuf>, Skimmed),
}

impl Source {
    /// Looks through files and directories.
    pub(crate) fn of(paths: &[PathBuf]) -> Result<Self, BadQuestion> {
        let files = files(paths)?;
        let (mut total, mut skimmed) = (0, Skimmed::default());
        for file in &files {
            match skim::skim(file)? {
                Some(index) => skimmed.skimmed(index),
                None => {
                    let text = counted(file, &mut total)?;
                    skimmed.read(keyward_export::read(&file.to_string_lossy(), text)?);
                }
            }
        }
        Ok(Self::Skimmed(files, skimmed))
    }

    /// Returns all users, groups and roles with their policies.
    pub(crate) fn everyone(self) -> Result<Export, BadQuestion> {
        match self {
            Self::Export(export) => Ok(*export),
            Self::Skimmed(files, skimmed) => {
                let reader = || {
                    let mut stretches = Stretches::default();
                    move |path: &str, range: Range<u64>| stretches.read(path, range)
                };
                match skimmed.everyone(threads(), reader) {
                    Some(export) => Ok(export),
                    None => read(&files),
                }
            }
        }
    }

    /// Puts a question that has these names in it. What is not answered by the part of the files that they touch is put
    /// to all of it, which also knows what is near to a name that is not there.
    pub(crate) fn ask<T>(
        &self,
        wanted: &Wanted,
        answer: impl Fn(&Export) -> Result<T, BadQuestion>,
    ) -> Result<T, BadQuestion> {
        match self {
            Self::Export(export) => answer(export),
            Self::Skimmed(files, skimmed) => {
                let mut stretches = Stretches::default();
                let part = skimmed.open(wanted, &mut |path, range| stretches.read(path, range));
                match part.map(|part| answer(&part)) {
                    Some(Ok(answer)) => Ok(answer),
                    Some(Err(_)) | None => answer(&read(files)?),
                }
            }
        }
    }
}

/// More threads than these find no work that is worth their start.
const THREADS: usize = 16;

/// Returns how many threads work on what can be shared.
pub(crate) fn threads() -> usize {
    seats::processors().map_or(1, |threads| threads.min(THREADS))
}

/// Reads files and directories and puts them together.
pub(crate) fn export(paths: &[PathBuf]) -> Result<Export, BadQuestion> {
    read(&files(paths)?)
}

/// Lists the files that are named, and those of the directories.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, BadQuestion> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = files.len();
            walk(path, 0, &mut files)?;
            if files.len() == before {
                return Err(BadQuestion::new(format!(
                    "{} has no *.json files: put there what aws iam get-account-authorization-details prints, or policies of \
                     the principal, one a file",
                    path.display()
                )));
            }
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn read(files: &[PathBuf]) -> Result<Export, BadQuestion> {
    terminal::busy("reading", || {
        let (mut total, mut pieces) = (0_u64, Vec::new());
        for file in files {
            let text = counted(file, &mut total)?;
            pieces.extend(keyward_export::read(&file.to_string_lossy(), text)?);
        }
        Ok(Export::of(pieces)?)
    })
}

/// Reads a file, unless all are too much.
fn counted(file: &Path, total: &mut u64) -> Result<String, BadQuestion> {
    let text = text(file)?;
    *total = total.saturating_add(text.len() as u64);
    if *total > limits::TOTAL_BYTES {
        return Err(BadQuestion::new(format!(
            "the files are more than {} together, at {}: give fewer accounts at a time",
            size(limits::TOTAL_BYTES),
            file.display()
        )));
    }
    Ok(text)
}

/// The file that was read last of those that were looked through.
#[derive(Default)]
struct Stretches(Option<(String, File)>);

impl Stretches {
    fn read(&mut self, path: &str, range: Range<u64>) -> Option<Vec<u8>> {
        let length = usize::try_from(range.end.checked_sub(range.start)?).ok()?;
        if self.0.as_ref().is_none_or(|(open, _)| open != path) {
            self.0 = Some((path.to_owned(), File::open(path).ok()?));
        }
        let (_, file) = self.0.as_mut()?;
        file.seek(SeekFrom::Start(range.start)).ok()?;
        let mut bytes = Vec::with_capacity(length);
        let all = file.take(length as u64).read_to_end(&mut bytes).ok()?;
        (all == length).then_some(bytes)
    }
}

/// Reads a credential report, where one is named.
pub(crate) fn credential_report(
    path: Option<&Path>,
) -> Result<Option<CredentialReport>, BadQuestion> {
    let Some(path) = path else { return Ok(None) };
    let text = text(path)?;
    Ok(Some(CredentialReport::read(
        &path.to_string_lossy(),
        &text,
    )?))
}

/// Lists the `*.json` files of a directory and those below it, in the order of their names.
fn walk(directory: &Path, depth: usize, into: &mut Vec<PathBuf>) -> Result<(), BadQuestion> {
    let shown = directory.display();
    if depth > limits::DEPTH {
        return Err(BadQuestion::new(format!(
            "{shown} lies more than {} directories deep: give it by itself",
            limits::DEPTH
        )));
    }
    let cannot = |error: std::io::Error| BadQuestion::new(format!("can't read {shown}: {error}"));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    for path in paths {
        let is_json = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if path.is_dir() {
            walk(&path, depth + 1, into)?;
        } else if is_json {
            if into.len() >= limits::FILES {
                return Err(BadQuestion::new(format!(
                    "{shown} has more than {} *.json files: give a smaller directory",
                    limits::FILES
                )));
            }
            into.push(path);
        }
    }
    Ok(())
}

/// Reads a text file, which may be larger than it says or a pipe, up to the limit.
pub(crate) fn text(path: &Path) -> Result<String, BadQuestion> {
    let shown = path.display();
    let cannot = |error: std::io::Error| BadQuestion::new(format!("can't read {shown}: {error}"));
    let file = File::open(path).map_err(cannot)?;
    let told = file.metadata().map_err(cannot)?.len();
    if told > limits::FILE_BYTES {
        return Err(too_large(path));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(told).unwrap_or(0) + 1);
    file.take(limits::FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > limits::FILE_BYTES {
        return Err(too_large(path));
    }
    decoded(bytes).ok_or_else(|| {
        BadQuestion::new(format!(
            "{shown} is neither UTF-8 nor UTF-16 text: it is no JSON, or was damaged on the way"
        ))
    })
}

fn too_large(path: &Path) -> BadQuestion {
    BadQuestion::new(format!(
        "{} is larger than {}, which no export of one account is: export each account by itself with aws iam \
         get-account-authorization-details, and leave out what repeats with --filter User Group Role LocalManagedPolicy",
        path.display(),
        size(limits::FILE_BYTES)
    ))
}

/// Reads UTF-8, and the UTF-16 that PowerShell's `>` writes.
fn decoded(bytes: Vec<u8>) -> Option<String> {
    let from = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .get(2..)?
            .chunks_exact(2)
            .filter_map(|pair| Some(read(pair.try_into().ok()?)))
            .collect();
        String::from_utf16(&units).ok()
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => from(u16::from_le_bytes),
        [0xfe, 0xff, ..] => from(u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    }
}

fn size(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path, expected: &str) {
        let message = export(&[path.to_owned()]).unwrap_err().to_string();
        assert!(
            message.contains(expected) && !message.contains('\n'),
            "{message}"
        );
    }

    #[test]
    fn what_cannot_be_read() {
        refused(Path::new("/nonexistent"), "can't read /nonexistent");
        let directory = tempfile::tempdir().unwrap();
        refused(directory.path(), "has no *.json files");
        let large = directory.path().join("large.json");
        // A hole takes no room on the disk.
        File::create(&large).unwrap().set_len(2 << 30).unwrap();
        refused(&large, "is larger than 512 MiB");
        let binary = directory.path().join("binary.json");
        std::fs::write(&binary, [0x1f, 0x8b, 0x08]).unwrap();
        refused(&binary, "neither UTF-8 nor UTF-16");
    }

    #[test]
    fn directories_and_encodings() {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("a").join("b");
        std::fs::create_dir_all(&below).unwrap();
        let text =
            r#"{"UserDetailList":[{"UserName":"ä","Arn":"arn:aws:iam::111122223333:user/a"}]}"#;
        let utf16: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        std::fs::write(below.join("x.JSON"), utf16).unwrap();
        std::fs::write(directory.path().join("readme.txt"), "no export").unwrap();
        let export = export(&[directory.path().to_owned()]).unwrap();
        let account = export.accounts.values().next().unwrap();
        assert_eq!(account.users[0].name, "ä");
    }
}
