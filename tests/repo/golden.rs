//! Addresses that must never change: whoever changes one has changed the format.

#[path = "../golden/repo.rs"]
mod contents;

#[test]
fn addresses_are_those_of_the_fixture() {
    let fixture = include_str!("../golden/repo.txt");
    let found = contents::lines();
    assert!(found == fixture, "the format has changed; the addresses are now\n{found}");
}
