//! Roots that must never change: whoever changes one has changed the format.

#[path = "../golden/contents.rs"]
mod contents;

#[test]
fn roots_are_those_of_the_fixture() {
    let fixture = include_str!("../golden/prolly.txt");
    let found = contents::lines();
    assert!(found == fixture, "the format has changed; the roots are now\n{found}");
}
