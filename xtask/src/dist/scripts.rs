use super::units::Unit;

/// What a package does on the machine, beside its files.
///
/// It makes the user that the units run as, and enables no unit. A unit that the
/// administrator has started is restarted by an upgrade, and stopped by a removal.
pub(super) struct Scripts {
    /// With `$1` and `$2` as dpkg gives them.
    pub(super) debian: [(&'static str, String); 3],
    /// After installing and before removing, with the number of versions in `$1`.
    pub(super) rpm: [String; 2],
}

impl Scripts {
    pub(super) fn new(units: &[Unit]) -> Self {
        let stop = stop(units);
        let debian = [
            (
                "postinst",
                when("[ \"$1\" = configure ]", &installed("[ -n \"$2\" ]")),
            ),
            ("postrm", when("[ \"$1\" = remove ]", RELOAD)),
            ("prerm", when("[ \"$1\" = remove ]", &stop)),
        ];
        let debian = debian.map(|(name, script)| (name, format!("#!/bin/sh\nset -e\n{script}")));
        Self {
            debian,
            rpm: [
                installed("[ \"$1\" -gt 1 ]"),
                when("[ \"$1\" -eq 0 ]", &stop),
            ],
        }
    }
}

fn when(condition: &str, script: &str) -> String {
    format!("if {condition}; then\n{script}fi\n")
}

fn installed(is_upgrade: &str) -> String {
    let restart = when(
        &format!("{is_upgrade} && {IS_RUNNING}"),
        "systemctl try-restart 'iamra-*.service' || true\n",
    );
    format!("{USERS}{RELOAD}{restart}")
}

fn stop(units: &[Unit]) -> String {
    let services = units.iter();
    let services = services.filter(|unit| !unit.is_of_users() && !unit.is_template());
    let names: Vec<_> = services.map(|unit| unit.name.as_str()).collect();
    let names = names.join(" ");
    when(
        IS_RUNNING,
        &format!(
            "systemctl --no-reload disable --now {names} || true\n\
             systemctl stop 'iamra-*@*.service' || true\n"
        ),
    )
}

const USERS: &str = "if command -v systemd-sysusers >/dev/null; then\n\
systemd-sysusers iamra.conf\nfi\n";
/// A container and a chroot have no systemd to tell.
const IS_RUNNING: &str = "[ -d /run/systemd/system ]";
const RELOAD: &str = "if [ -d /run/systemd/system ]; then\nsystemctl daemon-reload\nfi\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_stopped_and_never_enabled() {
        let units = ["a.service", "b@.service", "iamra.sysusers.conf"].map(|name| Unit {
            name: name.to_owned(),
            text: String::new(),
        });
        let scripts = Scripts::new(&units);
        let all = scripts.debian.iter().map(|(_, script)| script);
        let all: Vec<_> = all.chain(&scripts.rpm).collect();
        assert!(all.iter().all(|script| !script.contains(" enable")));
        for stopping in [&scripts.debian[2].1, &scripts.rpm[1]] {
            assert!(
                stopping.contains("disable --now a.service ||"),
                "{stopping}"
            );
        }
    }
}
