//! The server killed with -9 while pushes and collections go on: what was acknowledged is there, and fsck is clean.

use std::thread;
use std::time::Duration;

use crate::support::{fsck_in, Client, Environment, Folder, Server};

#[test]
fn killed_at_any_moment() { killed_in(&Folder::new("kill"), &Vec::new(), 1) }

/// `slower`: how many times as long everything takes as in files.
pub fn killed_in(folder: &Folder, environment: &Environment, slower: u64) {
    let kills = std::env::var("PROLLITE_SERVER_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(8);
    let mut acknowledged: Vec<String> = Vec::new();
    let mut seed = 12_345u64;
    let (mut interrupted, mut collections, mut killed) = (0, 0, 0);
    for round in 0..kills {
        let mut server = Server::start_in(folder, "data", &["--grace", "0"], environment);
        let (url, address) = (server.url("db"), server.address.clone());
        let mut own = Client::new(&format!("round-{round:04}"), &url, &address);
        // A server that is killed at once has nothing to give.
        if !acknowledged.is_empty() {
            own.pull(1).unwrap();
            let views = own.root().views;
            for name in &acknowledged {
                assert!(views.contains_key(name), "{name} was acknowledged and is gone");
            }
        }
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = Duration::from_micros(slower * (20_000 + (seed >> 40) % 300_000));
        let killer = thread::spawn(move || {
            thread::sleep(wait);
            server.kill();
        });
        for i in 0..10_000 {
            let name = format!("r{round}_{i}");
            own.commit(&name, "x");
            match own.sync(1) {
                Ok(()) => acknowledged.push(name),
                Err(_) => {
                    interrupted += 1;
                    break;
                }
            }
            // A root is one chunk: what was acknowledged stays in it, so a round ends in time.
            if acknowledged.len() > 600 {
                break;
            }
        }
        killer.join().unwrap();
        fsck_in(folder, environment);
        // A collection that is killed too, and now and then one that comes to its end.
        let mut gc = std::process::Command::new(crate::support::PROGRAM)
            .arg("gc").arg(folder.0.join("data")).args(["--grace", "0"]).envs(environment.iter().cloned()).stdout(std::process::Stdio::null()).spawn().unwrap();
        if round % 3 == 2 {
            assert!(gc.wait().unwrap().success());
            collections += 1;
        } else {
            thread::sleep(Duration::from_micros(slower * ((seed >> 20) % 25_000)));
            killed += usize::from(gc.try_wait().unwrap().is_none());
            gc.kill().unwrap();
            gc.wait().unwrap();
        }
        fsck_in(folder, environment);
    }
    println!("{interrupted} pushes were broken off, {} acknowledged; {collections} collections, {killed} broken off", acknowledged.len());
    assert!(killed > 0 && collections > 0);
    assert!(interrupted > 0 && !acknowledged.is_empty(), "{interrupted} interrupted, {} acknowledged", acknowledged.len());
}
