use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use private_file::Fingerprint;
use rolesanywhere::{
    Certificate, Identity, InvalidIdentity, InvalidPkcs12, InvalidPrivateKey, PemSources, Pkcs12,
    PrivateKey,
};
use secrecy::SecretString;

use super::passphrase::Passphrase;
use super::place::Place;
#[cfg(feature = "pkcs11")]
use super::tokens::Tokens;
use crate::context::Context;
use crate::failure::Failure;
use crate::{audit, files};

/// Where the certificate of an identity stands, and its key.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    pub(crate) certificate: Place,
    pub(crate) private_key: Option<Place>,
    pub(crate) intermediates: Option<Place>,
    passphrase: Passphrase,
    #[cfg(feature = "pkcs11")]
    tokens: Tokens,
    noted: Once,
    /// What was read last, and how the files looked then.
    known: Mutex<Option<(Fingerprint, Identity)>>,
}

/// Why a pair cannot be used.
struct Unusable {
    failure: Failure,
    /// Whoever replaces the files may be half through.
    may_pass: bool,
}

impl KeyFiles {
    /// The pair of these files.
    #[cfg(any(feature = "vault", test))]
    pub(crate) fn new(
        certificate: std::path::PathBuf,
        private_key: Option<std::path::PathBuf>,
    ) -> Self {
        Self {
            certificate: certificate.into(),
            private_key: private_key.map(Into::into),
            intermediates: None,
            passphrase: Passphrase::default(),
            #[cfg(feature = "pkcs11")]
            tokens: Tokens::default(),
            noted: Once::new(),
            known: Mutex::default(),
        }
    }

    /// The places that the settings name, if they name a certificate.
    pub(crate) fn named(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        if let Some(certificate) = Place::named(context, "certificate")? {
            return Ok(Some(Self {
                certificate,
                private_key: Place::named(context, "private-key")?,
                intermediates: Place::named(context, "intermediates")?,
                passphrase: Passphrase::named(context)?,
                #[cfg(feature = "pkcs11")]
                tokens: Tokens::named(context)?,
                noted: Once::new(),
                known: Mutex::default(),
            }));
        }
        match context.settings.sourced("private-key")? {
            None => Ok(None),
            Some(key) => Err(key
                .origin
                .invalid("a private key, but no certificate (--certificate)")),
        }
    }

    /// The same for a command whose user may sit at the terminal, to be asked
    /// for the passphrase. Not for daemons: nobody answers them.
    pub(crate) fn asking(mut self) -> Self {
        self.passphrase = self.passphrase.asking();
        self
    }

    /// The failure of who needs a certificate file and has none.
    pub(crate) fn missing() -> Failure {
        Failure::configuration("config.missing", "--certificate is missing")
            .with_hint("name the PEM file: --certificate cert.pem")
    }

    /// Reads certificate and key as one pair; or gives what was read before,
    /// where the files still look the same: a key is derived from its
    /// passphrase once.
    ///
    /// Files that are missing, cut off or of two generations are read again for
    /// up to a second: whoever replaces them is not done in one moment.
    ///
    /// Beside the loop: scrypt and a token take their time, and a user who is
    /// asked for a passphrase takes more.
    pub(crate) async fn read(self: &Arc<Self>) -> Result<Identity, Failure> {
        let mut pauses = PAUSES.iter();
        loop {
            let files = Arc::clone(self);
            let unusable = match files::aside(move || files.attempt()).await? {
                Ok(identity) => return Ok(identity),
                Err(unusable) => unusable,
            };
            match pauses.next() {
                Some(pause) if unusable.may_pass => tokio::time::sleep(*pause).await,
                _ => return Err(unusable.failure),
            }
        }
    }

    /// Reads the certificates and leaves the key alone.
    pub(crate) fn read_certificates(&self) -> Result<(Certificate, Vec<Certificate>), Failure> {
        #[cfg(feature = "pkcs11")]
        if self.is_on_token() {
            let read = self.token_certificates();
            return read.map_err(|unusable| unusable.failure);
        }
        let certificate = self.certificate.read()?;
        let intermediates = self.intermediates.as_ref().map(Place::read).transpose()?;
        let sources = PemSources {
            certificate: &certificate,
            private_key: None,
            intermediates: intermediates.as_ref().map(|text| text.as_slice()),
        };
        self.with_passphrase(|passphrase| certificates(sources, passphrase))
            .map_err(|unusable| unusable.failure)
    }

    /// What the files look like from outside: as long as this stays the same,
    /// what was read of them does, too. `None` where that cannot be told.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        #[cfg(feature = "pkcs11")]
        if self.is_on_token() {
            return None;
        }
        let places = [
            Some(&self.certificate),
            self.private_key.as_ref(),
            self.intermediates.as_ref(),
        ];
        let files = places.into_iter().flatten().filter_map(Place::file);
        let whole = Fingerprint::of(files.chain(self.passphrase.file()));
        whole.is_whole().then_some(whole)
    }

    fn known(&self, now: Option<&Fingerprint>) -> Option<Identity> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (seen, identity) = known.as_ref()?;
        (Some(seen) == now).then(|| identity.clone())
    }

    /// Keeps what was read, unless the files changed meanwhile.
    fn keep(&self, before: Option<Fingerprint>, identity: &Identity) {
        let unchanged = before.filter(|before| self.fingerprint().as_ref() == Some(before));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = unchanged.map(|seen| (seen, identity.clone()));
    }

    fn attempt(&self) -> Result<Identity, Unusable> {
        let fingerprint = self.fingerprint();
        if let Some(identity) = self.known(fingerprint.as_ref()) {
            return Ok(identity);
        }
        let identity = self.read_once()?;
        audit::certificate_read(identity.certificate(), &self.certificate);
        self.keep(fingerprint, &identity);
        Ok(identity)
    }

    fn read_once(&self) -> Result<Identity, Unusable> {
        #[cfg(feature = "pkcs11")]
        if self.is_on_token() {
            return self.read_token();
        }
        let read = |place: &Place| place.read().map_err(|failure| unread(place, failure));
        let certificate = read(&self.certificate)?;
        let private_key = self.private_key.as_ref().map(read).transpose()?;
        let intermediates = self.intermediates.as_ref().map(read).transpose()?;
        let sources = PemSources {
            certificate: &certificate,
            private_key: private_key.as_ref().map(|text| text.as_slice()),
            intermediates: intermediates.as_ref().map(|text| text.as_slice()),
        };
        let identity = self.with_passphrase(|passphrase| open(sources, passphrase))?;
        self.note_mode();
        Ok(identity)
    }

    /// Asks for the passphrase only where one is wanted.
    fn with_passphrase<T>(
        &self,
        open: impl Fn(Option<&SecretString>) -> Result<T, InvalidIdentity>,
    ) -> Result<T, Unusable> {
        let given = self.passphrase.given().map_err(Unusable::lasting)?;
        let error = match open(given.as_ref()) {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        let is_wanted = matches!(
            error,
            InvalidIdentity::PrivateKey(InvalidPrivateKey::PassphraseMissing)
                | InvalidIdentity::Pkcs12(InvalidPkcs12::PassphraseMissing)
        );
        let typed = is_wanted.then(|| self.passphrase.ask(&self.key().to_string()));
        match typed.flatten() {
            Some(typed) => open(Some(&typed)),
            None => Err(error),
        }
        .map_err(|error| self.unusable(error))
    }

    /// Where the key stands.
    fn key(&self) -> &Place {
        self.private_key.as_ref().unwrap_or(&self.certificate)
    }

    /// Says which files are meant.
    fn unusable(&self, error: InvalidIdentity) -> Unusable {
        let places = [
            Some(&self.certificate),
            self.private_key.as_ref(),
            self.intermediates.as_ref(),
        ];
        let places: Vec<&Place> = places.into_iter().flatten().collect();
        let names: Vec<String> = places.iter().map(ToString::to_string).collect();
        Unusable {
            may_pass: is_of_a_moment(&error) && places.iter().any(|place| place.file().is_some()),
            failure: Failure::from(error).about(&names.join(", ")),
        }
    }

    /// A key that others can read is taken, as Kubernetes projects secrets with
    /// mode 0644 unless it is told otherwise; it is said once.
    #[cfg(unix)]
    fn note_mode(&self) {
        use std::os::unix::fs::PermissionsExt as _;
        let Some(path) = self.key().file() else {
            return;
        };
        let mode = path
            .metadata()
            .map_or(0, |metadata| metadata.permissions().mode() & 0o777);
        if mode & 0o007 != 0 {
            self.noted.call_once(|| {
                tracing::info!(
                    path = %path.display(),
                    mode = format!("{mode:04o}"),
                    "every user of this machine can read the private key; mode 0400 keeps it (in Kubernetes defaultMode: 0400, or 0440 with fsGroup)"
                );
            });
        }
    }

    #[cfg(not(unix))]
    fn note_mode(&self) {
        self.noted.call_once(|| {});
    }
}

impl Unusable {
    fn lasting(failure: Failure) -> Self {
        Self {
            failure,
            may_pass: false,
        }
    }
}

/// A file whose folder is there may be back in a moment.
fn unread(place: &Place, failure: Failure) -> Unusable {
    let folder = place.file().and_then(Path::parent);
    let has_folder = folder.is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir());
    let is_passing = ["file.missing", "file.empty"].contains(&failure.code());
    Unusable {
        failure,
        may_pass: has_folder && is_passing,
    }
}

/// The certificates of PKCS#12, or of PEM.
fn certificates(
    sources: PemSources<'_>,
    passphrase: Option<&SecretString>,
) -> Result<(Certificate, Vec<Certificate>), InvalidIdentity> {
    if !Pkcs12::recognises(sources.certificate) {
        return sources.certificates();
    }
    let opened = Pkcs12::open(sources.certificate, passphrase).map_err(InvalidIdentity::Pkcs12)?;
    let (certificate, mut others) = opened.certificates()?;
    others.extend(sources.more_intermediates()?);
    Ok((certificate, others))
}

/// What the certificate's place holds says what it is: PKCS#12, or PEM.
fn open(
    sources: PemSources<'_>,
    passphrase: Option<&SecretString>,
) -> Result<Identity, InvalidIdentity> {
    if !Pkcs12::recognises(sources.certificate) {
        return Identity::from_pem_with(sources, passphrase);
    }
    let opened = Pkcs12::open(sources.certificate, passphrase).map_err(InvalidIdentity::Pkcs12)?;
    let intermediates = sources.more_intermediates()?;
    match sources.private_key {
        None => opened.into_identity(intermediates),
        // The file's certificates, with a key from elsewhere.
        Some(text) => {
            let key = PrivateKey::from_pem_with(text, passphrase);
            let key = key.map_err(InvalidIdentity::PrivateKey)?;
            let (certificate, mut others) = opened.certificates()?;
            others.extend(intermediates);
            Identity::new(certificate, others, Arc::new(key))
        }
    }
}

/// Whether files that are being replaced can look like this.
fn is_of_a_moment(error: &InvalidIdentity) -> bool {
    match error {
        InvalidIdentity::TooManyIntermediates { .. } => false,
        InvalidIdentity::Pkcs12(error) => *error == InvalidPkcs12::Damaged,
        InvalidIdentity::PrivateKey(key) => matches!(
            key,
            InvalidPrivateKey::Missing
                | InvalidPrivateKey::MalformedPem
                | InvalidPrivateKey::DamagedEncryption
        ),
        _ => true,
    }
}

/// Together about a second.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(20),
    Duration::from_millis(80),
    Duration::from_millis(200),
    Duration::from_millis(300),
    Duration::from_millis(400),
];

#[cfg(feature = "pkcs11")]
mod token;

#[cfg(test)]
mod tests;
