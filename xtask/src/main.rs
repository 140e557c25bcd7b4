//! What a contributor needs.

fn main() {}
