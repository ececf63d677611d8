//! A file as the embedded store uses it, small enough that a test can put a failing disk in its place.

use std::fmt::Debug;
use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::io::IoSlice;
use std::os::unix::fs::FileExt;

#[cfg(target_os = "linux")]
use rustix::io::{Errno, ReadWriteFlags};

/// Bytes that can be read and written at an offset, and made durable.
pub(super) trait Disk: Debug + Send + Sync + 'static {
    /// Returns the length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Fills `out` from the offset; an error if there are fewer bytes.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data` at the offset; lengthens the file where needed.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts or lengthens (with zeros).
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns once everything written before is durable.
    fn sync(&self) -> io::Result<()>;

    /// Writes all of `data` at the offset and returns once it is durable; says nothing of what was written before.
    fn write_durable_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.write_at(offset, data)?;
        self.sync()
    }
}

impl Disk for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(out, offset)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.write_all_at(data, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    /// One system call where the kernel has one for it: a commit waits for this, and so does everyone behind it.
    #[cfg(target_os = "linux")]
    fn write_durable_at(&self, mut offset: u64, mut data: &[u8]) -> io::Result<()> {
        while !data.is_empty() {
            let from = [IoSlice::new(data)];
            let written = match rustix::io::pwritev2(self, &from, offset, ReadWriteFlags::DSYNC) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => written,
                Err(Errno::INTR) => continue,
                // A sandbox, or a file system, that does not know the flag: nothing of this part was written.
                Err(Errno::NOSYS | Errno::OPNOTSUPP) => {
                    self.write_all_at(data, offset)?;
                    return self.sync_data();
                }
                Err(error) => return Err(error.into()),
            };
            offset += written as u64;
            data = data.get(written..).unwrap_or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_durably_is_where_it_belongs() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(8).unwrap();
        file.write_durable_at(6, b"abcd").unwrap();
        file.write_durable_at(0, b"").unwrap();
        file.write_durable_at(1, b"x").unwrap();
        assert_eq!(Disk::len(&file).unwrap(), 10);
        let mut found = [0; 10];
        Disk::read_at(&file, 0, &mut found).unwrap();
        assert_eq!(&found, b"\0x\0\0\0\0abcd");
    }

    #[test]
    fn what_can_not_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "there").unwrap();
        let file = File::open(&path).unwrap();
        assert!(file.write_durable_at(0, b"lost").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"there");
    }
}
