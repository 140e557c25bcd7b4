//! Tables of what is created and changed in Jira and Confluence.

diesel::table! {
    publish_runs (id) {
        id -> Text,
        user_id -> Text,
        draft_id -> Text,
        version -> BigInt,
        site -> Text,
        project -> Text,
        plan_hash -> Text,
        run_label -> Text,
        marker_mode -> Text,
        idempotency_key -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        job_id -> Text,
        approved_at -> BigInt,
        finished_at -> Nullable<BigInt>,
        newest_before -> Nullable<BigInt>,
        sweep_at -> Nullable<BigInt>,
        sweeps -> BigInt,
    }
}

diesel::table! {
    publish_items (id) {
        id -> Text,
        run_id -> Text,
        user_id -> Text,
        ordinal -> BigInt,
        reference -> Text,
        parent_id -> Nullable<Text>,
        parent_key -> Nullable<Text>,
        issue_type_id -> Text,
        issue_type -> Text,
        summary -> Text,
        payload_sha256 -> Text,
        content_sha256 -> Text,
        marker -> Text,
        epic_afterwards -> Bool,
        links -> Text,
        state -> Text,
        attempts -> BigInt,
        sent_at -> Nullable<BigInt>,
        jira_id -> Nullable<Text>,
        jira_key -> Nullable<Text>,
        probes -> BigInt,
        next_probe_at -> Nullable<BigInt>,
        changed_at -> BigInt,
        problem -> Nullable<Text>,
        fields -> Text,
        differences -> Text,
        duplicates -> Text,
        payload -> Text,
    }
}

diesel::table! {
    publish_events (run_id, seq) {
        run_id -> Text,
        seq -> BigInt,
        user_id -> Text,
        item_id -> Text,
        fence -> BigInt,
        from_state -> Text,
        to_state -> Text,
        at -> BigInt,
        detail -> Text,
    }
}

diesel::table! {
    story_pages (run_id, edition) {
        run_id -> Text,
        edition -> BigInt,
        user_id -> Text,
        site -> Text,
        page_id -> Nullable<Text>,
        follows -> Nullable<BigInt>,
        space -> Text,
        parent_id -> Nullable<Text>,
        title -> Text,
        body -> Text,
        plan_hash -> Text,
        state -> Text,
        version -> Nullable<BigInt>,
        url -> Text,
        note -> Text,
        sent_at -> BigInt,
        settled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    draft_issues (draft_id) {
        draft_id -> Text,
        user_id -> Text,
        purpose -> Text,
        site -> Text,
        issue_id -> Text,
        issue_key -> Text,
        issue_type -> Text,
        epic -> Bool,
        source -> BigInt,
        updated -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    issue_updates (draft_id, edition) {
        draft_id -> Text,
        edition -> BigInt,
        user_id -> Text,
        puts_back -> Nullable<BigInt>,
        draft_version -> BigInt,
        site -> Text,
        issue_id -> Text,
        issue_key -> Text,
        follows -> Text,
        before_summary -> Text,
        before_description -> Text,
        summary -> Text,
        description -> Text,
        payload -> Text,
        plan_hash -> Text,
        state -> Text,
        note -> Text,
        sent_at -> BigInt,
        settled_at -> Nullable<BigInt>,
    }
}
