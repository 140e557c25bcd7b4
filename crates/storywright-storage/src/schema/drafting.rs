//! Tables of drafts: versions, sources, sections, fields.

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
