//! The Storywright server: settings, wiring, workers, subcommands.

fn main() {}
