//! Against the pretend company.
