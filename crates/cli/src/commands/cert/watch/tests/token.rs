//! What becomes of the token in the hours between two certificates.

use std::path::Path;

use iamra_sandbox::ServiceAccount;
use secrecy::ExposeSecret as _;

use super::*;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// A `secret_id` for ever, and tokens of 20 minutes, at most an hour.
fn app_role(settings: &mut Settings) {
    settings.app_role.secret_id_ttl = Duration::ZERO;
    settings.app_role.secret_id_num_uses = 0;
}

fn by_app_role(sandbox: &Sandbox, folder: &Path) -> Vec<String> {
    let secret = sandbox.app_role();
    let file = write(folder, "secret-id", secret.secret_id.expose_secret());
    let role_id = secret.role_id;
    words(&format!(
        "--auth approle --role-id {role_id} --secret-id-file {file}"
    ))
}

#[test]
fn a_login_that_can_be_repeated_leaves_no_token_standing() {
    run(async {
        let account = ServiceAccount {
            lifetime: 100 * HOUR,
            ..ServiceAccount::default()
        };
        let by_service_account = |sandbox: &Sandbox, folder: &Path| {
            let jwt = sandbox.service_account_token(&account).unwrap();
            let file = write(folder, "jwt", jwt.expose_secret());
            words(&format!(
                "--auth kubernetes --auth-role iamra --jwt-file {file}"
            ))
        };
        let simulation = Simulation::with(|_| {}, by_service_account, "24h").await;
        simulation.live(30 * HOUR, |_| {}).await;
        assert!(simulation.is_usable());
        let certificates = simulation.signed();
        // Each lasts for 14 to 16 hours.
        assert!((2..=3).contains(&certificates), "{certificates}");
        assert_eq!(simulation.count(Operation::VaultLogin), certificates);
        assert_eq!(
            simulation.count(Operation::VaultToken),
            certificates,
            "revoked"
        );
        assert_eq!(simulation.count(Operation::VaultRenew), 0);
    });
}

#[test]
fn a_login_that_may_be_the_last_is_made_to_last() {
    run(async {
        let simulation = Simulation::with(app_role, by_app_role, "24h").await;
        simulation
            .live(10 * HOUR, |now| {
                assert!(now.is_usable() || now.signed() == 0);
            })
            .await;
        let error = simulation.watch.kept.status().last_error;
        assert_eq!(simulation.signed(), 1, "{error:?}");
        let logins = simulation.count(Operation::VaultLogin);
        // An hour each, of which the last third may be cut.
        assert!((10..=16).contains(&logins), "{logins}");
        let renewals = simulation.count(Operation::VaultRenew);
        assert!((10..=60).contains(&renewals), "{renewals}");
    });
}

/// The certificate would live for a day, and its token for an hour.
#[test]
fn a_certificate_that_hangs_on_a_token_is_replaced_before_it_ends() {
    run(async {
        let by_lease = |sandbox: &Sandbox, folder: &Path| {
            let mut flags = by_app_role(sandbox, folder);
            flags.extend(words("--pki-role lease"));
            flags
        };
        let simulation = Simulation::with(app_role, by_lease, "24h").await;
        let mut seen = std::collections::BTreeSet::new();
        simulation
            .live(6 * HOUR, |now| {
                let Some(facts) = now.watch.kept.source().delivered() else {
                    return;
                };
                let revoked = now.sandbox.revoked_serials();
                assert!(
                    !revoked.contains(&facts.serial),
                    "the certificate on disk is revoked at {:?}",
                    now.clock.elapsed()
                );
                seen.insert(facts.serial);
            })
            .await;
        assert!(
            (6..=12).contains(&seen.len()),
            "{} certificates",
            seen.len()
        );
        assert_eq!(
            simulation.count(Operation::VaultToken),
            0,
            "none was revoked"
        );
    });
}

/// Nothing extends it, and no other can be had: that is no reason to have one
/// certificate after the other.
#[test]
fn a_token_that_ends_with_its_certificate_is_no_storm() {
    run(async {
        let hour = iamra_sandbox::TokenRules {
            ttl: HOUR,
            max_ttl: HOUR,
            renewable: false,
            ..iamra_sandbox::TokenRules::default()
        };
        let by_file = |sandbox: &Sandbox, folder: &Path| {
            let token = sandbox.create_token(hour);
            let file = write(folder, "token", token.expose_secret());
            words(&format!("--vault-token-file {file} --pki-role lease"))
        };
        let simulation = Simulation::with(|_| {}, by_file, "24h").await;
        simulation.live(59 * MINUTE, |_| {}).await;
        assert_eq!(simulation.signed(), 1);
        simulation.live(3 * HOUR, |_| {}).await;
        // Refused, with the backoff of whoever holds a certificate.
        assert!(simulation.signed() < 60, "{}", simulation.signed());
    });
}
