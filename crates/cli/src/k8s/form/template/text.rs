use zeroize::Zeroizing;

/// A text with places for the parts of a login.
pub(super) struct Text(Vec<Piece>);

enum Piece {
    Literal(String),
    Placeholder(Placeholder),
}

#[derive(Clone, Copy)]
enum Placeholder {
    Username,
    Password,
    Authorization,
    Registry,
    ExpiresAt,
}

/// What goes into the places.
pub(super) struct Values<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a str,
    pub(super) authorization: &'a str,
    pub(super) registry: &'a str,
    pub(super) expires_at: &'a str,
}

impl Text {
    /// An error names the place that is none.
    pub(super) fn parse(mut text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        while let Some((literal, rest)) = text.split_once("{{") {
            let (name, rest) = rest.split_once("}}").ok_or("a {{ has no }} behind it")?;
            pieces.push(Piece::Literal(literal.to_owned()));
            pieces.push(Piece::Placeholder(Placeholder::named(name.trim())?));
            text = rest;
        }
        pieces.push(Piece::Literal(text.to_owned()));
        Ok(Self(pieces))
    }

    /// In one buffer of its size: one that grows leaves copies behind.
    pub(super) fn with(&self, values: &Values<'_>) -> Zeroizing<Vec<u8>> {
        let pieces = || self.0.iter().map(|piece| piece.with(values));
        let size = pieces().map(str::len).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(size));
        for piece in pieces() {
            text.extend_from_slice(piece.as_bytes());
        }
        text
    }
}

impl Piece {
    fn with<'a>(&'a self, values: &Values<'a>) -> &'a str {
        match self {
            Self::Literal(text) => text,
            Self::Placeholder(Placeholder::Username) => values.username,
            Self::Placeholder(Placeholder::Password) => values.password,
            Self::Placeholder(Placeholder::Authorization) => values.authorization,
            Self::Placeholder(Placeholder::Registry) => values.registry,
            Self::Placeholder(Placeholder::ExpiresAt) => values.expires_at,
        }
    }
}

impl Placeholder {
    fn named(name: &str) -> Result<Self, String> {
        let found = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
        found.map(|(_, placeholder)| *placeholder).ok_or_else(|| {
            let names = PLACEHOLDERS.map(|(name, _)| name).join(", ");
            let name: String = name.chars().take(LONGEST_NAME).collect();
            format!("there is no {{{{{name}}}}}; there are {names}")
        })
    }
}

const PLACEHOLDERS: [(&str, Placeholder); 5] = [
    ("username", Placeholder::Username),
    ("password", Placeholder::Password),
    ("authorization", Placeholder::Authorization),
    ("registry", Placeholder::Registry),
    ("expires_at", Placeholder::ExpiresAt),
];
/// As much of a name that is none as an error shows.
const LONGEST_NAME: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = Values {
        username: "AWS",
        password: "{{username}}",
        authorization: "QQ==",
        registry: "r",
        expires_at: "t",
    };

    #[test]
    fn places_are_filled_once() {
        for (text, filled) in [
            ("", ""),
            ("plain } {x} }}", "plain } {x} }}"),
            ("{{username}}", "AWS"),
            ("{{ username }}:{{password}}", "AWS:{{username}}"),
            (
                "{\"{{registry}}\":{\"auth\":\"{{authorization}}\"}}",
                "{\"r\":{\"auth\":\"QQ==\"}}",
            ),
            ("{{{registry}}}", "there is no {{{registry}}; there are "),
            ("{{expires_at}}{{expires_at}}", "tt"),
            ("{{Password}}", "there is no {{Password}}; there are "),
            ("{{}}", "there is no {{}}; there are "),
            ("a {{password", "a {{ has no }} behind it"),
        ] {
            let made = Text::parse(text).map(|text| text.with(&VALUES));
            match made {
                Ok(made) => {
                    assert_eq!(std::str::from_utf8(&made).unwrap(), filled, "{text}");
                    assert_eq!(made.capacity(), made.len());
                }
                Err(why) => assert!(
                    why.starts_with(filled) && !filled.is_empty(),
                    "{text}: {why}"
                ),
            }
        }
    }
}
