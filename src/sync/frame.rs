//! Frames: magic, then `u8 kind · u32le length · payload` each, the last of them END.

/// What a stream of frames begins with; the last byte is the version.
pub const MAGIC: [u8; 8] = *b"prolsyn\x01";
pub const FRAME_HEADER: usize = 5;
/// A push that goes in one request is no larger; nor is a pack that is put alone.
pub const MAX_PUSH: usize = 8 << 20;
/// Nor does it unpack to more bytes of chunks: what a receiver holds of it is bounded.
pub const MAX_UNPACKED: usize = 32 << 20;
/// u64le chunks · u64le bytes of them · BLAKE3 of all that came before this frame.
pub const END_LEN: usize = 48;

/// Format, not tuning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// JSON, free form: what a receiver may show and must not need.
    Meta = 1,
    /// JSON: generation and refs.
    Refs = 2,
    /// JSON: what a push moves.
    Updates = 3,
    /// u64le chunks sent · u64le chunks in all, 0 when not known.
    Progress = 4,
    /// Addresses that the sender does not have.
    Missing = 5,
    /// None of the haves is known: send more.
    NeedHaves = 6,
    KeepAlive = 7,
    /// JSON: the sender gives up, and why.
    Error = 8,
    Block = 9,
    End = 10,
}

impl FrameKind {
    pub fn from_byte(byte: u8) -> Option<FrameKind> {
        use FrameKind::*;
        [Meta, Refs, Updates, Progress, Missing, NeedHaves, KeepAlive, Error, Block, End]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }

    /// Longest payload that is read.
    pub fn limit(self) -> usize {
        match self {
            FrameKind::Meta | FrameKind::Error => 64 << 10,
            FrameKind::Refs | FrameKind::Updates => 4 << 20,
            FrameKind::Progress => 16,
            FrameKind::Missing => 16_384 * 32,
            FrameKind::NeedHaves | FrameKind::KeepAlive => 0,
            // Raw bytes, the lengths of as many chunks as fit there and the header.
            FrameKind::Block => (1 << 20) + (1 << 20) + 9,
            FrameKind::End => END_LEN,
        }
    }
}
