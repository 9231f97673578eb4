/// A repository of a private registry, and the tags that it has. All of them
/// are one and the same small image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Repository {
    /// Whose registry it is in.
    pub account: String,
    /// Where that registry is.
    pub region: String,
    /// `team/app`.
    pub name: String,
    /// In any order; they are listed in that of the alphabet.
    pub tags: Vec<String>,
    /// Whether those who hold a token may read it.
    pub is_readable: bool,
}

impl Repository {
    /// A repository that can be read and holds nothing yet.
    pub fn new(account: &str, region: &str, name: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            name: name.to_owned(),
            tags: Vec::new(),
            is_readable: true,
        }
    }

    /// The same with these tags and no others.
    #[must_use]
    pub fn tagged(self, tags: &[&str]) -> Self {
        Self {
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            ..self
        }
    }

    pub(crate) fn arn(&self) -> String {
        let Self {
            account,
            region,
            name,
            ..
        } = self;
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else {
            "aws"
        };
        format!("arn:{partition}:ecr:{region}:{account}:repository/{name}")
    }
}
