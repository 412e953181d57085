//! An e-mail address: as it was typed, and the key by which two spellings are the same.

use base::Faults;
use lettre::Address;

/// An address that a mail can be sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email {
    typed: String,
    key: String,
}

impl Email {
    /// The address, or a fault.
    pub fn checked(text: &str, pointer: &str, faults: &mut Faults) -> Option<Self> {
        let typed = base::text::clean(text);
        let domain = typed.rsplit('@').next().unwrap_or_default();
        let plain = typed.is_ascii() && typed.bytes().all(|b| b.is_ascii_graphic() && !b"\"(),:;<>[\\]`".contains(&b));
        // lettre knows the rest of the grammar; a domain without a dot is a typing error.
        if typed.len() > 254 || !plain || !domain.contains('.') || typed.parse::<Address>().is_err() {
            faults.add(pointer, "email_form");
            return None;
        }
        let key = key(&typed);
        Some(Self { typed, key })
    }

    /// An address out of the database.
    pub fn stored(typed: String, key: String) -> Self {
        Self { typed, key }
    }

    /// As it was typed.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The key of whatever was typed, address or not.
pub(crate) fn key(text: &str) -> String {
    base::text::clean(text).to_lowercase().chars().take(254).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_have_one_key() {
        let mut faults = Faults::new();
        let email = Email::checked(" Lan.Nguyen@Ba-Lai.EXAMPLE ", "/email", &mut faults).unwrap();
        assert_eq!((email.as_typed(), email.key()), ("Lan.Nguyen@Ba-Lai.EXAMPLE", "lan.nguyen@ba-lai.example"));
    }

    #[test]
    fn what_is_no_address_is_a_fault() {
        let long = format!("{}@a.vn", "x".repeat(250));
        for bad in [
            "",
            "a",
            "a@",
            "@a.vn",
            "a@localhost",
            "a b@c.vn",
            "a@b.vn\r\nBcc: c@d.vn",
            "a@b..vn",
            "a,b@c.vn",
            "<a@b.vn>",
            "a@b.vn,c@d.vn",
            "lân@a.vn",
            &long,
        ] {
            let mut faults = Faults::new();
            assert!(Email::checked(bad, "/email", &mut faults).is_none(), "{bad}");
            assert_eq!(faults.iter().map(|f| f.code).collect::<Vec<_>>(), ["email_form"]);
        }
    }
}
