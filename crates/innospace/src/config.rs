//! The settings: defaults, then the file, then the environment. An unknown key is an error with its name and place.

use std::path::Path;

use accounts::AccountSettings;
use accounts::mail::MailSettings;
use brokering::BrokeringSettings;
use brokering::confidential::objects::FilesSettings;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use listings::ListingSettings;
use serde::{Deserialize, Serialize};
use server::{ServerSettings, SpaceSettings};
use store::DatabaseSettings;
use tracing_subscriber::EnvFilter;

/// Everything that can be set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How the server meets the network.
    pub server: ServerSettings,
    /// Which database.
    pub database: DatabaseSettings,
    /// Sign-in.
    pub accounts: AccountSettings,
    /// Letters.
    pub mail: MailSettings,
    /// How listings behave.
    pub listings: ListingSettings,
    /// How brokering behaves.
    pub brokering: BrokeringSettings,
    /// Where confidential files lie and what they may be.
    pub files: FilesSettings,
    /// The index and its ranking.
    pub search: search::Settings,
    /// The model of sentence vectors, if one is used.
    pub vectors: matching::VectorSettings,
    /// The weights of matching.
    pub matching: matching::Weights,
    /// What is logged.
    pub log: LogSettings,
    /// What the space calls itself and how it looks; as in `config/space.toml` unless given.
    pub space: Option<SpaceSettings>,
}

/// What is logged, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `text` or `json`.
    pub format: LogFormat,
    /// As `RUST_LOG`.
    pub filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info,sqlx=warn,tantivy=warn,sea_orm_migration=warn".to_owned() }
    }
}

/// Reads the settings.
pub fn load(file: Option<&Path>, is_demo: bool) -> Result<Config, Box<dyn std::error::Error>> {
    // What a space changes of its names and looks is read over the built-in ones, one by one as everything else.
    let names: toml::Table = toml::from_str(&base::defaults::text("space.toml").unwrap_or_default())?;
    let mut figment = Figment::from(Serialized::defaults(Config::default())).merge(Serialized::default("space", names));
    if is_demo {
        // In the demonstration staff sign in with a password alone, and nobody is held back from trying things out.
        figment = figment.merge(Serialized::default("accounts.staff_second_factor", "optional"));
    }
    if let Some(file) = file {
        if !file.is_file() {
            return Err(format!("there is no settings file {}", file.display()).into());
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    let mut config: Config = figment.merge(Env::prefixed("INNOSPACE__").split("__")).extract().map_err(Box::new)?;
    // One address for everything that leads back to the space.
    config.server.public_url = config.server.public_url.trim_end_matches('/').to_owned();
    config.accounts.public_url.clone_from(&config.server.public_url);
    Ok(config)
}

impl Config {
    /// What the space calls itself.
    pub fn space(&self, is_demo: bool) -> Result<SpaceSettings, Box<dyn std::error::Error>> {
        let mut space = match &self.space {
            Some(space) => space.clone(),
            None => toml::from_str(&base::defaults::text("space.toml").unwrap_or_default())?,
        };
        space.demonstration |= is_demo;
        Ok(space)
    }
}

/// Starts the log. Commands that print their result keep it to warnings, on standard error.
pub fn start_log(settings: &LogSettings, quiet: bool) {
    let filter = if quiet { "warn" } else { settings.filter.as_str() };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(filter));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match settings.format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.compact().with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_documented_settings_are_the_defaults() {
        let text = base::defaults::text("innospace.toml").unwrap();
        let documented: Config = toml::from_str(&text).unwrap();
        let (documented, defaults) = (serde_json::to_value(documented).unwrap(), serde_json::to_value(Config::default()).unwrap());
        assert_eq!(documented, defaults);
    }

    /// Not to be set: the address of mail is that of the server, whatever stands there.
    const NO_SETTINGS: [&str; 1] = ["accounts.public_url"];

    /// What the file lacks or says otherwise than the program, below one key.
    fn compare(defaults: &Value, documented: Option<&Value>, key: &str, text: &str, wrong: &mut Vec<String>) {
        match (defaults, documented) {
            _ if NO_SETTINGS.contains(&key) => {}
            (Value::Object(all), Some(Value::Object(told))) => {
                for (name, value) in all {
                    let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                    compare(value, told.get(name), &key, text, wrong);
                }
                wrong.extend(told.keys().filter(|name| !all.contains_key(*name)).map(|name| format!("{key}.{name} is no setting")));
            }
            // What is nothing unless it is set stands there as an example.
            (Value::Null, None) => {
                let name = key.rsplit('.').next().unwrap();
                if !text.lines().any(|line| line.starts_with(&format!("# {name} = ")) || line.starts_with(&format!("# [{name}]"))) {
                    wrong.push(format!("{key} is not mentioned"));
                }
            }
            (_, None) => wrong.push(format!("{key} is not mentioned")),
            (default, Some(told)) => {
                // Some weights are single precision.
                let near = default.as_f64().zip(told.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-6 * a.abs());
                if default != told && !near {
                    wrong.push(format!("{key} is {default}, and the file says {told}"));
                }
            }
        }
    }

    fn faults(text: &str) -> Vec<String> {
        let documented: Value = toml::from_str(text).unwrap();
        let mut wrong = Vec::new();
        compare(&serde_json::to_value(Config::default()).unwrap(), Some(&documented), "", text, &mut wrong);
        wrong
    }

    #[test]
    fn every_setting_is_in_the_file_with_its_default_and_a_line_that_says_what_it_is() {
        let text = base::defaults::text("innospace.toml").unwrap();
        assert_eq!(faults(&text), Vec::<String>::new());
        let mut before = "";
        for line in text.lines() {
            let says = line.contains('#') || before.starts_with('#') || (before.contains(" = {") && line.contains(" = {"));
            assert!(!line.contains(" = ") || says, "what is it? {line}");
            before = line;
        }
    }

    #[test]
    fn a_setting_that_the_file_lacks_or_has_with_another_default_is_told() {
        let text = base::defaults::text("innospace.toml").unwrap();
        let other = text
            .replace("hash_passes = 2 ", "hash_passes = 3 ")
            .replace("rebuild_memory_mb", "# rebuild_memory_mb")
            .replace("# synonyms = ", "# ")
            .replace("syllable = 0.4", "syllable = 0.5");
        assert_eq!(
            faults(&other),
            [
                "accounts.hash_passes is 2, and the file says 3",
                "search.rebuild_memory_mb is not mentioned",
                "search.synonyms is not mentioned",
                "matching.view.syllable is 0.4, and the file says 0.5",
            ]
        );
    }

    #[test]
    fn a_space_changes_its_accent_without_saying_its_names_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("innospace.toml");
        std::fs::write(&file, "[space]\naccent = \"#004a99\"\n").unwrap();
        let space = load(Some(&file), false).unwrap().space(false).unwrap();
        assert_eq!(space.accent.as_deref(), Some("#004a99"));
        assert_eq!(space.name_en, "Brand and Innovation Space");
    }

    #[test]
    fn the_looks_that_the_file_speaks_of_can_be_set() {
        let text = base::defaults::text("space.toml").unwrap();
        let spoken_of: String =
            text.lines().filter_map(|l| l.strip_prefix("# ")).filter(|l| l.contains(" = ")).map(|l| format!("{l}\n")).collect();
        let space: SpaceSettings = toml::from_str(&format!("{text}\n{spoken_of}")).unwrap();
        assert!(space.accent.is_some() && space.accent_dark.is_some() && space.logo.is_some());
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Config>("[server]\nlisten_on = \"x\"").is_err());
    }
}
