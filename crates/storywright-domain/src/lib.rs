//! Stories, drafts, rules, plans and the ports that adapters implement.
