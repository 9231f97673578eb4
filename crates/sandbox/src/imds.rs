//! EC2's instance metadata, as far as it gives out a role's credentials:
//! <https://docs.aws.amazonaws.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>.

mod handle;
mod tokens;

pub(crate) use handle::{Imds, operation, server_error_answer};
pub(crate) use tokens::ImdsTokens;
