//! The tables as diesel sees them. Tables without a reader yet are left out.

mod waiving;

pub use waiving::{standing_waivers, waivers};

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
    key_proofs (key_id) {
        key_id -> Text,
        sealed -> Text,
        created_at -> BigInt,
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

diesel::table! {
    rule_sets (id) {
        id -> Text,
        updated_at -> BigInt,
        rules -> Text,
        name -> Text,
        outline -> Text,
        version -> BigInt,
        shipped -> Bool,
        keeper -> Nullable<Text>,
    }
}

diesel::table! {
    judgements (draft_id, story, rule) {
        draft_id -> Text,
        user_id -> Text,
        story -> Text,
        rule -> Text,
        version -> BigInt,
        fingerprint -> Text,
        state -> Text,
        answer -> Text,
        job -> Text,
        service -> Text,
        model -> Text,
        judged_at -> BigInt,
        words -> Text,
    }
}

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
    rule_set_versions (rule_set, number) {
        rule_set -> Text,
        number -> BigInt,
        author -> Text,
        note -> Text,
        saved_at -> BigInt,
        rules -> Text,
    }
}

diesel::table! {
    project_rule_sets (site, project) {
        site -> Text,
        project -> Text,
        rule_set -> Text,
        set_at -> BigInt,
    }
}

diesel::table! {
    drafts (id) {
        id -> Text,
        user_id -> Text,
        title -> Text,
        format -> Text,
        project -> Text,
        issue_type -> Text,
        issue_type_name -> Text,
        rule_set -> Text,
        state -> Text,
        held_by -> Nullable<Text>,
        version -> BigInt,
        deleted_at -> Nullable<BigInt>,
        created_at -> BigInt,
        updated_at -> BigInt,
        schema_version -> BigInt,
        prompt -> Text,
        prompt_from -> Nullable<Text>,
        document -> Text,
        requirements -> Text,
        search_text -> Text,
    }
}

diesel::table! {
    draft_versions (draft_id, number) {
        draft_id -> Text,
        number -> BigInt,
        user_id -> Text,
        origin -> Text,
        note -> Text,
        created_at -> BigInt,
        schema_version -> BigInt,
        document -> Text,
    }
}

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
    draft_sources (draft_id, number) {
        draft_id -> Text,
        number -> BigInt,
        user_id -> Text,
        kind -> Text,
        state -> Text,
        job_id -> Nullable<Text>,
        below -> Text,
        site -> Text,
        name -> Text,
        revision -> Text,
        title -> Text,
        space -> Text,
        url -> Text,
        restricted -> Bool,
        chars -> BigInt,
        code -> Nullable<Text>,
        note -> Text,
        read_at -> BigInt,
        rereads -> BigInt,
        removed_at -> Nullable<BigInt>,
        checked_at -> Nullable<BigInt>,
        newer_revision -> Nullable<Text>,
        suspicions -> Text,
        newer_text -> Nullable<Text>,
        text -> Text,
    }
}

diesel::table! {
    field_defaults (user_id, site, project, issue_type, field) {
        user_id -> Text,
        site -> Text,
        project -> Text,
        issue_type -> Text,
        field -> Text,
        value -> Text,
        updated_at -> BigInt,
    }
}

diesel::table! {
    learned_fields (site, project, issue_type, field) {
        site -> Text,
        project -> Text,
        issue_type -> Text,
        field -> Text,
        lesson -> Text,
        message -> Text,
        first_seen -> BigInt,
        last_seen -> BigInt,
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
    version_origins (draft_id, version) {
        draft_id -> Text,
        version -> BigInt,
        user_id -> Text,
        job_id -> Text,
        prompt -> Text,
        prompt_from -> Nullable<Text>,
        prompt_sha256 -> Text,
        service -> Text,
        model -> Text,
        at -> BigInt,
        sources -> Text,
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

diesel::table! {
    audit_log (seq) {
        seq -> BigInt,
        at -> BigInt,
        user_id -> Nullable<Text>,
        action -> Text,
        subject -> Text,
        detail -> Text,
        request_id -> Text,
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

diesel::allow_tables_to_appear_in_same_query!(background_jobs, job_events);
diesel::allow_tables_to_appear_in_same_query!(publish_runs, publish_items);
diesel::allow_tables_to_appear_in_same_query!(tool_cache, user_sessions);
diesel::allow_tables_to_appear_in_same_query!(rule_sets, rule_set_versions);

diesel::table! {
    draft_sections (draft_id, ordinal) {
        draft_id -> Text,
        ordinal -> BigInt,
        user_id -> Text,
        job_id -> Text,
        title -> Text,
        range_start -> BigInt,
        range_end -> BigInt,
        digest -> Text,
        state -> Text,
        attempts -> BigInt,
        stories -> Text,
        rewrites -> BigInt,
        problem -> Text,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
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

diesel::table! {
    write_probe (id) {
        id -> BigInt,
        filler -> Text,
    }
}
