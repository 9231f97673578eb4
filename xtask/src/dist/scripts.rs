use super::units::Unit;

/// What a package does on the machine, beside its files.
///
/// It makes the user that the units run as, and enables no unit. A unit that the
/// administrator has started is restarted by an upgrade; a removal stops and disables all.
pub(super) struct Scripts {
    /// With `$1` and `$2` as dpkg gives them.
    pub(super) debian: [(&'static str, String); 3],
    /// After installing and before removing, with the number of versions in `$1`.
    pub(super) rpm: [String; 2],
}

impl Scripts {
    pub(super) fn new(units: &[Unit]) -> Self {
        let removed = removed(units);
        let debian = [
            (
                "postinst",
                when("[ \"$1\" = configure ]", &installed("[ -n \"$2\" ]", units)),
            ),
            ("postrm", when("[ \"$1\" = remove ]", RELOAD)),
            ("prerm", when("[ \"$1\" = remove ]", &removed)),
        ];
        let debian = debian.map(|(name, script)| (name, format!("#!/bin/sh\nset -e\n{script}")));
        Self {
            debian,
            rpm: [
                installed("[ \"$1\" -gt 1 ]", units),
                when("[ \"$1\" -eq 0 ]", &removed),
            ],
        }
    }
}

fn when(condition: &str, script: &str) -> String {
    format!("if {condition}; then\n{script}fi\n")
}

fn installed(is_upgrade: &str, units: &[Unit]) -> String {
    // A socket stays bound: it has no program of ours in it.
    let services = ours(units).filter(|unit| unit.name.ends_with(".service"));
    let restart = when(
        &format!("{is_upgrade} && {IS_RUNNING}"),
        &format!("systemctl try-restart {} || true\n", patterns(services)),
    );
    format!("{USERS}{RELOAD}{restart}")
}

/// Instances are stopped by a pattern and disabled by their template. To disable takes
/// no running systemd: a chroot has links, too.
fn removed(units: &[Unit]) -> String {
    let names = ours(units).map(|unit| unit.name.as_str());
    let names = names.collect::<Vec<_>>().join(" ");
    let stop = format!("systemctl stop {} || true\n", patterns(ours(units)));
    let disable = format!("systemctl --no-reload disable {names} || true\n");
    when(IS_RUNNING, &stop) + &when(IS_INSTALLED, &disable)
}

/// These, as patterns of what runs: an administrator's `iamra-backup.service` is none.
fn patterns<'a>(units: impl Iterator<Item = &'a Unit>) -> String {
    let patterns = units.map(|unit| {
        if unit.is_template() {
            format!("'{}'", unit.name.replace("@.", "@*."))
        } else {
            unit.name.clone()
        }
    });
    patterns.collect::<Vec<_>>().join(" ")
}

fn ours(units: &[Unit]) -> impl Iterator<Item = &Unit> {
    units.iter().filter(|unit| !unit.is_of_users())
}

const USERS: &str = "if command -v systemd-sysusers >/dev/null; then\n\
systemd-sysusers iamra.conf\n\
elif ! id -u iamra >/dev/null 2>&1; then\n\
echo 'iamra: no systemd-sysusers here: before you start its units: useradd --system iamra' >&2\n\
fi\n";
/// A container and a chroot have no systemd to tell.
const IS_RUNNING: &str = "[ -d /run/systemd/system ]";
const IS_INSTALLED: &str = "command -v systemctl >/dev/null";
const RELOAD: &str = "if [ -d /run/systemd/system ]; then\nsystemctl daemon-reload\nfi\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts() -> Scripts {
        let names = ["a.service", "a.socket", "b@.service", "iamra.sysusers.conf"];
        Scripts::new(&names.map(|name| Unit {
            name: name.to_owned(),
            text: String::new(),
        }))
    }

    #[test]
    fn a_removal_stops_and_disables_all_of_ours() {
        let Scripts { debian, rpm } = scripts();
        for removing in [&debian[2].1, &rpm[1]] {
            let stop = "if [ -d /run/systemd/system ]; then\n\
                        systemctl stop a.service a.socket 'b@*.service' || true\nfi\n";
            let disable = "if command -v systemctl >/dev/null; then\n\
                           systemctl --no-reload disable a.service a.socket b@.service || true\n\
                           fi\n";
            let both = format!("{stop}{disable}");
            assert!(removing.contains(&both), "{removing}");
        }
    }

    #[test]
    fn an_upgrade_restarts_ours_alone_and_nothing_is_enabled() {
        let Scripts { debian, rpm } = scripts();
        for installing in [&debian[0].1, &rpm[0]] {
            let restart = "systemctl try-restart a.service 'b@*.service' || true\n";
            assert!(installing.contains(restart), "{installing}");
            assert!(installing.contains("useradd --system iamra' >&2\n"));
        }
        let all = debian.iter().map(|(_, script)| script).chain(&rpm);
        assert!(all.into_iter().all(|script| !script.contains(" enable")));
    }
}
