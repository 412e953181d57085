//! What a file is, told by its bytes. Its name must say the same: a file whose name promises something else is refused.
//!
//! The list is short on purpose, and every kind on it can be told for certain: by its header and its end, by the directory at
//! the end of a zip file, or by being text from the first byte to the last. A library that guesses hundreds of kinds
//! (`infer`) looks at the beginning alone, where every Office file is a zip file and every text is nothing; this way no
//! archive passes for a document.

use super::pictures::{PNG_HEAD, Segments, holds, is_png};

base::words! {
    /// The kinds of files that may be confided.
    FileKind {
        /// A PDF document; marked with the reader's name whenever it is served.
        Pdf = "pdf",
        /// A PNG picture.
        Png = "png",
        /// A JPEG picture.
        Jpeg = "jpeg",
        /// A Word document without macros.
        Docx = "docx",
        /// An Excel workbook without macros.
        Xlsx = "xlsx",
        /// A PowerPoint presentation without macros.
        Pptx = "pptx",
        /// Text in UTF-8.
        Txt = "txt",
        /// A table as text in UTF-8.
        Csv = "csv",
    }
}

/// Bytes of the beginning that are looked at.
const HEAD: usize = PNG_HEAD;
/// Bytes of the end that are looked at: the directory of an Office file is far shorter.
const TAIL: usize = 512 * 1024;
/// The same of a PDF and of pictures: a little may stand behind their end.
const END: usize = 64 * 1024;
/// What stands at the end of a PDF; of one that is damaged at least one of them.
const PDF_ENDS: [&[u8]; 3] = [b"%%EOF", b"startxref", b"trailer"];

impl FileKind {
    /// As it is served.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Txt => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// The kind that a name promises.
    #[must_use]
    pub fn promised(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        let ending = ending.to_ascii_lowercase();
        if ending == "jpg" { Some(Self::Jpeg) } else { ending.parse().ok() }
    }

    /// The first bytes of every such file.
    fn magic(self) -> &'static [u8] {
        match self {
            Self::Pdf => b"%PDF-",
            Self::Png => b"\x89PNG\r\n\x1a\n",
            Self::Jpeg => b"\xff\xd8\xff",
            Self::Docx | Self::Xlsx | Self::Pptx => b"PK\x03\x04",
            Self::Txt | Self::Csv => b"",
        }
    }

    /// The part that makes an Office file this kind.
    fn main_part(self) -> Option<&'static [u8]> {
        match self {
            Self::Docx => Some(b"word/document.xml"),
            Self::Xlsx => Some(b"xl/workbook.xml"),
            Self::Pptx => Some(b"ppt/presentation.xml"),
            Self::Pdf | Self::Png | Self::Jpeg | Self::Txt | Self::Csv => None,
        }
    }
}

/// Looks at a file that streams by, for what its name promised.
pub(crate) struct Look {
    promised: FileKind,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// Bytes of a character whose rest is still to come.
    open: Vec<u8>,
    is_text: bool,
    segments: Segments,
}

impl Look {
    pub(crate) fn new(promised: FileKind) -> Self {
        let (head, segments) = (Vec::with_capacity(HEAD), Segments::new());
        Self { promised, head, tail: Vec::new(), open: Vec::new(), is_text: true, segments }
    }

    /// Takes the next bytes; false as soon as it cannot be what was promised.
    pub(crate) fn see(&mut self, bytes: &[u8]) -> bool {
        let missing = HEAD - self.head.len();
        self.head.extend_from_slice(bytes.get(..missing).unwrap_or(bytes));
        match self.promised {
            FileKind::Txt | FileKind::Csv => self.see_text(bytes),
            FileKind::Docx | FileKind::Xlsx | FileKind::Pptx => self.keep_end(bytes, TAIL),
            FileKind::Pdf | FileKind::Png | FileKind::Jpeg => self.keep_end(bytes, END),
        }
        if self.promised == FileKind::Jpeg && !self.segments.see(bytes) {
            return false;
        }
        let magic = self.promised.magic();
        let seen = self.head.len().min(magic.len());
        self.is_text && self.head.get(..seen) == magic.get(..seen)
    }

    /// Keeps the last bytes, at least as many as these if there are so many.
    fn keep_end(&mut self, bytes: &[u8], most: usize) {
        let last = bytes.get(bytes.len().saturating_sub(most)..).unwrap_or_default();
        self.tail.extend_from_slice(last);
        // Cut now and then, so that little is moved.
        if self.tail.len() > 2 * most {
            self.tail.drain(..self.tail.len() - most);
        }
    }

    fn see_text(&mut self, bytes: &[u8]) {
        self.open.extend_from_slice(bytes);
        let (sound, rest) = match std::str::from_utf8(&self.open) {
            Ok(text) => (text, 0),
            Err(error) => {
                // A character may be cut off at the end and nowhere else.
                self.is_text &= error.error_len().is_none();
                let (sound, rest) = self.open.split_at(error.valid_up_to());
                (std::str::from_utf8(sound).unwrap_or_default(), rest.len())
            }
        };
        self.is_text &= !sound.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'));
        let whole = self.open.len() - rest;
        self.open.drain(..whole);
    }

    /// Whether the whole was what was promised.
    pub(crate) fn holds(&self) -> bool {
        let begins = !self.head.is_empty() && self.head.starts_with(self.promised.magic());
        begins
            && match (self.promised, self.promised.main_part()) {
                (_, Some(part)) => is_office(&self.tail, part),
                (FileKind::Pdf, _) => PDF_ENDS.iter().any(|end| holds(&self.tail, end)),
                (FileKind::Png, _) => is_png(&self.head, &self.tail),
                (FileKind::Jpeg, _) => self.segments.are_whole(&self.tail),
                _ => self.is_text && self.open.is_empty(),
            }
    }
}

/// Whether a zip file's directory lists the parts of an Office file of this kind, and no macros.
fn is_office(tail: &[u8], main_part: &[u8]) -> bool {
    let number = |bytes: &[u8], at: usize, length: usize| {
        bytes.get(at..at + length).unwrap_or_default().iter().rev().fold(0_usize, |n, b| (n << 8) | usize::from(*b))
    };
    let Some(at) = tail.windows(4).rposition(|w| w == b"PK\x05\x06") else { return false };
    let end = tail.get(at..).unwrap_or_default();
    // The directory stands right before its end.
    let Some(mut rest) = at.checked_sub(number(end, 12, 4)).and_then(|start| tail.get(start..at)) else { return false };
    let (mut has_types, mut has_main, mut has_macros) = (false, false, false);
    while let Some(entry) = rest.get(..46).filter(|e| e.starts_with(b"PK\x01\x02")) {
        let length = number(entry, 28, 2);
        let name = rest.get(46..46 + length).unwrap_or_default();
        has_types |= name == b"[Content_Types].xml";
        has_main |= name == main_part;
        has_macros |= name.ends_with(b"vbaProject.bin");
        rest = rest.get(46 + length + number(entry, 30, 2) + number(entry, 32, 2)..).unwrap_or_default();
    }
    has_types && has_main && !has_macros
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The directory of a zip file with these entries, each empty.
    fn zip(names: &[&str]) -> Vec<u8> {
        let (mut files, mut directory) = (Vec::new(), Vec::new());
        for name in names {
            let length = u16::try_from(name.len()).unwrap().to_le_bytes();
            files.extend_from_slice(b"PK\x03\x04");
            files.extend_from_slice(&[0; 22]);
            files.extend_from_slice(&length);
            files.extend_from_slice(&[0; 2]);
            files.extend_from_slice(name.as_bytes());
            directory.extend_from_slice(b"PK\x01\x02");
            directory.extend_from_slice(&[0; 24]);
            directory.extend_from_slice(&length);
            directory.extend_from_slice(&[0; 16]);
            directory.extend_from_slice(name.as_bytes());
        }
        let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
        let mut end = b"PK\x05\x06".to_vec();
        end.extend_from_slice(&[0; 8]);
        end.extend_from_slice(&size);
        end.extend_from_slice(&[0; 6]);
        [files, directory, end].concat()
    }

    /// A picture of one point.
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
        \0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82";

    /// Segments up to a picture: a comment of three bytes, a frame, the picture.
    const JPEG: &[u8] = b"\xff\xd8\xff\xfe\0\x05abc\xff\xff\xc0\0\x04..\xff\xda\0\x02 points \xff\0 and so on\xff\xd9";

    fn is(kind: FileKind, bytes: &[u8]) -> bool {
        [1, 3, 7, 1_000].iter().all(|step| {
            let mut look = Look::new(kind);
            bytes.chunks(*step).all(|part| look.see(part)) && look.holds()
        })
    }

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let word = zip(&["[Content_Types].xml", "word/document.xml"]);
        let samples: [(FileKind, &[u8]); 8] = [
            (FileKind::Pdf, b"%PDF-1.7 and so on %%EOF"),
            (FileKind::Png, PNG),
            (FileKind::Jpeg, JPEG),
            (FileKind::Docx, &word),
            (FileKind::Xlsx, &zip(&["[Content_Types].xml", "xl/workbook.xml"])),
            (FileKind::Pptx, &zip(&["[Content_Types].xml", "ppt/presentation.xml"])),
            (FileKind::Txt, "Sấy ở 60 độ\r\n".as_bytes()),
            (FileKind::Csv, "mẻ;giờ\n1;5\n".as_bytes()),
        ];
        for (kind, bytes) in samples {
            for (promised, _) in samples {
                let text = |k| matches!(k, FileKind::Txt | FileKind::Csv);
                let ascii = promised == FileKind::Txt || promised == FileKind::Csv;
                let fits = kind == promised || (text(kind) && text(promised)) || (kind == FileKind::Pdf && ascii);
                // The head of this PDF alone is text as well; whole ones hardly ever are, and as text it does no harm.
                assert_eq!(is(promised, bytes), fits, "{kind} as {promised}");
            }
        }
        assert!(!is(FileKind::Docx, &zip(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"])));
        assert!(!is(FileKind::Docx, &zip(&["word/document.xml"])));
        assert!(!is(FileKind::Docx, &word[..word.len() - 30]));
        assert!(!is(FileKind::Txt, b"a\0b"));
        assert!(!is(FileKind::Txt, b"a\xff"));
        assert!(!is(FileKind::Txt, "ấ".as_bytes().get(..2).unwrap()));
        assert!(!is(FileKind::Txt, b""));
    }

    #[test]
    fn what_only_begins_like_a_picture_or_a_document_is_none() {
        let with = |bytes: &[u8], from: &[u8], to: &[u8]| {
            let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
            [&bytes[..at], to, &bytes[at + from.len()..]].concat()
        };
        let cases: Vec<(FileKind, Vec<u8>, bool, &str)> = vec![
            (FileKind::Png, PNG.to_vec(), true, "a picture"),
            (FileKind::Png, [PNG, &b"\n".repeat(1_000)].concat(), true, "a little behind its end"),
            (FileKind::Png, [PNG, &b"x".repeat(3 * END)].concat(), false, "much behind its end"),
            (FileKind::Png, b"\x89PNG\r\n\x1a\n and so on".to_vec(), false, "its first bytes alone"),
            (FileKind::Png, PNG[..PNG.len() - 12].to_vec(), false, "without its end"),
            (FileKind::Png, with(PNG, b"IHDR\0\0\0\x01", b"IHDR\0\0\0\0"), false, "no width"),
            (FileKind::Png, with(PNG, b"IHDR\0\0\0\x01", b"IHDR\xff\xff\xff\xff"), false, "no such width"),
            (FileKind::Png, with(PNG, b"\x08\0\0\0\0:", b"\x07\0\0\0\0:"), false, "no such bits"),
            (FileKind::Png, with(PNG, b"IHDR", b"IHDX"), false, "another chunk first"),
            (FileKind::Jpeg, JPEG.to_vec(), true, "a picture"),
            (FileKind::Jpeg, [JPEG, &b"\0".repeat(1_000)].concat(), true, "a little behind its end"),
            (FileKind::Jpeg, [JPEG, &b"\0".repeat(3 * END)].concat(), false, "much behind its end"),
            (FileKind::Jpeg, b"\xff\xd8\xff\xe0 and so on\xff\xd9".to_vec(), false, "its first bytes alone"),
            (FileKind::Jpeg, with(JPEG, b"\xff\xd9", b""), false, "without its end"),
            (FileKind::Jpeg, with(JPEG, b"\xff\xff\xc0", b"\xff\xff\xc4"), false, "a picture that nothing is said of"),
            (FileKind::Jpeg, with(JPEG, b"\0\x05abc", b"\0\x09abc"), false, "a segment of another length"),
            (FileKind::Jpeg, with(JPEG, b"\0\x05abc", b"\0\x01abc"), false, "a segment shorter than its length"),
            (FileKind::Jpeg, b"\xff\xd8\xff\xd9".to_vec(), false, "no picture"),
            (FileKind::Pdf, b"%PDF-1.7\nnothing that can be read".to_vec(), false, "its first bytes alone"),
            (FileKind::Pdf, b"%PDF-1.7\nstartxref\n9".to_vec(), true, "damaged, but one"),
            (FileKind::Pdf, [b"%PDF-1.7\n%%EOF".as_slice(), &b"x".repeat(3 * END)].concat(), false, "much behind its end"),
        ];
        for (kind, bytes, fits, what) in cases {
            assert_eq!(is(kind, &bytes), fits, "{kind}: {what}");
        }
    }

    #[test]
    fn a_name_promises_a_kind_by_its_ending() {
        assert_eq!(FileKind::promised("quy trình.v2.PDF"), Some(FileKind::Pdf));
        assert_eq!(FileKind::promised("ảnh.JPG"), Some(FileKind::Jpeg));
        assert_eq!((FileKind::promised("pdf"), FileKind::promised("a.exe"), FileKind::promised("a.docm")), (None, None, None));
    }
}
