use crate::sigv4::hex_sha256;

/// The image that is under every tag.
pub(super) struct Image {
    pub(super) manifest: String,
}

impl Image {
    /// OCI image manifest, image-spec 1.1.
    pub(super) const MEDIA_TYPE: &'static str = "application/vnd.oci.image.manifest.v1+json";

    /// Text, since its digest is that of every byte.
    pub(super) fn new() -> Self {
        let config = descriptor("config.v1+json", CONFIG.as_bytes());
        let layer = descriptor("layer.v1.tar+gzip", LAYER);
        let media_type = Self::MEDIA_TYPE;
        Self {
            manifest: format!(
                r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{config},"layers":[{layer}]}}"#
            ),
        }
    }

    pub(super) fn digest(&self) -> String {
        digest(self.manifest.as_bytes())
    }

    /// The configuration or the layer, by its digest.
    pub(super) fn blob(wanted: &str) -> Option<&'static [u8]> {
        let blobs = [CONFIG.as_bytes(), LAYER];
        blobs.into_iter().find(|blob| digest(blob) == wanted)
    }
}

fn descriptor(kind: &str, blob: &[u8]) -> String {
    let (digest, size) = (digest(blob), blob.len());
    format!(
        r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"{digest}","size":{size}}}"#
    )
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex_sha256(bytes))
}

/// `diff_ids` has the hash of the layer before it was compressed.
const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","config":{"Cmd":["/hello"]},"rootfs":{"type":"layers","diff_ids":["sha256:3e728ed54ac4b1a5e5315a2a60b598865c5e101db22f0fcf0f7f1a43f902a7a9"]}}"#;

/// One file `hello`, as `echo hello > hello; tar --format=ustar --mtime=@0
/// --owner=0 --group=0 --numeric-owner --mode=644 -b1 -c hello | gzip -9n` makes it.
const LAYER: &[u8] = include_bytes!("../../testdata/image/layer.tar.gz");
