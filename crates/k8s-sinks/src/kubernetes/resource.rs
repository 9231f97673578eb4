use kube::core::Request;

use super::Right;

/// A kind of object, by where the API has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
}

impl Resource {
    /// Requests for it, in a namespace or in all of them.
    pub(crate) fn requests(&self, namespace: Option<&str>) -> Request {
        let Self {
            group,
            version,
            plural,
        } = self;
        let root = if group.is_empty() {
            format!("/api/{version}")
        } else {
            format!("/apis/{group}/{version}")
        };
        Request::new(match namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}"),
            None => format!("{root}/{plural}"),
        })
    }

    /// The right to do something with it.
    pub(crate) fn right(
        &self,
        verb: &'static str,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> Right {
        Right {
            verb,
            group: self.group,
            resource: self.plural,
            namespace: namespace.map(str::to_owned),
            name: name.map(str::to_owned),
        }
    }
}

pub(crate) const SECRETS: Resource = core("secrets");
pub(crate) const NAMESPACES: Resource = core("namespaces");
pub(crate) const SERVICE_ACCOUNTS: Resource = core("serviceaccounts");
pub(crate) const SERVICE_ACCOUNT_TOKENS: Resource = core("serviceaccounts/token");
pub(crate) const PODS: Resource = core("pods");
pub(crate) const POD_PROXIES: Resource = core("pods/proxy");
pub(crate) const ACCESS_REVIEWS: Resource = Resource {
    group: "authorization.k8s.io",
    version: "v1",
    plural: "selfsubjectaccessreviews",
};
pub(crate) const SELF_REVIEWS: Resource = Resource {
    group: "authentication.k8s.io",
    version: "v1",
    plural: "selfsubjectreviews",
};
pub(crate) const TOKEN_REVIEWS: Resource = Resource {
    group: "authentication.k8s.io",
    version: "v1",
    plural: "tokenreviews",
};
pub(crate) const ADMISSION_POLICIES: Resource = admission("validatingadmissionpolicies");
pub(crate) const ADMISSION_BINDINGS: Resource = admission("validatingadmissionpolicybindings");
pub(crate) const MUTATING_WEBHOOKS: Resource = admission("mutatingwebhookconfigurations");
pub(crate) const ENDPOINT_SLICES: Resource = Resource {
    group: "discovery.k8s.io",
    version: "v1",
    plural: "endpointslices",
};
pub(crate) const LEASES: Resource = Resource {
    group: "coordination.k8s.io",
    version: "v1",
    plural: "leases",
};
pub(crate) const EVENTS: Resource = Resource {
    group: "events.k8s.io",
    version: "v1",
    plural: "events",
};

const fn core(plural: &'static str) -> Resource {
    Resource {
        group: "",
        version: "v1",
        plural,
    }
}

const fn admission(plural: &'static str) -> Resource {
    Resource {
        group: "admissionregistration.k8s.io",
        version: "v1",
        plural,
    }
}
