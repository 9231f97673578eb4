use clap::{Arg, ArgAction};

/// One flag of the helper.
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    default: Option<&'static str>,
    help: &'static str,
}

/// What a flag takes.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Number,
    Switch,
    OneOf(&'static [&'static str]),
}

impl Flag {
    pub(super) const fn text(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Text,
            default: None,
            help,
        }
    }

    pub(super) const fn switch(name: &'static str, help: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Switch,
            default: None,
            help,
        }
    }

    pub(super) const fn number(
        name: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::Number,
            default: Some(default),
            help,
        }
    }

    pub(super) const fn one_of(
        name: &'static str,
        values: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        Self {
            name,
            kind: Kind::OneOf(values),
            default: None,
            help,
        }
    }

    pub(super) const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// As Go's pflag reads it: the next word is the value, whatever it begins
    /// with; of several, the last counts; a switch is turned off by `=false`.
    pub(super) fn arg(&self) -> Arg {
        let arg = Arg::new(self.name)
            .long(self.name)
            .help(self.help)
            .action(ArgAction::Set)
            .allow_hyphen_values(true);
        let arg = match self.default {
            Some(default) => arg.default_value(default),
            None => arg,
        };
        match self.kind {
            Kind::Text => arg.value_name("string"),
            Kind::Number => arg.value_name("int").value_parser(number),
            Kind::OneOf(values) => arg
                .value_name("string")
                .value_parser(values.to_vec())
                .hide_possible_values(true),
            Kind::Switch => arg
                .num_args(0..=1)
                .value_name("bool")
                .require_equals(true)
                .default_missing_value("true")
                .hide_default_value(true)
                .default_value("false")
                .value_parser(switch),
        }
    }
}

/// Go's `strconv.ParseInt` with base 0.
fn number(text: &str) -> Result<i64, String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_lowercase();
    let based = |prefix, radix| Some((lower.strip_prefix(prefix)?, radix));
    let (digits, radix) = based("0x", 16)
        .or_else(|| based("0o", 8))
        .or_else(|| based("0b", 2))
        .or_else(|| based("0", 8).filter(|(rest, _)| !rest.is_empty()))
        .unwrap_or((&lower, 10));
    match i64::from_str_radix(digits, radix) {
        Ok(number) if digits.starts_with(|it: char| it.is_ascii_hexdigit()) => Ok(sign * number),
        _ => Err("it is not a whole number".to_owned()),
    }
}

/// Go's `strconv.ParseBool`.
fn switch(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("it must be true or false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_gos() {
        for (text, expected) in [
            ("3600", Some(3600)),
            ("-5", Some(-5)),
            ("+7", Some(7)),
            ("0x384", Some(900)),
            ("0", Some(0)),
            ("010", Some(8)),
            ("0b11", Some(3)),
            ("", None),
            ("x", None),
            ("1h", None),
            ("--1", None),
            ("0x", None),
            ("09", None),
        ] {
            assert_eq!(number(text).ok(), expected, "{text}");
        }
    }
}
