use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::{Access, Role, Sockets, Token};

/// What the programs that are to have the credentials need in their
/// environment.
pub(crate) struct Consumer<'a> {
    pub(crate) access: Access,
    pub(crate) roles: &'a [Role],
    pub(crate) tokens: &'a [Arc<Token>],
    pub(crate) sockets: &'a Sockets,
}

impl Consumer<'_> {
    /// Lines for a shell; what is for other routes than the main one is a
    /// comment.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if let Some(address) = self.sockets.addresses().first() {
            let base = self.base(*address);
            for (index, role) in self.roles.iter().enumerate() {
                let lines = self.container(&base, index, role);
                text += &match index {
                    0 => lines.concat(),
                    _ => format!("# {}:\n# {}", role.label, lines.join("# ")),
                };
            }
            if self.access.serves_imds() {
                text += &format!("export AWS_EC2_METADATA_SERVICE_ENDPOINT={base}/\n");
            }
        }
        for path in self.sockets.paths() {
            text += &format!("# also on the Unix socket {}\n", path.display());
        }
        text
    }

    fn container(&self, base: &str, index: usize, role: &Role) -> Vec<String> {
        if !self.access.serves_container() {
            return Vec::new();
        }
        let uri = format!(
            "export AWS_CONTAINER_CREDENTIALS_FULL_URI={base}{}\n",
            role.path
        );
        let token = self.tokens.get(index).and_then(|token| token.path());
        let token = token.filter(|_| self.access.wants_token());
        let token = token.map(|path| {
            // Whoever reads it may be in another folder.
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let path = path.display().to_string();
            // Only a NUL cannot be quoted, and no path has one.
            let path = shlex::try_quote(&path).unwrap_or_default();
            format!("export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE={path}\n")
        });
        std::iter::once(uri).chain(token).collect()
    }

    fn base(&self, address: SocketAddr) -> String {
        let is_local = address.ip().to_canonical().is_loopback();
        let scheme = if self.sockets.has_tls() && !is_local {
            "https"
        } else {
            "http"
        };
        let address = match address.ip() {
            // This machine reaches itself there, too.
            ip if ip.is_unspecified() => {
                SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
            }
            _ => address,
        };
        format!("{scheme}://{address}")
    }
}
