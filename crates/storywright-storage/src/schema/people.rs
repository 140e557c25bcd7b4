//! Tables of people: accounts, sign-ups, sessions, connections.

diesel::table! {
    users (id) {
        id -> Text,
        employee_id -> Text,
        employee_key -> Text,
        jira_key -> Text,
        jira_site -> Text,
        display_name -> Text,
        email -> Text,
        email_key -> Nullable<Text>,
        role -> Text,
        active -> Bool,
        security_stamp -> Text,
        preferences -> Text,
        password_hash -> Text,
        encrypted_jira_pat -> Nullable<Text>,
        jira_pat_hint -> Text,
        jira_health -> Text,
        jira_updated_at -> BigInt,
        created_at -> BigInt,
        jira_tls -> Text,
        avatar -> Nullable<Text>,
    }
}

diesel::table! {
    registrations (id) {
        id -> Text,
        site -> Text,
        jira_user -> Text,
        encrypted_pat -> Text,
        pat_hint -> Text,
        expires_at -> BigInt,
        avatar -> Nullable<Text>,
        resets_stamp -> Nullable<Text>,
    }
}

diesel::table! {
    user_sessions (token_hash) {
        token_hash -> Text,
        id -> Text,
        user_id -> Nullable<Text>,
        security_stamp -> Text,
        user_agent -> Text,
        address -> Text,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        idle_expires_at -> BigInt,
        expires_at -> BigInt,
        ends_at -> BigInt,
        state -> Text,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    llm_configs (user_id) {
        user_id -> Text,
        target -> Text,
        encrypted_credential -> Text,
        credential_hint -> Text,
        health -> Text,
        updated_at -> BigInt,
        tls -> Text,
    }
}

diesel::table! {
    confluence_configs (user_id) {
        user_id -> Text,
        target -> Text,
        encrypted_credential -> Text,
        credential_hint -> Text,
        health -> Text,
        updated_at -> BigInt,
        tls -> Text,
    }
}
