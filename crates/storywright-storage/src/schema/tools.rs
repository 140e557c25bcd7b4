//! Tables of tools of MCP servers.

diesel::table! {
    tool_cache (user_id, server) {
        user_id -> Text,
        server -> Text,
        credential -> Text,
        refresh_at -> BigInt,
        fetched_at -> Nullable<BigInt>,
        fresh_until -> Nullable<BigInt>,
        protocol -> Text,
        introduced_as -> Text,
        problem_code -> Nullable<Text>,
        problem -> Text,
        problem_at -> Nullable<BigInt>,
        tools -> Text,
        definitions -> Text,
    }
}

diesel::table! {
    tool_approvals (server, tool) {
        server -> Text,
        tool -> Text,
        hash -> Text,
        class -> Text,
        words -> Text,
        auto_read -> Bool,
        approved_by -> Text,
        approved_by_name -> Text,
        approved_at -> BigInt,
        definition -> Text,
        quarantine_hash -> Nullable<Text>,
        quarantine_definition -> Text,
        quarantine_at -> Nullable<BigInt>,
    }
}
