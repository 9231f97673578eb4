use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A KMS with one key that knows digests, which moto's does not; returns its endpoint. It
/// ends with the test.
pub(super) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap());
        }
    });
    endpoint
}

fn answer(mut stream: TcpStream) {
    let (target, asked) = read(&stream);
    let key = SigningKey::from_slice(&[9; 32]).unwrap();
    let answer = match &*target {
        "TrentService.GetPublicKey" => {
            let der = key.verifying_key().to_public_key_der().unwrap();
            json!({ "PublicKey": BASE64_STANDARD.encode(der.as_bytes()) })
        }
        "TrentService.Sign" => {
            assert_eq!(asked["SigningAlgorithm"], "ECDSA_SHA_256");
            let signature: Signature = key.sign_prehash(&digest(&asked)).unwrap();
            json!({ "Signature": BASE64_STANDARD.encode(signature.to_der()) })
        }
        other => panic!("{other}"),
    };
    let answer = answer.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close";
    let length = answer.len();
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{answer}").unwrap();
}

/// [Sign](https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html)
fn digest(asked: &Value) -> Vec<u8> {
    let message = BASE64_STANDARD
        .decode(asked["Message"].as_str().unwrap())
        .unwrap();
    match asked["MessageType"].as_str().unwrap() {
        "DIGEST" => {
            assert_eq!(message.len(), 32);
            message
        }
        "RAW" => {
            assert!(message.len() <= 4096);
            Sha256::digest(message).to_vec()
        }
        other => panic!("{other}"),
    }
}

/// What is called, and with what.
fn read(stream: &TcpStream) -> (String, Value) {
    let mut reader = BufReader::new(stream);
    let (mut target, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some(("x-amz-target", value)) => value.clone_into(&mut target),
            Some(("content-length", value)) => length = value.parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (target, serde_json::from_slice(&body).unwrap())
}
