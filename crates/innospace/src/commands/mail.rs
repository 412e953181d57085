//! The letters of a space that sends none: on a machine without SMTP they become files, which are listed and read here.

use std::path::PathBuf;
use std::process::ExitCode;

use accounts::mailbox::{self, Filed};
use clap::Args;
use serde_json::{Value, json};

use innospace::config::Config;
use innospace::print;

/// Which letters.
#[derive(Args)]
pub struct Mail {
    /// Print this letter: its number in the list, where 1 is the newest, or its id.
    #[arg(value_name = "LETTER")]
    letter: Option<String>,
    /// How many to list at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

/// Lists letters, or prints one. Exit code 1 if there is no such letter, or mail leaves over SMTP.
pub fn run(config: &Config, data: &std::path::Path, args: &Mail, as_json: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let folder: PathBuf = config.mail.folder(data).ok_or("mail leaves over SMTP (mail.transport), so no letters lie here")?;
    let all = mailbox::letters(&folder).map_err(|e| format!("the letters in {} cannot be read: {e}", folder.display()))?;
    match &args.letter {
        Some(which) => {
            let letter = chosen(&all, which).ok_or_else(|| format!("there is no letter {which}; `innospace mail` lists them"))?;
            print(&if as_json { told(letter, true).to_string() } else { whole(letter) });
        }
        None if as_json => {
            let shown: Vec<Value> = all.iter().take(args.limit).map(|letter| told(letter, false)).collect();
            print(&json!({ "letters": shown, "total": all.len() }).to_string());
        }
        None if all.is_empty() => print(&format!("no letters yet in {}", folder.display())),
        None => {
            for (n, letter) in all.iter().enumerate().take(args.limit) {
                print(&format!("{:>3}  {}  {}  {}", n + 1, time(letter), letter.to, letter.subject));
            }
            if all.len() > args.limit {
                print(&format!("{} older ones: --limit", all.len() - args.limit));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen<'a>(all: &'a [Filed], which: &str) -> Option<&'a Filed> {
    let by_number = which.parse::<usize>().ok().and_then(|n| all.get(n.checked_sub(1)?));
    by_number.or_else(|| all.iter().find(|letter| letter.id == which))
}

fn time(letter: &Filed) -> String {
    letter.at.map_or_else(|| "no date".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn whole(letter: &Filed) -> String {
    format!("Date: {}\nTo: {}\nSubject: {}\n\n{}", time(letter), letter.to, letter.subject, letter.text.trim_end())
}

fn told(letter: &Filed, with_text: bool) -> Value {
    let told = json!({ "id": letter.id, "at": letter.at, "to": letter.to, "subject": letter.subject });
    match told {
        Value::Object(mut told) if with_text => {
            told.insert("text".to_owned(), json!(letter.text));
            Value::Object(told)
        }
        told => told,
    }
}
