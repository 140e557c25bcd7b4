//! How much of an MCP server is taken in, and for how long.

use std::time::Duration;

/// Connecting, TLS included.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);
/// Finding out which protocol a server speaks, each step.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);
/// A tool call, the handshake before it included, whatever progress is reported.
pub(crate) const CALL_MS: i64 = 30_000;
/// A tool list with all its pages.
pub(crate) const LIST_MS: i64 = 30_000;
/// Saying that a call was given up, and leaving a session.
pub(crate) const FAREWELL: Duration = Duration::from_secs(5);

/// Bytes of one answer, events of its stream and all.
pub(crate) const ANSWER_BYTES: usize = 2 * 1_024 * 1_024;
/// Bytes of a tool list with all its pages.
pub(crate) const LIST_BYTES: usize = 4 * 1_024 * 1_024;
/// Pages of a tool list.
pub(crate) const LIST_PAGES: usize = 50;
/// Tools of a server.
pub(crate) const LIST_TOOLS: usize = 1_000;
/// Bytes of a cursor, a session's name or the like.
pub(crate) const WORD_BYTES: usize = 4_096;
/// Depth of any JSON that comes or goes.
pub(crate) const JSON_DEPTH: usize = 64;
/// Bytes of the text of a result.
pub(crate) const TEXT_BYTES: usize = 64 * 1_024;
/// Bytes of the arguments of a call.
pub(crate) const ARGUMENT_BYTES: usize = 256 * 1_024;
/// Bytes of a tool's description.
pub(crate) const DESCRIPTION_BYTES: usize = 4 * 1_024;
/// Bytes of a tool's whole definition.
pub(crate) const DEFINITION_BYTES: usize = 64 * 1_024;
/// Schemas inside one another in a tool's definition.
pub(crate) const SCHEMA_DEPTH: usize = 16;
/// Schemas in a tool's definition.
pub(crate) const SCHEMAS: usize = 500;
/// Characters of a server's words in an error.
pub(crate) const DETAIL_CHARS: usize = 300;
