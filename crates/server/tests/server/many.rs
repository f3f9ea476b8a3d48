use std::thread;

use crate::support::{fsck, Client, Folder, Server};

/// Eight clients push 25 commits each to one branch and merge when they are refused: all 200 are there in the end.
#[test]
fn no_acknowledged_commit_is_lost() {
    let folder = Folder::new("many");
    let server = Server::start(&folder, &[]);
    let (url, address) = (server.url("shared"), server.address.clone());
    let mut first = Client::new("first-000", &url, &address);
    first.commit("begun", "SELECT 0");
    first.push(1).unwrap();
    let threads: Vec<_> = (0..8)
        .map(|client| {
            let (url, address) = (url.clone(), address.clone());
            thread::spawn(move || {
                let mut own = Client::new(&format!("client-{client}"), &url, &address);
                own.pull(1).unwrap();
                for i in 0..25 {
                    own.commit(&format!("c{client}_{i}"), "SELECT 1");
                    own.sync(1).unwrap();
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let mut last = Client::new("last-0000", &url, &address);
    last.pull(1).unwrap();
    let views = last.root().views;
    for client in 0..8 {
        for i in 0..25 {
            assert!(views.contains_key(&format!("c{client}_{i}")), "commit {i} of client {client} is lost");
        }
    }
    assert_eq!(views.len(), 201);
    drop(server);
    fsck(&folder);
}
