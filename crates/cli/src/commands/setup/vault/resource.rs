use serde_json::Value;

/// One thing that Vault shall have: what its API, and what Terraform wants to
/// know of it.
pub(super) struct Resource {
    /// A sentence of names that have been checked: it becomes a comment.
    pub(super) what: String,
    /// What later ones need of its answer.
    pub(super) returns: Option<Returned>,
    pub(super) method: Method,
    /// Below `/v1/`.
    pub(super) path: String,
    /// What is sent, beside what earlier ones returned.
    pub(super) body: Value,
    pub(super) fields: Vec<Field>,
    /// What is sent out of a file, as it is a secret.
    pub(super) file: Option<FromFile>,
    pub(super) part: Part,
    /// Where it is read if it is there already, with what it returned then.
    pub(super) found_at: Option<String>,
    pub(super) terraform: Terraform,
}

/// What a resource belongs to, and stays with it where that is there already.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Part {
    /// The mount of the auth method.
    AuthMethod,
    /// What the auth method has to know.
    AuthConfiguration,
    Mount,
    /// The mount's CA.
    Authority,
    /// What is written as it shall be, however often.
    Workloads,
}

/// How the API is asked.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Method {
    Read,
    Write,
}

/// A field of an answer, and the name that it is known by from then on.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Returned {
    pub(super) name: &'static str,
    pub(super) field: &'static str,
}

/// A field of a call that an earlier answer has.
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) returned: Returned,
    /// The one text of a list around it, which has `${NAME}` in its place.
    pub(super) within: Option<String>,
}

/// A field of a call, and the variable with the name of the file that it is in.
#[derive(Clone, Copy)]
pub(super) struct FromFile {
    pub(super) key: &'static str,
    pub(super) variable: &'static str,
}

/// The same for Terraform.
#[derive(Default)]
pub(super) struct Terraform {
    /// `vault_mount`; empty where Terraform has no need of it.
    pub(super) kind: &'static str,
    pub(super) label: String,
    /// Beside those of the API, or in place of them.
    pub(super) arguments: Vec<(&'static str, Value)>,
    /// Whether the API's fields are arguments of the same names.
    pub(super) has_body: bool,
}

impl Resource {
    pub(super) fn write(what: String, path: String, body: Value) -> Self {
        Self {
            what,
            returns: None,
            method: Method::Write,
            path,
            body,
            fields: Vec::new(),
            file: None,
            part: Part::Workloads,
            found_at: None,
            terraform: Terraform::default(),
        }
    }

    pub(super) fn read(what: String, path: String) -> Self {
        Self {
            method: Method::Read,
            ..Self::write(what, path, Value::Null)
        }
    }

    /// The same, whose answer later ones need.
    pub(super) fn returning(self, returned: Returned) -> Self {
        Self {
            returns: Some(returned),
            ..self
        }
    }

    /// The same as a part of something that is made once.
    pub(super) fn part_of(self, part: Part) -> Self {
        Self { part, ..self }
    }

    /// The same, which is not made again where it is found there.
    pub(super) fn found_at(self, path: String) -> Self {
        Self {
            found_at: Some(path),
            ..self
        }
    }

    /// The same, with a field out of a file.
    pub(super) fn with_file(self, file: FromFile) -> Self {
        Self {
            file: Some(file),
            ..self
        }
    }

    /// The same, with a field that an earlier one returned.
    pub(super) fn with(mut self, name: &'static str, returned: Returned) -> Self {
        self.fields.push(Field {
            key: name,
            returned,
            within: None,
        });
        self
    }

    /// The same, with a list of one text around what an earlier one returned.
    #[cfg(feature = "pods")]
    pub(super) fn with_within(
        mut self,
        key: &'static str,
        returned: Returned,
        within: String,
    ) -> Self {
        self.fields.push(Field {
            key,
            returned,
            within: Some(within),
        });
        self
    }

    /// The resource of this kind, with the API's fields as its arguments.
    pub(super) fn terraform_kind(mut self, kind: &'static str, name: &str) -> Self {
        self.terraform.kind = kind;
        // Host names have neither underscores nor capitals: no two are alike.
        self.terraform.label = format!("iamra_{}", name.replace('.', "_"));
        self.terraform.has_body = true;
        self
    }

    /// The same with an argument more.
    pub(super) fn with_terraform(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.terraform.arguments.push((name, value.into()));
        self
    }

    /// The same without the API's fields, which Terraform calls otherwise.
    pub(super) fn without_body(mut self) -> Self {
        self.terraform.has_body = false;
        self
    }
}
