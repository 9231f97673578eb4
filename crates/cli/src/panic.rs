use std::panic::PanicHookInfo;

use crate::exit::Exit;

/// One line for people, and the exit code of a bug.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(report));
}

/// The payload of the panic is not shown: it may hold what it tripped over.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a bug ends the process, with a code of its own"
)]
fn report(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, |location| {
        format!(" at {}:{}", location.file(), location.line())
    });
    crate::output::complain(&format!(
        "error[bug]: iamra has a bug{place}; please report it\n"
    ));
    std::process::exit(Exit::Bug.code().into());
}
