use clap::ArgMatches;

use super::{Call, IamraCall, read_certificate_data, sign_string};
use crate::failure::Failure;

/// What a command line of the helper is in iamra.
pub(super) fn translate(matches: &ArgMatches) -> Result<Call, Failure> {
    let Some((name, matches)) = matches.subcommand() else {
        return Ok(Call::Help);
    };
    let flags = Flags(matches);
    match name {
        "credential-process" => Ok(Call::Iamra(flags.iamra(&["creds", "process"], &[])?)),
        "update" => {
            let profile = format!("--profile={}", flags.text("profile").unwrap_or_default());
            let watch = (!flags.switch("once")).then(|| "--watch".to_owned());
            let more: Vec<String> = std::iter::once(profile).chain(watch).collect();
            Ok(Call::Iamra(flags.iamra(&["creds", "file"], &more)?))
        }
        "serve" => {
            let listen = format!("--listen=localhost:{}", flags.port()?);
            // It serves nothing else, and leaves no token behind.
            let imds = "--protocol=imds".to_owned();
            let hops = format!("--hop-limit={}", flags.number("hop-limit"));
            Ok(Call::Iamra(
                flags.iamra(&["creds", "serve"], &[listen, imds, hops])?,
            ))
        }
        "sign-string" => {
            flags.check_key_source()?;
            Ok(Call::SignString(sign_string::Request::new(&flags)?))
        }
        "read-certificate-data" => {
            let path = flags.certificate()?;
            Ok(Call::ReadCertificateData(read_certificate_data::Request {
                path,
            }))
        }
        "completion" => Ok(flags
            .0
            .get_one("shell")
            .map_or(Call::Help, |shell| Call::Completion(*shell))),
        _ => Ok(Call::Version),
    }
}

/// The flags of a subcommand.
pub(super) struct Flags<'a>(pub(super) &'a ArgMatches);

impl Flags<'_> {
    /// The value of a flag that the subcommand has; empty is none.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let value = self.0.try_get_one::<String>(name).ok().flatten()?;
        (!value.is_empty()).then_some(value)
    }

    fn switch(&self, name: &str) -> bool {
        let value = self.0.try_get_one::<bool>(name).ok().flatten();
        value.is_some_and(|value| *value)
    }

    fn number(&self, name: &str) -> i64 {
        let value = self.0.try_get_one::<i64>(name).ok().flatten();
        value.copied().unwrap_or_default()
    }

    fn port(&self) -> Result<u16, Failure> {
        let port = self.number("port");
        u16::try_from(port).map_err(|_| invalid(&format!("--port: {port} is no port (0 to 65535)")))
    }

    /// The certificate; without one, the helper looks into the system's store.
    pub(super) fn certificate(&self) -> Result<String, Failure> {
        match self.text("certificate") {
            Some(certificate) => Ok(certificate.to_owned()),
            None if self.text("private-key").is_some() => Err(invalid("--certificate is missing")),
            None => Err(no_store("there is no --certificate, and")),
        }
    }

    /// Refuses the key sources that are not there.
    fn check_key_source(&self) -> Result<(), Failure> {
        if self.text("cert-selector").is_some() {
            return Err(no_store("--cert-selector:"));
        }
        self.certificate()?;
        let key = self
            .text("private-key")
            .or_else(|| self.text("certificate"));
        let is_handle = key.is_some_and(|key| key.starts_with("handle:"));
        if is_handle || self.text("tpm-key-password").is_some() {
            return Err(invalid("keys in a TPM are not supported").with_hint(
                "use the TPM through PKCS#11 (tpm2-pkcs11) and a pkcs11: URI, or a key in a file",
            ));
        }
        Ok(())
    }

    fn iamra(&self, verb: &[&str], more: &[String]) -> Result<IamraCall, Failure> {
        self.check_key_source()?;
        let mut arguments: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
        let texts = SAME
            .iter()
            .filter_map(|name| Some((name, self.text(name)?)));
        arguments.extend(texts.map(|(name, value)| format!("--{name}={value}")));
        let duration = self.number("session-duration");
        arguments.push(format!("--session-duration={duration}"));
        // A build without tokens says so of the URI itself. That the PIN is used
        // again for each signature goes without saying.
        if cfg!(feature = "pkcs11") && self.uses_pkcs11() {
            let library = self.text("pkcs11-lib");
            arguments.extend(library.map(|path| format!("--pkcs11-lib={path}")));
        }
        let unverified = self.switch("no-verify-ssl");
        arguments.extend(unverified.then(|| "--no-verify-ssl".to_owned()));
        arguments.extend(self.switch("debug").then(|| "--log-level=debug".to_owned()));
        arguments.extend_from_slice(more);
        Ok(IamraCall {
            arguments,
            with_proxy: self.switch("with-proxy"),
            passphrase: self.text("pkcs8-password").map(Into::into),
        })
    }

    fn uses_pkcs11(&self) -> bool {
        let sources = ["certificate", "private-key"].map(|name| self.text(name));
        let mut sources = sources.into_iter().flatten();
        sources.any(|source| source.starts_with("pkcs11:"))
    }
}

/// Flags that iamra has under the same name.
const SAME: [&str; 9] = [
    "role-arn",
    "profile-arn",
    "trust-anchor-arn",
    "region",
    "endpoint",
    "certificate",
    "private-key",
    "intermediates",
    "role-session-name",
];

fn invalid(message: &str) -> Failure {
    Failure::configuration("config.invalid", message)
}

fn no_store(what: &str) -> Failure {
    let message = format!(
        "{what} the certificate stores of operating systems are not supported on this platform"
    );
    invalid(&message).with_hint("name the file: --certificate cert.pem --private-key key.pem")
}

#[cfg(test)]
mod tests;
