//! A small SMTP server for a test: it takes letters on a port and keeps each as a file, and dies where it is told to.
//!
//! `smtp PORT FOLDER [silent | closed | before N | after N]`: a silent one takes connections and says nothing, a closed one says
//! that it takes no letters; with `before N` the process dies in the middle of the Nth letter, of which it keeps nothing; with
//! `after N` it keeps the Nth letter whole and dies before it answers, so that the sender cannot know.
//! Whoever's address begins with `nobody` is unknown to it.
//! It knows no more of SMTP (RFC 5321) than a client needs that sends one letter after another.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the process dies, or worse.
#[derive(Clone, Copy)]
enum Death {
    Never,
    /// It lives and says nothing.
    Silent,
    /// It lives and takes nothing from anybody.
    Closed,
    Before(usize),
    After(usize),
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [port, folder, rest @ ..] = args.as_slice() else {
        return Err(std::io::Error::other("smtp PORT FOLDER [silent | closed | before N | after N]"));
    };
    let death = match rest {
        [when] if when == "silent" => Death::Silent,
        [when] if when == "closed" => Death::Closed,
        [when, n] => {
            let n = n.parse().map_err(std::io::Error::other)?;
            if when == "before" { Death::Before(n) } else { Death::After(n) }
        }
        _ => Death::Never,
    };
    let port: u16 = port.parse().map_err(std::io::Error::other)?;
    let (folder, taken) = (PathBuf::from(folder), Arc::new(AtomicUsize::new(0)));
    for stream in TcpListener::bind(("127.0.0.1", port))?.incoming() {
        let (stream, folder, taken) = (stream?, folder.clone(), Arc::clone(&taken));
        // A client that hangs up ends its own conversation and no other.
        std::thread::spawn(move || talk(stream, &folder, &taken, death));
    }
    Ok(())
}

fn talk(stream: TcpStream, folder: &Path, taken: &AtomicUsize, death: Death) -> std::io::Result<()> {
    let (mut lines, mut out) = (BufReader::new(stream.try_clone()?), stream);
    if matches!(death, Death::Silent) {
        // Until the other side has had enough.
        return lines.read_line(&mut String::new()).map(|_| ());
    }
    if matches!(death, Death::Closed) {
        return out.write_all(b"554 no letters here\r\n");
    }
    out.write_all(b"220 test ESMTP\r\n")?;
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" => out.write_all(b"250-test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?,
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                take(&mut lines, folder, taken, death)?;
                out.write_all(b"250 kept\r\n")?;
            }
            "QUIT" => {
                out.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            "RCPT" if line.to_ascii_lowercase().contains("<nobody") => out.write_all(b"550 5.1.1 nobody of that name\r\n")?,
            "MAIL" | "RCPT" | "RSET" | "NOOP" => out.write_all(b"250 ok\r\n")?,
            _ => out.write_all(b"502 unknown\r\n")?,
        }
    }
}

/// Reads one letter and keeps it under the next number; a letter is there whole or not at all.
fn take(lines: &mut BufReader<TcpStream>, folder: &Path, taken: &AtomicUsize, death: Death) -> std::io::Result<()> {
    let number = taken.fetch_add(1, Ordering::SeqCst) + 1;
    let mut letter = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if matches!(death, Death::Before(n) if n == number) {
            std::process::abort();
        }
        if line == b".\r\n" {
            break;
        }
        letter.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
    let name = format!("{}-{number}", std::process::id());
    let draft = folder.join(format!("{name}.part"));
    std::fs::write(&draft, &letter)?;
    std::fs::rename(&draft, folder.join(format!("{name}.eml")))?;
    if matches!(death, Death::After(n) if n == number) {
        std::process::abort();
    }
    Ok(())
}
