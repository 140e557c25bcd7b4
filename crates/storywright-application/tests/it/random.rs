//! Random outcomes and crashes.
