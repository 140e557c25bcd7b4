//! Tables of rule sets and of what a model judged by them.

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
