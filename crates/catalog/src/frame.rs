//! The container of the committed files: frames, each a length (four bytes, little-endian) and that many bytes of a
//! zlib stream of UTF-8 text, whose checksum tells damage.

use std::io::Read as _;
use std::sync::OnceLock;

use flate2::read::ZlibDecoder;

use crate::limits::UNPACKED_BYTES;

/// Why a file was not understood as frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// A frame's content is no zlib stream of text, or too large.
    Content,
    /// A frame is cut short, is missing, or something follows the last.
    Length,
}

/// A file's frames, each unpacked when it is first asked for.
pub(crate) struct Frames<'a>(Box<[Frame<'a>]>);

struct Frame<'a> {
    packed: &'a [u8],
    text: OnceLock<Result<String, FrameError>>,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(file: &'a [u8]) -> Result<Self, FrameError> {
        let all = frames(file)?.into_iter().map(|packed| Frame {
            packed,
            text: OnceLock::new(),
        });
        Ok(Self(all.collect()))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the text of a frame.
    pub(crate) fn text(&self, number: usize) -> Result<&str, FrameError> {
        let frame = self.0.get(number).ok_or(FrameError::Length)?;
        let text = frame.text.get_or_init(|| unpack(frame.packed));
        text.as_deref().map_err(|error| *error)
    }

    /// Says how many frames were unpacked so far.
    #[cfg(test)]
    pub(crate) fn unpacked(&self) -> usize {
        let is_unpacked = |frame: &&Frame<'_>| frame.text.get().is_some();
        self.0.iter().filter(is_unpacked).count()
    }
}

#[cfg(test)]
impl Frames<'static> {
    /// Makes what unpacks to these texts.
    pub(crate) fn of_texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let all = texts.into_iter().map(|text| Frame {
            packed: &[],
            text: OnceLock::from(Ok(text.to_owned())),
        });
        Self(all.collect())
    }
}

/// Takes a file apart into its packed frames.
fn frames(mut bytes: &[u8]) -> Result<Vec<&[u8]>, FrameError> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(FrameError::Length)?;
        let length =
            usize::try_from(u32::from_le_bytes(*length)).map_err(|_| FrameError::Length)?;
        let (frame, rest) = rest.split_at_checked(length).ok_or(FrameError::Length)?;
        frames.push(frame);
        bytes = rest;
    }
    Ok(frames)
}

/// Takes a file apart into its first frame and the others, all packed.
pub(crate) fn split_first(bytes: &[u8]) -> Result<(&[u8], Vec<&[u8]>), FrameError> {
    let mut frames = frames(bytes)?;
    if frames.is_empty() {
        return Err(FrameError::Length);
    }
    let first = frames.remove(0);
    Ok((first, frames))
}

/// Unpacks a frame.
pub(crate) fn unpack(frame: &[u8]) -> Result<String, FrameError> {
    let mut text = String::new();
    let mut decoder = ZlibDecoder::new(frame).take(UNPACKED_BYTES);
    decoder
        .read_to_string(&mut text)
        .map_err(|_| FrameError::Content)?;
    // The bound is reached only by a stream that goes on; a whole stream ends before it and has been checked.
    if decoder.limit() == 0 {
        return Err(FrameError::Content);
    }
    text.shrink_to_fit();
    Ok(text)
}
