//! The container of the committed files: frames, each a length (four bytes, little-endian) and that many bytes of a
//! zlib stream of UTF-8 text, whose checksum tells damage.

use std::io::Read as _;

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

/// Takes a file apart into its packed frames.
pub(crate) fn frames(mut bytes: &[u8]) -> Result<Vec<&[u8]>, FrameError> {
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

/// Unpacks a file of one frame.
pub(crate) fn only(bytes: &[u8]) -> Result<String, FrameError> {
    match frames(bytes)?.as_slice() {
        [frame] => unpack(frame),
        _ => Err(FrameError::Length),
    }
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
