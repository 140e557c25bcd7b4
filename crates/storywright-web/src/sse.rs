//! Event streams of jobs.
