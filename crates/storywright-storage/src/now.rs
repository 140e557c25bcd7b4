//! Database time. PostgreSQL spells it `(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT`.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use storywright_domain::Timestamp;

/// Milliseconds since 1970 as an SQL expression.
pub const NOW_MS: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/// The same for diesel's builder.
pub fn now_ms() -> SqlLiteral<BigInt> {
    sql(NOW_MS)
}

/// What the database clock says.
pub fn read(conn: &mut SqliteConnection) -> QueryResult<Timestamp> {
    diesel::select(now_ms()).get_result(conn).map(Timestamp)
}
