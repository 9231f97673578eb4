/// RFC 1123, in lower case: what Vault takes for `enforce_hostnames`, what
/// Kubernetes calls a DNS subdomain, and nothing that a shell, HCL or a policy
/// reads as anything else.
pub(super) fn is_host_name(text: &str, longest: usize) -> bool {
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= longest && text.split('.').all(is_label)
}
