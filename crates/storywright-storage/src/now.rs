//! Database time. PostgreSQL spells it `(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT`.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use storywright_domain::Timestamp;

/// Milliseconds since 1970 as an SQL expression. Rounded: cutting off a product of floating point would now and then lag
/// a millisecond behind the clock of the program, and a job that is due now would wait for the next look.
pub const NOW_MS: &str = "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)";

/// The same for diesel's builder.
pub fn now_ms() -> SqlLiteral<BigInt> {
    sql(NOW_MS)
}

/// What the database clock says.
pub fn read(conn: &mut SqliteConnection) -> QueryResult<Timestamp> {
    diesel::select(now_ms()).get_result(conn).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::sql_types::Text;
    use std::time::{SystemTime, UNIX_EPOCH};

    #[expect(clippy::disallowed_methods, reason = "compares the database's clock with the system's")]
    fn system() -> i64 {
        i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
    }

    #[test]
    fn the_database_never_lags_behind_the_system() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        for _ in 0..2_000 {
            let before = system();
            let now = read(&mut conn).unwrap().0;
            assert!((before..=system()).contains(&now), "{before} {now}");
        }
    }

    #[test]
    fn every_millisecond_is_itself() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let at = NOW_MS.replace("'subsec'", "?, 'subsec'");
        for millis in 0..1_000 {
            let text = format!("2026-11-22 21:11:08.{millis:03}");
            // The expression with a fixed time in the place of now.
            let (head, tail) = at.split_once('?').unwrap();
            let query = diesel::select(sql::<BigInt>(head).bind::<Text, _>(&text).sql(tail));
            assert_eq!(query.get_result::<i64>(&mut conn), Ok(1_795_381_868_000 + millis));
        }
    }
}
