//! Prints the digests of this build, for another platform to compare: see [`tests::determinism`].

fn main() {
    println!("{}", tests::determinism::digests());
}
