//! Tables of prompts and their trials.

diesel::table! {
    prompts (id) {
        id -> Text,
        owner -> Nullable<Text>,
        shared -> Bool,
        version -> BigInt,
        created_at -> BigInt,
        updated_at -> BigInt,
        name -> Text,
        description -> Text,
        body -> Text,
    }
}

diesel::table! {
    prompt_versions (prompt_id, number) {
        prompt_id -> Text,
        number -> BigInt,
        created_at -> BigInt,
        name -> Text,
        description -> Text,
        note -> Text,
        body -> Text,
    }
}

diesel::table! {
    prompt_trials (id) {
        id -> Text,
        user_id -> Text,
        created_at -> BigInt,
        format -> Text,
        rule_set -> Text,
        requirements -> Text,
    }
}

diesel::table! {
    prompt_trial_columns (trial_id, number) {
        trial_id -> Text,
        number -> BigInt,
        user_id -> Text,
        job_id -> Text,
        state -> Text,
        prompt_from -> Nullable<Text>,
        words -> Text,
        problem -> Text,
        result -> Text,
    }
}
