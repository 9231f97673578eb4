//! A pair of which a half or both are on a token.

use std::sync::Arc;

use rolesanywhere::{Identity, InvalidIdentity, PemSources, PrivateKey};

use super::{KeyFiles, Unusable, certificates};
use crate::identity::place::Place;

impl KeyFiles {
    pub(super) fn is_on_token(&self) -> bool {
        let places = [Some(&self.certificate), self.private_key.as_ref()];
        let mut places = places.into_iter().flatten();
        places.any(|place| matches!(place, Place::Token(_)))
    }

    pub(super) fn read_token(&self) -> Result<Identity, Unusable> {
        let certificates = self.token_certificates()?;
        let on_token = match (&self.private_key, &self.certificate) {
            (Some(Place::Token(uri)), _) => Some((**uri).clone()),
            (Some(_), _) | (None, Place::File(_) | Place::Stdin | Place::Variable { .. }) => None,
            (None, Place::Token(uri)) => Some(uri.any_object()),
        };
        if let Some(uri) = on_token {
            let identity = self.tokens.identity(&uri, certificates);
            return identity.map_err(Unusable::lasting);
        }
        let text = self.key().read().map_err(Unusable::lasting)?;
        let key = self.with_passphrase(|passphrase| {
            PrivateKey::from_pem_with(&text, passphrase).map_err(InvalidIdentity::PrivateKey)
        })?;
        let (certificate, intermediates) = certificates;
        Identity::new(certificate, intermediates, Arc::new(key))
            .map_err(|error| self.unusable(error))
    }

    /// The certificate, on a token or not, and all intermediates.
    pub(super) fn token_certificates(
        &self,
    ) -> Result<(rolesanywhere::Certificate, Vec<rolesanywhere::Certificate>), Unusable> {
        let more = self.intermediates.as_ref().map(Place::read).transpose();
        let more = more.map_err(Unusable::lasting)?;
        let intermediates = more.as_ref().map(|text| text.as_slice());
        let Place::Token(uri) = &self.certificate else {
            let text = self.certificate.read().map_err(Unusable::lasting)?;
            let sources = PemSources {
                certificate: &text,
                private_key: None,
                intermediates,
            };
            return self.with_passphrase(|passphrase| certificates(sources, passphrase));
        };
        let (certificate, mut others) = self.tokens.certificates(uri).map_err(Unusable::lasting)?;
        let sources = PemSources {
            certificate: &[],
            private_key: None,
            intermediates,
        };
        let more = sources.more_intermediates();
        others.extend(more.map_err(|error| self.unusable(error))?);
        Ok((certificate, others))
    }
}
