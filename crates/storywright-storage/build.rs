//! Rebuilds the crate when a migration is added: the macro that embeds them does not say so itself.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
