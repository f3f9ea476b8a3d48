//! A disk that is almost full, and one that is.

use std::process::Command;

use prollite::Code;

use crate::rows;
use crate::support::{fsck, get, Client, Folder, Server, PROGRAM};

fn files(folder: &Folder, part: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.0.join("data/db/notes").join(part)).unwrap();
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Below the watermark nothing is taken and everything is given; what makes room stays possible. By flag, by environment
/// and by file.
#[test]
fn below_the_watermark_pushes_are_refused() {
    let folder = Folder::new("watermark");
    let server = Server::start(&folder, &[]);
    let mut ada = Client::new("ada-watermark", &server.url("notes"), &server.address);
    ada.commit("v", "SELECT 1");
    ada.push(1).unwrap();
    drop(server);
    let before = (files(&folder, "packs"), files(&folder, "staged"));
    ada.commit("w", "SELECT 2");
    let tracked = ada.tracked;
    let file = folder.0.join("server.toml");
    std::fs::write(&file, "min-free = 9223372036854775807\n").unwrap();
    let huge = "9223372036854775807";
    let metrics = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for (flags, environment) in [
        (vec!["--min-free", huge, "--metrics", &metrics], vec![]),
        (vec![], vec![("PROLLITE_MIN_FREE", huge.to_owned())]),
        (vec!["--config", file.to_str().unwrap()], vec![]),
    ] {
        let server = Server::start_in(&folder, "data", &flags, &environment);
        ada.address.clone_from(&server.address);
        ada.tracked = tracked;
        let refused = ada.push(1).unwrap_err();
        assert_eq!(refused.code(), Code::Quota);
        assert!(refused.message().contains("--min-free") && refused.message().contains(huge), "{refused:?}");
        // One request of each kind that stores something, as it answers by itself.
        let pack = format!("/v1/notes/packs/{}", prollite::Address::of(b"x").hex());
        let (status, answer) = get(&server.address, "PUT", &pack, &[], b"x");
        assert!(status == 507 && answer.contains("\"QUOTA\""), "{status} {answer}");
        let mut bob = Client::new("bob-watermark", &server.url("notes"), &server.address);
        bob.pull(1).unwrap();
        assert_eq!(Some(bob.head), tracked);
        // A ref may be removed: that is how room is made.
        let gone = format!(r#"{{"idem":"remove-{}","updates":[{{"name":"heads/none","old":null,"new":null,"mode":"force"}}]}}"#, server.child.id());
        assert_eq!(get(&server.address, "POST", "/v1/notes/refs", &[], gone.as_bytes()).0, 200);
        if flags.contains(&"--metrics") {
            assert!(get(&metrics, "GET", "/metrics", &[], b"").1.contains("\nprollite_disk_free_bytes "));
        }
    }
    assert_eq!((files(&folder, "packs"), files(&folder, "staged")), before);
    fsck(&folder);
    let server = Server::start(&folder, &["--min-free", "0"]);
    ada.address.clone_from(&server.address);
    ada.push(1).unwrap();
}

/// A write that fails in the middle, as on a full disk: here no file may grow beyond 200 KiB. The push is refused, nothing
/// of it stays, and the next one that fits is taken.
#[test]
fn a_write_that_fails_in_the_middle_leaves_nothing() {
    let folder = Folder::new("full");
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"", PROGRAM]);
    let server = Server::start_by(limited, &folder, "data", &[], &[]);
    let mut ada = Client::new("ada-full", &server.url("notes"), &server.address);
    ada.commit("v", "SELECT 1");
    ada.push(1).unwrap();
    let before = (files(&folder, "packs"), files(&folder, "staged"));
    let head = ada.head;
    rows::commit(&mut ada, 0..30_000, 0);
    for _ in 0..3 {
        let refused = ada.push(1).unwrap_err();
        assert_eq!(refused.code(), Code::Quota, "{refused:?}");
    }
    assert_eq!((files(&folder, "packs"), files(&folder, "staged")), before);
    ada.head = head;
    ada.commit("w", "SELECT 2");
    ada.push(1).unwrap();
    let mut bob = Client::new("bob-full", &server.url("notes"), &server.address);
    bob.pull(1).unwrap();
    assert_eq!(bob.head, ada.head);
    drop(server);
    fsck(&folder);
}
