//! PNG as the browser writes it, read, and written again with no more than it needs: pages have few colours, so a palette
//! of them takes a third of the room (PNG, third edition, W3C 2025).

use std::collections::HashMap;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Colours of a palette at most: paper, ink and what marks things. Each more makes the edges of letters a little smoother and
/// every picture a twentieth heavier.
const COLOURS: usize = 6;

type Rgb = [u8; 3];

/// A picture without transparency.
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub dots: Vec<Rgb>,
}

impl Picture {
    /// Reads what the browser made: eight bits a channel, RGB or RGBA, not interlaced.
    pub fn read(bytes: &[u8]) -> Self {
        let mut rest = bytes.strip_prefix(SIGNATURE).expect("no PNG");
        let (mut header, mut packed) = (Vec::new(), Vec::new());
        while rest.len() > 12 {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let (name, body) = (&rest[4..8], &rest[8..8 + length]);
            match name {
                b"IHDR" => header = body.to_vec(),
                b"IDAT" => packed.extend_from_slice(body),
                _ => {}
            }
            rest = &rest[12 + length..];
        }
        let number = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap()) as usize;
        let (width, height) = (number(0), number(4));
        let channels = match header[8..13] {
            [8, 2, 0, 0, 0] => 3,
            [8, 6, 0, 0, 0] => 4,
            ref other => panic!("another kind of PNG: {other:?}"),
        };
        let mut lines = Vec::new();
        ZlibDecoder::new(packed.as_slice()).read_to_end(&mut lines).unwrap();
        let mut above = vec![0; width * channels];
        let mut dots = Vec::with_capacity(width * height);
        for line in lines.chunks(width * channels + 1) {
            let now = unfiltered(line[0], &line[1..], &above, channels);
            dots.extend(now.chunks(channels).map(|dot| [dot[0], dot[1], dot[2]]));
            above = now;
        }
        Self { width, height, dots }
    }

    /// Width and height, from the head of any PNG.
    pub fn read_size(bytes: &[u8]) -> (u32, u32) {
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    /// Writes it with a palette of its commonest colours; every other dot gets the one that is nearest.
    pub fn small(&self) -> Vec<u8> {
        let mut counts: HashMap<Rgb, usize> = HashMap::new();
        for dot in &self.dots {
            *counts.entry(*dot).or_default() += 1;
        }
        let mut palette: Vec<Rgb> = counts.keys().copied().collect();
        // By colour where two are as common, so that the same picture is the same file.
        palette.sort_by_key(|colour| (std::cmp::Reverse(counts[colour]), *colour));
        palette.truncate(COLOURS);
        let nearest: HashMap<Rgb, u8> = counts.keys().map(|colour| (*colour, nearest(&palette, *colour))).collect();
        let mut lines = Vec::with_capacity((self.width / 2 + 2) * self.height);
        for line in self.dots.chunks(self.width) {
            // No filter: neighbours in a palette have nothing in common but that they are alike.
            lines.push(0);
            // Two dots a byte: sixteen colours are as many as that can tell apart.
            lines.extend(line.chunks(2).map(|pair| (nearest[&pair[0]] << 4) | pair.get(1).map_or(0, |dot| nearest[dot])));
        }
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&lines).unwrap();
        let size = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
        let mut file = SIGNATURE.to_vec();
        chunk(&mut file, b"IHDR", &[&size(self.width)[..], &size(self.height), &[4, 3, 0, 0, 0]].concat());
        chunk(&mut file, b"PLTE", palette.as_flattened());
        chunk(&mut file, b"IDAT", &packed.finish().unwrap());
        chunk(&mut file, b"IEND", &[]);
        file
    }
}

fn unfiltered(filter: u8, line: &[u8], above: &[u8], channels: usize) -> Vec<u8> {
    let mut now: Vec<u8> = Vec::with_capacity(line.len());
    for (n, byte) in line.iter().enumerate() {
        let left = if n < channels { 0 } else { now[n - channels] };
        let corner = if n < channels { 0 } else { above[n - channels] };
        let guess = match filter {
            0 => 0,
            1 => left,
            2 => above[n],
            3 => u8::midpoint(left, above[n]),
            4 => paeth(left, above[n], corner),
            other => panic!("no such filter: {other}"),
        };
        now.push(byte.wrapping_add(guess));
    }
    now
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let far = |from: u8| (guess - i16::from(from)).abs();
    if far(left) <= far(above) && far(left) <= far(corner) {
        left
    } else if far(above) <= far(corner) {
        above
    } else {
        corner
    }
}

fn nearest(palette: &[Rgb], colour: Rgb) -> u8 {
    let far = |one: &Rgb| one.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum::<u32>();
    let (at, _) = palette.iter().enumerate().min_by_key(|(_, one)| far(one)).unwrap();
    u8::try_from(at).unwrap()
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], body: &[u8]) {
    let mut sum = flate2::Crc::new();
    sum.update(name);
    sum.update(body);
    file.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
    file.extend_from_slice(name);
    file.extend_from_slice(body);
    file.extend_from_slice(&sum.sum().to_be_bytes());
}
