use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use secrecy::{ExposeSecret as _, SecretString};

use crate::Result;

/// What an Agent with auto-auth does, and no more: it adds its token to what
/// comes by. Serves one request a connection; ends with the process.
pub(crate) fn start(vault: &str, token: SecretString) -> Result<String> {
    let target = vault.strip_prefix("http://").ok_or("no plain address")?;
    let target = target.trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (target, token) = (target.clone(), token.clone());
            thread::spawn(move || forward(&client, &target, &token).is_ok());
        }
    });
    Ok(address)
}

fn forward(client: &TcpStream, target: &str, token: &SecretString) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target)?;
    let mut reader = BufReader::new(client);
    let mut head = String::new();
    while reader.read_line(&mut head)? > 2 {}
    let head = head.trim_end();
    let token = token.expose_secret();
    write!(
        server,
        "{head}\r\nX-Vault-Token: {token}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answers = server.try_clone()?;
    let mut back = client.try_clone()?;
    let body = thread::spawn(move || std::io::copy(&mut answers, &mut back));
    std::io::copy(&mut reader, &mut server)?;
    let _ = body.join();
    Ok(())
}
