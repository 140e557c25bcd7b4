//! Tables of waivers: those of drafts, and those that stood when a plan was approved.

diesel::table! {
    waivers (draft_id, fingerprint) {
        draft_id -> Text,
        user_id -> Text,
        fingerprint -> Text,
        code -> Text,
        place -> Text,
        waived_at -> BigInt,
        reason -> Text,
    }
}

diesel::table! {
    standing_waivers (draft_id, plan_hash, ordinal) {
        draft_id -> Text,
        user_id -> Text,
        plan_hash -> Text,
        ordinal -> BigInt,
        fingerprint -> Text,
        story -> Text,
        code -> Text,
        place -> Text,
        severity -> Text,
        message -> Text,
        reason -> Text,
        waived_at -> BigInt,
    }
}
