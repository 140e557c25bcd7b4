//! Storage port on diesel and SQLite.
