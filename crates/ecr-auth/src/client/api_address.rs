use aws_partition::{Endpoint, Region};

use crate::TokenScope;

/// The base URL of the API that gives tokens of this scope: the one that the AWS
/// SDKs resolve to.
///
/// [Amazon ECR endpoints](https://docs.aws.amazon.com/general/latest/gr/ecr.html)
pub(super) fn api_address(scope: &TokenScope) -> String {
    match scope {
        TokenScope::Public { dual_stack: false } => {
            "https://api.ecr-public.us-east-1.amazonaws.com".to_owned()
        }
        TokenScope::Public { dual_stack: true } => {
            "https://ecr-public.us-east-1.api.aws".to_owned()
        }
        TokenScope::Private { region, endpoint } => private(region, *endpoint),
    }
}

/// Only the names without IPv6 begin with `api.`.
fn private(region: &Region, endpoint: Endpoint) -> String {
    let service = if endpoint.dual_stack {
        "ecr"
    } else {
        "api.ecr"
    };
    endpoint.url(service, region)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn private(region: &str, fips: bool, dual_stack: bool) -> TokenScope {
        TokenScope::Private {
            region: region.parse().unwrap(),
            endpoint: Endpoint { fips, dual_stack },
        }
    }

    #[test]
    fn the_public_registry_has_its_own() {
        for (dual_stack, address) in [
            (false, "https://api.ecr-public.us-east-1.amazonaws.com"),
            (true, "https://ecr-public.us-east-1.api.aws"),
        ] {
            assert_eq!(api_address(&TokenScope::Public { dual_stack }), address);
        }
    }

    #[tokio::test]
    async fn addresses_are_those_of_the_sdk() {
        let mut compared = 0;
        for region in [
            "us-west-2",
            "eu-central-1",
            "us-gov-west-1",
            "cn-north-1",
            "us-iso-east-1",
            "us-isob-east-1",
            "eusc-de-east-1",
        ] {
            for (fips, dual_stack) in [(false, false), (false, true), (true, false), (true, true)] {
                let Some(address) = sdk::address(region, fips, dual_stack).await else {
                    // The partition has none of that kind.
                    continue;
                };
                let own = api_address(&private(region, fips, dual_stack));
                assert_eq!(format!("{own}/"), address);
                compared += 1;
            }
        }
        assert!(compared >= 20, "{compared}");
    }

    /// The oracle.
    mod sdk {
        use std::sync::{Arc, Mutex};

        use aws_credential_types::Credentials;
        use aws_sdk_ecr::config::retry::RetryConfig;
        use aws_sdk_ecr::config::timeout::TimeoutConfig;
        use aws_sdk_ecr::config::{
            BehaviorVersion, Config, IdentityCache, StalledStreamProtectionConfig,
        };
        use aws_smithy_runtime_api::client::http::{
            HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
        };
        use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
        use aws_smithy_runtime_api::client::result::ConnectorError;

        /// Connects to nobody, and keeps who was to be called.
        #[derive(Clone, Debug, Default)]
        struct Called(Arc<Mutex<Option<String>>>);

        impl HttpConnector for Called {
            fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
                *self.0.lock().unwrap() = Some(request.uri().to_owned());
                HttpConnectorFuture::ready(Err(ConnectorError::user("nobody is called".into())))
            }
        }

        pub(super) async fn address(region: &str, fips: bool, dual_stack: bool) -> Option<String> {
            let called = Called::default();
            let connector = SharedHttpConnector::new(called.clone());
            let config = Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(http_client_fn(move |_, _| connector.clone()))
                .credentials_provider(Credentials::new("a", "b", None, None, "test"))
                .region(aws_sdk_ecr::config::Region::new(region.to_owned()))
                .identity_cache(IdentityCache::no_cache())
                .retry_config(RetryConfig::disabled())
                .timeout_config(TimeoutConfig::disabled())
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                .use_fips(fips)
                .use_dual_stack(dual_stack)
                .build();
            let client = aws_sdk_ecr::Client::from_conf(config);
            client.get_authorization_token().send().await.unwrap_err();
            called.0.lock().unwrap().take()
        }
    }
}
