//! AWS partitions, regions, ARNs and endpoint names.
//!
//! A partition is a part of AWS with its own accounts, ARN prefix and domain
//! names. The table is that of botocore's `partitions.json`, the European
//! Sovereign Cloud and the isolated partitions included.
//!
//! Everything here is pure: no network, no environment.
//!
//! ```
//! use aws_partition::{Arn, Endpoint};
//!
//! let arn: Arn = "arn:aws-cn:rolesanywhere:cn-north-1:123456789012:profile/p".parse()?;
//! let region = arn.region.expect("a profile has a region");
//! assert_eq!(
//!     Endpoint::default().url("rolesanywhere", &region),
//!     "https://rolesanywhere.cn-north-1.amazonaws.com.cn",
//! );
//! # Ok::<(), aws_partition::ArnError>(())
//! ```

mod account_id;
mod arn;
mod endpoint;
mod partition;
mod region;

pub use account_id::{AccountId, InvalidAccountId};
pub use arn::{Arn, ArnError};
pub use endpoint::Endpoint;
pub use partition::Partition;
pub use region::{InvalidRegion, Region};
