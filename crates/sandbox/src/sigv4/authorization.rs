/// The `Authorization` header:
/// `ALGORITHM Credential=…, SignedHeaders=…, Signature=…`.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Authorization<'a> {
    pub(crate) algorithm: &'a str,
    /// Who signed: a serial number or an access key id.
    pub(crate) identity: &'a str,
    pub(crate) scope: Scope<'a>,
    pub(crate) signed_headers: Vec<&'a str>,
    pub(crate) signature: &'a str,
}

/// What a signature is good for: `date/region/service/aws4_request`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Scope<'a> {
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) terminator: &'a str,
}

impl<'a> Authorization<'a> {
    /// Reads the header; the error names the part that is wrong.
    pub(crate) fn parse(header: &'a str) -> Result<Self, &'static str> {
        let (algorithm, parts) = header.split_once(' ').ok_or("algorithm")?;
        let mut credential = None;
        let mut signed_headers = None;
        let mut signature = None;
        for part in parts.split(',') {
            let (name, value) = part.trim_matches(' ').split_once('=').ok_or("part")?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err("part"),
            };
            if value.is_empty() || place.replace(value).is_some() {
                return Err("part");
            }
        }
        let (identity, scope) = parse_credential(credential.ok_or("Credential")?)?;
        Ok(Self {
            algorithm,
            identity,
            scope,
            signed_headers: parse_signed_headers(signed_headers.ok_or("SignedHeaders")?)?,
            signature: signature.ok_or("Signature")?,
        })
    }

    /// Whether the names are sorted, each once.
    pub(crate) fn signed_headers_are_sorted(&self) -> bool {
        self.signed_headers
            .windows(2)
            .all(|pair| matches!(pair, [first, second] if first < second))
    }

    /// Whether a header is among the signed ones.
    pub(crate) fn signs(&self, name: &str) -> bool {
        self.signed_headers.contains(&name)
    }
}

impl Scope<'_> {
    /// The scope as the string to sign has it.
    pub(crate) fn text(&self) -> String {
        [self.date, self.region, self.service, self.terminator].join("/")
    }
}

fn parse_credential(credential: &str) -> Result<(&str, Scope<'_>), &'static str> {
    let parts: Vec<_> = credential.split('/').collect();
    let [identity, date, region, service, terminator] = parts[..] else {
        return Err("Credential");
    };
    let scope = Scope {
        date,
        region,
        service,
        terminator,
    };
    if identity.is_empty() {
        return Err("Credential");
    }
    Ok((identity, scope))
}

fn parse_signed_headers(names: &str) -> Result<Vec<&str>, &'static str> {
    let names: Vec<_> = names.split(';').collect();
    let lower = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase())
    };
    if names.iter().all(|name| lower(name)) {
        Ok(names)
    } else {
        Err("SignedHeaders")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_parts_in_any_order() {
        let header = "ALG Signature=ab,SignedHeaders=a;b, Credential=7/20261121/r/s/aws4_request";
        let parsed = Authorization::parse(header).unwrap();
        assert_eq!(parsed.algorithm, "ALG");
        assert_eq!(parsed.identity, "7");
        assert_eq!(parsed.scope.text(), "20261121/r/s/aws4_request");
        assert_eq!(parsed.signed_headers, ["a", "b"]);
        assert_eq!(parsed.signature, "ab");
        assert!(parsed.signs("a") && !parsed.signs("c"));
    }

    #[test]
    fn names_what_is_wrong() {
        for (header, part) in [
            ("", "algorithm"),
            ("ALG", "algorithm"),
            ("ALG nonsense", "part"),
            ("ALG Credential=", "part"),
            (
                "ALG Credential=7/d/r/s/t, Credential=7/d/r/s/t, SignedHeaders=a, Signature=b",
                "part",
            ),
            ("ALG Extra=1, Credential=7/d/r/s/t", "part"),
            ("ALG SignedHeaders=a, Signature=b", "Credential"),
            (
                "ALG Credential=7/d/r/s, SignedHeaders=a, Signature=b",
                "Credential",
            ),
            (
                "ALG Credential=/d/r/s/t, SignedHeaders=a, Signature=b",
                "Credential",
            ),
            (
                "ALG Credential=7/d/r/s/t/x, SignedHeaders=a, Signature=b",
                "Credential",
            ),
            ("ALG Credential=7/d/r/s/t, Signature=b", "SignedHeaders"),
            (
                "ALG Credential=7/d/r/s/t, SignedHeaders=a;;b, Signature=b",
                "SignedHeaders",
            ),
            (
                "ALG Credential=7/d/r/s/t, SignedHeaders=Host, Signature=b",
                "SignedHeaders",
            ),
            ("ALG Credential=7/d/r/s/t, SignedHeaders=a", "Signature"),
        ] {
            assert_eq!(Authorization::parse(header), Err(part), "{header}");
        }
    }

    #[test]
    fn sorted_means_each_once() {
        for (names, sorted) in [("a;b", true), ("b;a", false), ("a;a", false), ("a", true)] {
            let header = format!("ALG Credential=7/d/r/s/t, SignedHeaders={names}, Signature=b");
            let parsed = Authorization::parse(&header).unwrap();
            assert_eq!(parsed.signed_headers_are_sorted(), sorted, "{names}");
        }
    }
}
