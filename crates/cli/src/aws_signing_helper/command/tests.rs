use super::*;
use crate::aws_signing_helper::subcommand::SUBCOMMANDS;

/// Command lines, and whether the helper's own parser takes them; the peers'
/// tests ask it.
const LINES: &str = include_str!("../../../testdata/aws_signing_helper/command-lines.txt");

fn takes(line: &str) -> bool {
    let words = std::iter::once("aws_signing_helper").chain(line.split(' '));
    let words = words.filter(|word| !word.is_empty());
    let arguments = in_order(words.map(Into::into).collect());
    match command().try_get_matches_from(arguments) {
        Ok(_) => true,
        Err(error) => error.kind() == clap::error::ErrorKind::DisplayHelp,
    }
}

#[test]
fn the_parser_takes_what_the_helpers_takes() {
    let mut count = 0;
    for line in LINES.lines().filter(|line| !line.starts_with('#')) {
        let (sign, words) = line.split_at(1);
        assert_eq!(takes(words), sign == "+", "{line}");
        count += 1;
    }
    assert!(count > 50, "{count}");
}

#[test]
fn pairs_exclude_each_other_in_both_orders() {
    for subcommand in &SUBCOMMANDS {
        let has = |name: &str| {
            let mut flags = subcommand.flags.iter().copied().flatten();
            flags.any(|flag| flag.name == name)
        };
        let there = subcommand.pairs.iter();
        let there = there.filter(|(one, other)| has(one) && has(other));
        for (one, other) in there {
            let value = |name: &str| {
                let switches = [
                    "use-latest-expiring-certificate",
                    "reuse-pin",
                    "no-tpm-key-password",
                ];
                let value = if switches.contains(&name) {
                    "=true"
                } else {
                    "=x"
                };
                format!("--{name}{value}")
            };
            let (one, other) = (value(one), value(other));
            assert!(takes(&format!("{} {one}", subcommand.name)));
            assert!(
                !takes(&format!("{} {one} {other}", subcommand.name)),
                "{one} {other}"
            );
            assert!(
                !takes(&format!("{} {other} {one}", subcommand.name)),
                "{one} {other}"
            );
        }
    }
}
