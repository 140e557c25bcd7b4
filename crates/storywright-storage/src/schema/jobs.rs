//! Tables of jobs: events, steps of the agent, tokens.

diesel::table! {
    background_jobs (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        subject -> Text,
        status -> Text,
        attempts -> BigInt,
        run_at -> BigInt,
        cancel_requested -> Bool,
        fence -> BigInt,
        lease_owner -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
        request_id -> Text,
        question -> Nullable<Text>,
        error -> Nullable<Text>,
        payload -> Text,
    }
}

diesel::table! {
    job_events (job_id, last_seq) {
        job_id -> Text,
        last_seq -> BigInt,
        first_seq -> BigInt,
        events -> Text,
    }
}

diesel::table! {
    agent_steps (job_id, ordinal) {
        job_id -> Text,
        ordinal -> BigInt,
        user_id -> Text,
        kind -> Text,
        turn -> BigInt,
        state -> Text,
        call_id -> Text,
        tool -> Text,
        server -> Text,
        class -> Nullable<Text>,
        approval_hash -> Text,
        bytes -> BigInt,
        cut -> Bool,
        source -> Text,
        began_at -> BigInt,
        took -> BigInt,
        prompt_sha256 -> Text,
        model -> Text,
        service -> Text,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
        asked -> Text,
        problem -> Text,
        arguments -> Text,
        result -> Text,
    }
}

diesel::table! {
    token_counts (user_id, day) {
        user_id -> Text,
        day -> BigInt,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
        cost_micros -> BigInt,
    }
}
