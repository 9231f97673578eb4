use std::path::Path;
use std::sync::{Arc, Mutex};

use credential_server::CredentialServer;

use super::{Access, Endpoint, Layout, Pool, Role, SessionBroker, Sockets, Token, token};
use crate::context::Context;
use crate::failure::Failure;
use crate::session::SessionDaemon;

/// An endpoint that can be: nothing is bound, written or printed yet.
pub(crate) struct Draft {
    server: CredentialServer<SessionBroker>,
    access: Access,
    tokens: Vec<Arc<Token>>,
    layout: Layout,
}

impl Draft {
    /// From the settings, with all that can be wrong about them. A token whose
    /// file nobody has named is in one of this name.
    pub(crate) fn new(
        context: &Context<'_>,
        roles: Vec<Role>,
        token_name: &str,
    ) -> Result<Self, Failure> {
        let main = roles.first().map(|role| role.name.as_str());
        let access = Access::named(context)?.for_role(main.unwrap_or_default())?;
        let tokens = token::of_roles(context, access, &roles, token_name)?;
        Ok(Self {
            layout: Layout::named(context, access)?,
            server: super::server(context, roles, &tokens)?,
            access,
            tokens,
        })
    }

    /// Listens. `takes_rest` as for [`Sockets::bind`].
    pub(crate) fn bind(self, pool: &mut Pool, takes_rest: bool) -> Result<Endpoint, Failure> {
        let sockets = Sockets::bind(self.layout, pool, takes_rest)?;
        Ok(Endpoint {
            listeners: Mutex::new(sockets.listeners()?),
            sockets: Arc::new(sockets),
            server: self.server,
            access: self.access,
            tokens: self.tokens,
        })
    }

    /// Whether anybody has said where it is to listen.
    pub(crate) fn names_a_place(&self) -> bool {
        !self.layout.places.is_empty()
    }

    /// What nobody else can listen on.
    pub(crate) fn claims(&self) -> impl Iterator<Item = String> {
        self.layout.claims()
    }

    /// The files of the tokens, and what each opens.
    pub(crate) fn token_files(&self) -> impl Iterator<Item = (&Path, &Arc<SessionDaemon>)> {
        let roles = self.server.broker().roles().iter();
        let tokens = self.tokens.iter().zip(roles);
        tokens.filter_map(|(token, role)| Some((token.path()?, &role.session)))
    }
}
