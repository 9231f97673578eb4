use std::collections::BTreeMap;
use std::path::Path;

use super::groups::{identity_groups, session_groups, sink_groups};
use crate::config_file;
use crate::failure::Failure;
use crate::resolved::Overlay;
use crate::setting::Group;

/// The tables of a config file: what there is to run.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) identities: BTreeMap<String, Overlay>,
    pub(super) sessions: BTreeMap<String, SessionPart>,
    pub(super) sinks: Vec<SinkPart>,
}

/// A session, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct SessionPart {
    pub(super) identity: Option<String>,
    pub(super) overlay: Overlay,
}

/// A sink, and what goes there.
#[derive(Debug)]
pub(super) struct SinkPart {
    pub(super) kind: SinkKind,
    pub(super) session: Option<String>,
    /// Further sessions of an endpoint, each below its own name.
    pub(super) more: Vec<String>,
    pub(super) overlay: Overlay,
}

/// What a sink is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SinkKind {
    /// A profile of a credentials file.
    CredentialsFile,
    /// An endpoint that SDKs ask.
    Endpoint,
}

impl Parts {
    /// From the tables; says where in which file something is wrong.
    pub(super) fn read(tables: &toml::Table, path: &Path) -> Result<Self, Failure> {
        let reader = Reader { path };
        let parts = Self {
            identities: reader.identities(tables)?,
            sessions: reader.sessions(tables)?,
            sinks: reader.sinks(tables)?,
        };
        for (what, is_empty) in [
            ("[session.NAME]", parts.sessions.is_empty()),
            ("[[sink]]", parts.sinks.is_empty()),
        ] {
            if is_empty {
                return Err(reader.invalid("the file", &format!("there is no {what}")));
            }
        }
        Ok(parts)
    }
}

struct Reader<'a> {
    path: &'a Path,
}

impl Reader<'_> {
    fn identities(&self, tables: &toml::Table) -> Result<BTreeMap<String, Overlay>, Failure> {
        let named = self.named(tables, "identity")?.into_iter();
        let read = named.map(|(name, table)| {
            let place = format!("[identity.{name}]");
            Ok((name, self.overlay(&place, &table, &identity_groups())?))
        });
        read.collect()
    }

    fn sessions(&self, tables: &toml::Table) -> Result<BTreeMap<String, SessionPart>, Failure> {
        let named = self.named(tables, "session")?.into_iter();
        let read = named.map(|(name, mut table)| {
            let place = format!("[session.{name}]");
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if !name.bytes().all(is_plain) {
                return Err(self.invalid(&place, "a name is of letters, digits, - and _"));
            }
            let identity = self.text(&place, &mut table, "identity")?;
            let overlay = self.overlay(&place, &table, &session_groups())?;
            Ok((name, SessionPart { identity, overlay }))
        });
        read.collect()
    }

    fn sinks(&self, tables: &toml::Table) -> Result<Vec<SinkPart>, Failure> {
        let Some(sinks) = tables.get("sink") else {
            return Ok(Vec::new());
        };
        let wrong = || self.invalid("sink", "it must be [[sink]]");
        let sinks = sinks.as_array().ok_or_else(wrong)?;
        let read = sinks.iter().enumerate().map(|(index, sink)| {
            let place = format!("[[sink]] number {}", index + 1);
            let table = sink.as_table().cloned();
            self.sink(&place, table.ok_or_else(wrong)?)
        });
        read.collect()
    }

    fn sink(&self, place: &str, mut table: toml::Table) -> Result<SinkPart, Failure> {
        let kind = match self.text(place, &mut table, "type")?.as_deref() {
            Some("credentials-file") => SinkKind::CredentialsFile,
            Some("endpoint") => SinkKind::Endpoint,
            _ => return Err(self.invalid(place, "type must be credentials-file or endpoint")),
        };
        let session = self.text(place, &mut table, "session")?;
        let more = match table.remove("more-sessions") {
            None => Vec::new(),
            Some(value) if kind == SinkKind::Endpoint => {
                let names = value.as_array().map(|names| {
                    let names = names.iter().map(|name| name.as_str().map(str::to_owned));
                    names.collect::<Option<Vec<_>>>()
                });
                let names = names.flatten();
                names
                    .ok_or_else(|| self.invalid(place, "more-sessions must be an array of names"))?
            }
            Some(_) => return Err(self.invalid(place, "more-sessions is for an endpoint")),
        };
        Ok(SinkPart {
            kind,
            session,
            more,
            overlay: self.overlay(place, &table, &sink_groups(kind))?,
        })
    }

    /// The tables below `key`, by their names.
    fn named(
        &self,
        tables: &toml::Table,
        key: &str,
    ) -> Result<Vec<(String, toml::Table)>, Failure> {
        let Some(value) = tables.get(key) else {
            return Ok(Vec::new());
        };
        let wrong = || self.invalid(key, &format!("it must be [{key}.NAME]"));
        let named = value.as_table().ok_or_else(wrong)?.iter();
        let named = named.map(|(name, value)| {
            let table = value.as_table().cloned();
            Ok((name.clone(), table.ok_or_else(wrong)?))
        });
        named.collect()
    }

    fn text(
        &self,
        place: &str,
        table: &mut toml::Table,
        key: &str,
    ) -> Result<Option<String>, Failure> {
        match table.remove(key) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(place, &format!("{key} must be a text"))),
        }
    }

    /// The settings of a table, which has to be the right place for each.
    fn overlay(
        &self,
        place: &str,
        table: &toml::Table,
        groups: &[&'static Group],
    ) -> Result<Overlay, Failure> {
        let values = config_file::values(table).map_err(|why| self.invalid(place, &why))?;
        let allowed = groups.iter().flat_map(|group| group.settings);
        for key in values.keys() {
            if !allowed.clone().any(|setting| setting.name == key) {
                return Err(self.invalid(place, &format!("{key} does not belong there")));
            }
        }
        Ok(Overlay {
            place: format!("{}: {place}", self.path.display()),
            values,
        })
    }

    fn invalid(&self, place: &str, why: &str) -> Failure {
        let message = format!("{}: {place}: {why}", self.path.display());
        Failure::configuration("config.invalid", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Parts, String> {
        let tables: toml::Table = text.parse().unwrap();
        Parts::read(&tables, Path::new("run.toml")).map_err(|failure| failure.to_string())
    }

    const WHOLE: &str = "
        [identity.app]
        certificate = 'cert.pem'
        [session.main]
        identity = 'app'
        role-arn = 'r'
        [[sink]]
        type = 'credentials-file'
        session = 'main'
        profile = 'p'
        [[sink]]
        type = 'endpoint'
        more-sessions = ['main']
        listen = ['127.0.0.1:1']";

    #[test]
    fn tables_become_parts() {
        let parts = read(WHOLE).unwrap();
        assert_eq!(parts.identities["app"].values["certificate"], ["cert.pem"]);
        assert_eq!(parts.sessions["main"].identity.as_deref(), Some("app"));
        assert_eq!(parts.sinks[0].kind, SinkKind::CredentialsFile);
        assert_eq!(parts.sinks[0].overlay.values["profile"], ["p"]);
        assert_eq!(parts.sinks[1].more, ["main"]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (from, to, expected) in [
            (
                "certificate =",
                "certificat =",
                "[identity.app]: there is no setting \"certificat\"; did you mean \"certificate\"?",
            ),
            (
                "certificate =",
                "role-arn =",
                "[identity.app]: role-arn does not belong there",
            ),
            (
                "identity = 'app'",
                "identity = 1",
                "[session.main]: identity must be a text",
            ),
            (
                "[session.main]",
                "[session.'a/b']",
                "[session.a/b]: a name is of letters, digits, - and _",
            ),
            (
                "'credentials-file'",
                "'file'",
                "[[sink]] number 1: type must be credentials-file or endpoint",
            ),
            (
                "profile = 'p'",
                "more-sessions = []",
                "[[sink]] number 1: more-sessions is for an endpoint",
            ),
            (
                "profile = 'p'",
                "listen = 'x'",
                "[[sink]] number 1: listen does not belong there",
            ),
            (
                "['main']",
                "[1]",
                "[[sink]] number 2: more-sessions must be an array of names",
            ),
        ] {
            let text = WHOLE.replacen(from, to, 1);
            assert_ne!(text, WHOLE);
            assert_eq!(read(&text).unwrap_err(), format!("run.toml: {expected}"));
        }
        assert_eq!(
            read("").unwrap_err(),
            "run.toml: the file: there is no [session.NAME]"
        );
    }
}
