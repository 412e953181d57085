//! Whether what begins like a picture is one: a PNG by what its header says and by its end, a JPEG by its segments up to the picture
//! itself and by its end. What it shows is not looked at.

/// Bytes of a PNG up to what its header says of sizes and colours.
pub(super) const PNG_HEAD: usize = 26;
/// The longest side of a picture, in points.
const SIDE_MAX: u32 = 1_000_000;
/// With what a PNG ends.
const PNG_END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
/// With what a JPEG ends.
const JPEG_END: &[u8] = b"\xff\xd9";

/// Whether a part stands somewhere in these bytes.
pub(super) fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Whether a PNG's header comes first and says what can be, and its end is there.
pub(super) fn is_png(head: &[u8], tail: &[u8]) -> bool {
    let header = head.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR").and_then(|rest| rest.split_first_chunk::<4>());
    let Some((width, (height, rest))) = header.and_then(|(width, rest)| Some((width, rest.split_first_chunk::<4>()?))) else {
        return false;
    };
    let is_side = |side: &[u8; 4]| (1..=SIDE_MAX).contains(&u32::from_be_bytes(*side));
    // Bits of a point, and how its colour is said.
    let can_be = matches!(rest, [1 | 2 | 4 | 8 | 16, 0 | 2 | 3 | 4 | 6, ..]);
    is_side(width) && is_side(height) && can_be && holds(tail, PNG_END)
}

/// Where in a JPEG one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Where a mark must begin.
    Mark,
    /// Behind the first byte of a mark.
    Marked,
    /// Behind the mark of a segment, before its length.
    Length(u8),
    /// Behind the first byte of that.
    Low(u8, u8),
    /// In a segment of which so many bytes are to come.
    Body(u16),
    /// In the picture itself.
    Picture,
    /// In no JPEG.
    Nowhere,
}

/// Walks through the segments of a JPEG that streams by, up to its picture.
pub(super) struct Segments {
    at: At,
    /// Whether a segment said what picture comes.
    has_frame: bool,
}

impl Segments {
    pub(super) fn new() -> Self {
        Self { at: At::Mark, has_frame: false }
    }

    /// Takes the next bytes; false as soon as they are no segments of a JPEG.
    pub(super) fn see(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((byte, rest)) = bytes.split_first() {
            match self.at {
                At::Picture | At::Nowhere => break,
                At::Body(left) => {
                    let step = usize::from(left).min(bytes.len());
                    let left = usize::from(left) - step;
                    self.at = if left == 0 { At::Mark } else { At::Body(u16::try_from(left).unwrap_or(u16::MAX)) };
                    bytes = bytes.get(step..).unwrap_or_default();
                }
                _ => {
                    self.at = self.behind(*byte);
                    bytes = rest;
                }
            }
        }
        self.at != At::Nowhere
    }

    /// Whether the picture was reached, and these last bytes hold its end.
    pub(super) fn are_whole(&self, tail: &[u8]) -> bool {
        self.at == At::Picture && holds(tail, JPEG_END)
    }

    /// Where one is behind one more byte of a mark or a length.
    fn behind(&mut self, byte: u8) -> At {
        match (self.at, byte) {
            // A mark may be filled up at its front.
            (At::Mark | At::Marked, 0xff) => At::Marked,
            // The beginning, and marks that no segment follows.
            (At::Marked, 0x01 | 0xd0..=0xd8) => At::Mark,
            // The end without a picture, and a byte that is no mark.
            (At::Marked, 0x00 | 0xd9) => At::Nowhere,
            (At::Marked, mark) => At::Length(mark),
            (At::Length(mark), high) => At::Low(mark, high),
            (At::Low(mark, high), low) => self.begin(mark, u16::from_be_bytes([high, low])),
            _ => At::Nowhere,
        }
    }

    /// Where one is behind the length of a segment, which counts its own two bytes.
    fn begin(&mut self, mark: u8, length: u16) -> At {
        self.has_frame |= matches!(mark, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf);
        match (mark, length) {
            (_, 0 | 1) => At::Nowhere,
            (0xda, _) if self.has_frame => At::Picture,
            (0xda, _) => At::Nowhere,
            (_, 2) => At::Mark,
            (_, length) => At::Body(length - 2),
        }
    }
}
