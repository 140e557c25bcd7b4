//! Password hashing, encryption at rest, token signing.
