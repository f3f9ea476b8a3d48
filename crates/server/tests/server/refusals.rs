//! What is refused, each with its status and its code, and nothing of it stored.

use std::process::Command;

use prollite::sync::{Codec, FrameKind, FrameWriter};
use prollite::{Address, Code};

use crate::support::{fsck, get, Client, Folder, Server, PROGRAM};

fn token(folder: &Folder, arguments: &[&str]) -> String {
    let out = Command::new(PROGRAM).args(["token", "add", "--data"]).arg(folder.0.join("data")).args(arguments).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().into()
}

#[test]
fn tokens_and_scopes() {
    let folder = Folder::new("tokens");
    let write = token(&folder, &["--database", "notes", "--scope", "write", "--refs", "heads/main"]);
    let read = token(&folder, &["--database", "notes", "--scope", "read"]);
    let other = token(&folder, &["--database", "other", "--scope", "admin"]);
    let expired = token(&folder, &["--database", "*", "--scope", "admin", "--days", "0"]);
    let kept = std::fs::read_to_string(folder.0.join("data/tokens.json")).unwrap();
    assert!(!kept.contains(&write) && kept.contains(&Address::of(write.as_bytes()).hex()));
    let server = Server::start(&folder, &[]);
    let mut ada = Client::new("ada-00003", &server.url("notes"), &server.address);
    ada.commit("v", "SELECT 1");
    for (secret, text) in [(None, "wants a token"), (Some("plt_x".into()), "not known"), (Some(expired), "expired"), (Some(read.clone()), "lacks the scope"), (Some(other), "not for database")] {
        ada.token = secret;
        let error = ada.push(1).unwrap_err();
        assert_eq!(error.code(), Code::RemoteAuth);
        assert!(error.message().contains(text), "{}", error.message());
    }
    assert_eq!(get(&server.address, "GET", "/v1/notes/refs", &[("authorization", &format!("Bearer {read}"))], b"").0, 404, "nothing was stored");
    ada.token = Some(write.clone());
    ada.push(1).unwrap();
    ada.token = Some(read.clone());
    ada.pull(1).unwrap();
    // Force needs its scope, and other refs are not this token's.
    let bearer = format!("Bearer {write}");
    let update = |name: &str, old: &str, mode: &str| format!(r#"{{"idem":"12345678","updates":[{{"name":"{name}","old":{old},"new":null,"mode":"{mode}"}}]}}"#);
    let head = format!("\"{}\"", ada.head.hex());
    let (status, body) = get(&server.address, "POST", "/v1/notes/refs", &[("authorization", &bearer)], update("heads/main", &head, "force").as_bytes());
    assert!(status == 403 && body.contains("scope force"), "{status} {body}");
    let (status, body) = get(&server.address, "POST", "/v1/notes/refs", &[("authorization", &bearer)], update("heads/else", "null", "ff").as_bytes());
    assert!(status == 403 && body.contains("may not move"), "{status} {body}");
}

#[test]
fn origins_hosts_paths_and_bodies() {
    let folder = Folder::new("origins");
    let server = Server::start(&folder, &["--allow-origin", "https://app.example.org"]);
    let address = &server.address;
    let mut ada = Client::new("ada-00004", &server.url("notes"), address);
    ada.commit("v", "SELECT 1");
    ada.push(1).unwrap();
    let refs = "/v1/notes/refs";
    for (headers, status) in [
        (vec![("origin", "https://app.example.org")], 200),
        (vec![("origin", "http://localhost:5173")], 200),
        (vec![("origin", "https://evil.example.com")], 403),
        (vec![("origin", "http://localhost.evil.example.com")], 403),
        (vec![("origin", "null")], 403),
        (vec![("host", "evil.example.com")], 403),
        (vec![("host", "localhost.evil.example.com:80")], 403),
    ] {
        assert_eq!(get(address, "GET", refs, &headers, b"").0, status, "{headers:?}");
    }
    for (method, path, body, status) in [
        ("GET", "/v1/../tokens.json", &b""[..], 404),
        ("GET", "/v1/..%2fx/refs", b"", 400),
        ("GET", "/v1/Notes/refs", b"", 400),
        ("GET", "/etc/passwd", b"", 404),
        ("GET", "/v1/notes/push", b"", 405),
        ("POST", "/v1/notes/fetch", b"{", 400),
        ("POST", "/v1/notes/fetch", b"{\"want\":[\"heads/none\"]}", 404),
        ("POST", "/v1/notes/chunks/get", b"{\"addresses\":[\"x\"]}", 400),
        ("POST", "/v1/notes/chunks/has", b"short", 400),
        ("POST", "/v1/notes/push", b"garbage", 400),
        ("PUT", "/v1/notes/packs/00", b"", 400),
        ("POST", "/v1/notes/refs", b"{\"idem\":\"12345678\",\"updates\":[{\"name\":\"heads/../x\"}]}", 400),
    ] {
        let (found, answer) = get(address, method, path, &[], body);
        assert_eq!(found, status, "{method} {path}: {answer}");
        assert!(answer.contains("\"code\":"), "{method} {path}: {answer}");
    }
    // A half-written pack, and one whose name is not its hash.
    let mut writer = FrameWriter::new(Codec::Deflate);
    writer.chunk(&bytes::Bytes::from_static(b"\x01\x01anything"));
    writer.frame(FrameKind::Meta, b"{}");
    let half = writer.take();
    let path = format!("/v1/notes/packs/{}", Address::of(&half).hex());
    assert!(get(address, "PUT", &path, &[], &half).1.contains("cut off"));
    assert_eq!(get(address, "PUT", &path, &[], b"other").0, 400);
    // A push of a chunk that nothing asked for is taken without it.
    let packs = std::fs::read_dir(folder.0.join("data/db/notes/packs")).unwrap().count();
    assert_eq!(packs, 2, "one pack and its index");
    drop(server);
    fsck(&folder);
}

#[test]
fn read_only_quota_and_a_second_server() {
    let folder = Folder::new("modes");
    let server = Server::start(&folder, &[]);
    let mut ada = Client::new("ada-00005", &server.url("notes"), &server.address);
    ada.commit("v", "SELECT 1");
    ada.push(1).unwrap();
    let second = Command::new(PROGRAM).arg("fsck").arg(folder.0.join("data")).output().unwrap();
    assert!(String::from_utf8_lossy(&second.stderr).contains("STORAGE_BLOCKED"));
    drop(server);
    let server = Server::start(&folder, &["--read-only"]);
    ada.address = server.address.clone();
    ada.commit("w", "SELECT 1");
    assert_eq!(ada.push(1).unwrap_err().code(), Code::ReadOnly);
    ada.pull(1).unwrap();
    drop(server);
    let server = Server::start(&folder, &["--quota", "10"]);
    ada.address = server.address.clone();
    assert_eq!(ada.push(1).unwrap_err().code(), Code::Quota);
    drop(server);
    let out = Command::new(PROGRAM).arg("check-store").arg(folder.0.join("data")).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    // Other machines are served only with a token, or when asked to.
    let open = Command::new(PROGRAM).arg(folder.0.join("data")).args(["--listen", "0.0.0.0:0"]).output().unwrap();
    assert!(!open.status.success() && String::from_utf8_lossy(&open.stderr).contains("token add"));
    let exported = folder.0.join("static");
    let out = Command::new(PROGRAM).arg("export").arg(folder.0.join("data")).arg("notes").arg(&exported).output().unwrap();
    assert!(out.status.success() && exported.join("refs.json").exists());
}
