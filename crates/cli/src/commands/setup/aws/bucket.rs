use std::str::FromStr;

use super::place::Place;

/// A bucket of S3.
#[derive(Clone, Debug)]
pub(super) struct Bucket(String);

/// A text that is the name of none.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no name of a bucket: 3 to 63 lower-case letters, digits, `.` and `-`")]
pub(super) struct InvalidBucket(String);

impl Bucket {
    pub(super) fn arn(&self, place: &Place) -> String {
        format!("arn:{}:s3:::{}", place.partition(), self.0)
    }
}

impl FromStr for Bucket {
    type Err = InvalidBucket;

    fn from_str(text: &str) -> Result<Self, InvalidBucket> {
        let is_edge = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let bytes = text.as_bytes();
        let allowed = |byte: &u8| is_edge(Some(byte)) || b".-".contains(byte);
        let is_bucket = (3..=63).contains(&bytes.len())
            && bytes.iter().all(allowed)
            && is_edge(bytes.first())
            && is_edge(bytes.last())
            && !text.contains("..");
        if is_bucket {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidBucket(text.chars().take(100).collect()))
        }
    }
}
