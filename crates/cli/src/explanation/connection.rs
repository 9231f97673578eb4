//! Why no trusted connection comes about: the same wherever it leads.

use super::{Cause, cause};

pub(crate) const OTHER_NAME: Cause = cause(
    "the server's certificate is of another name",
    "use the name in the certificate, or the right address",
);
pub(crate) const NOT_VALID: Cause = cause(
    "the server's certificate has expired, or this machine's clock is wrong",
    "check this machine's clock, and the server's certificate",
);
pub(crate) const UNKNOWN_HOST: Cause = cause(
    "nobody knows a host of that name",
    "check the name, and the machine's resolver",
);
pub(crate) const UNREACHABLE: Cause = cause(
    "nobody listens there, or a firewall drops what is sent",
    "check address and port, and whether a firewall or a proxy stands between",
);
pub(crate) const SILENT: Cause = cause(
    "no answer came in time",
    "check the network between, and --https-proxy and --no-proxy",
);
pub(crate) const NOT_TLS: Cause = cause(
    "the port speaks plain HTTP",
    "check that the port speaks TLS, or say http:// in the address",
);
pub(crate) const CLIENT_CERTIFICATE: Cause = cause(
    "the server wants a client certificate, or does not know the one it was shown",
    "show a certificate that the server knows; for Vault --vault-client-cert and --vault-client-key",
);
pub(crate) const UNREADABLE: Cause = cause(
    "a file that the connection needs cannot be read",
    "check the path, and who may read the file",
);
pub(crate) const NO_PEM: Cause = cause(
    "a file of the connection is no PEM",
    "it must hold PEM text",
);
pub(crate) const PROXY: Cause = cause(
    "the proxy's address is none",
    "check --http-proxy and --https-proxy",
);
