//! Has a certificate signed: `sign_csr ADDRESS TOKEN-FILE MOUNT ROLE NAME`.
//!
//! ```text
//! cargo run -p vault-pki --example sign_csr -- \
//!     https://vault.example:8200 ~/.vault-token pki-aws app app.example.com
//! ```

use std::error::Error;
use std::sync::Arc;

use refresh::{Clock as _, SystemClock};
use vault_pki::{CertificateRequest, Names, TokenFileLogin, Vault, VaultSettings};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows what it has done")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, token_file, mount, role, name] = &arguments[..] else {
        return Err("usage: sign_csr ADDRESS TOKEN-FILE MOUNT ROLE NAME".into());
    };
    let settings = VaultSettings {
        address: address.parse()?,
        ..VaultSettings::default()
    };
    let login = Box::new(TokenFileLogin::new(token_file.into()));
    let vault = Vault::new(settings, login, Arc::new(SystemClock))?;
    let names = Names::common_name(name.as_str());
    let request = CertificateRequest::new(mount.parse()?, role.parse()?, names);
    // The key is made here and never sent.
    let certificate = match vault.sign(&request, SystemClock.now()).await {
        Ok(certificate) => certificate,
        Err(error) => {
            let hint = error.hint().unwrap_or_default();
            return Err(format!("{error}\n{hint}").into());
        }
    };
    println!("serial:        {}", certificate.serial);
    println!("valid for:     {:?}", certificate.lifetime().duration());
    println!("intermediates: {}", certificate.intermediates.len());
    for warning in &certificate.warnings {
        println!("warning:       {warning}");
    }
    // Revokes a token that a login has obtained; this one is the user's.
    vault.finish().await?;
    Ok(())
}
