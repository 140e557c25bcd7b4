//! Every error that a page or the JSON API can show: stable code, HTTP status, title, and when it happens. `docs/ERRORS.md` is made
//! from this table.

/// One kind of error. Codes never change their meaning; titles may be reworded.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Stable code: `draft_not_found`.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// A few words for people.
    pub title: &'static str,
    /// When it happens, for the reference.
    pub when: &'static str,
}

/// Declares the constants and the list of all of them at once, so that none can be left out of the reference.
macro_rules! kinds {
    ($($name:ident $status:literal $code:literal $title:literal $when:literal)*) => {
        $(#[doc = $when] pub const $name: Kind = Kind { code: $code, status: $status, title: $title, when: $when };)*

        /// All kinds in the order of the reference.
        pub const ALL: &[&Kind] = &[$(&$name),*];
    };
}

kinds! {
    INTERNAL 500 "internal_error" "Something went wrong" "A fault of Storywright; the log has more under the request id."
    DATABASE_UNAVAILABLE 503 "database_unavailable" "The database does not answer" "The database is locked, full or gone."
    SECRET_STORE 500 "secret_store_failed" "The secret cannot be kept" "No encryption key is usable."
    BUSY 503 "too_busy" "Too much at once" "Too many passwords are being checked at the same time."
    SHUTTING_DOWN 503 "shutting_down" "The server is restarting" "The server is ending; another one or a restart answers soon."
    NOT_FOUND 404 "not_found" "Nothing here" "There is no such address."
    METHOD_NOT_ALLOWED 405 "method_not_allowed" "Not this way" "The address exists, but not for this method."
    INVALID_BODY 400 "invalid_body" "The request cannot be read" "The body is no JSON, or its shape is wrong; `errors` names the field."
    INVALID_QUERY 400 "invalid_query" "The address cannot be read" "A query parameter or header is malformed or unknown."
    INVALID_INPUT 422 "invalid_input" "Something needs to be changed" "The request was understood, but what it asks for cannot be; `errors` names every field."
    WRONG_CONTENT_TYPE 415 "wrong_content_type" "Not this content type" "The body is not sent as `application/json`."
    BODY_TOO_LARGE 413 "body_too_large" "Too large" "The body is larger than this address takes."
    BODY_TOO_SLOW 408 "body_too_slow" "Too slow" "The body did not arrive in time."
    PRECONDITION_REQUIRED 428 "if_match_missing" "Which version?" "A change came without `If-Match`."
    IDEMPOTENCY_KEY 400 "idempotency_key_invalid" "The idempotency key is missing or malformed" "`Idempotency-Key` must be 1 to 100 visible ASCII characters."
    IDEMPOTENCY_KEY_USED 422 "idempotency_key_used" "The idempotency key was used already" "The same `Idempotency-Key` came for another draft."
    SIGN_IN_REQUIRED 401 "sign_in_required" "Sign in first" "No session or bearer token came with the request, or it has ended."
    SIGN_IN_REFUSED 401 "sign_in_refused" "Not signed in" "The name or the password is wrong, or the account is closed; never said which."
    FORBIDDEN 403 "forbidden" "Not allowed" "The person may not do this."
    CROSS_SITE 403 "cross_site_request" "The request came from elsewhere" "The CSRF token is missing or old, or another site sent the request."
    TOO_MANY_REQUESTS 429 "too_many_requests" "Too many requests" "A rate limit was hit; `Retry-After` says how long to wait."
    TOO_MANY_SIGN_INS 429 "too_many_sign_ins" "Too many attempts" "Too many sign-ins failed for this account or from this address."
    TOO_MANY_STREAMS 429 "too_many_streams" "Too many open streams" "One person has more event streams open than allowed."
    TOO_MANY_JOBS 429 "too_many_jobs" "Too many jobs" "The person has too many jobs waiting or running."

    REGISTRATION_NOT_FOUND 404 "registration_not_found" "The sign-up has expired" "The sign-up is unknown, was confirmed already, or waited too long."
    ALREADY_REGISTERED 409 "already_registered" "There is an account already" "Somebody signed up with this Jira account, employee ID or e-mail. A new Jira token of the same person sets a forgotten password."
    ACCOUNT_INACTIVE 403 "account_inactive" "The Jira account is not active" "Jira says that the account of the token is inactive."
    ACCOUNT_DELETED 403 "account_deleted" "The Jira account is deleted" "Jira says that the account of the token is deleted."
    ACCOUNT_GONE 401 "account_gone" "The account is gone" "The account was removed while it was in use."
    PASSWORD_REFUSED 422 "password_refused" "Choose another password" "The new password is too short, too long, common, or about the person."
    PASSWORD_WRONG 422 "current_password_wrong" "The current password is wrong" "A password change came with a wrong current password."

    NOT_CONNECTED 409 "integration_not_connected" "Not connected" "The connection that this needs was never set up."
    NOT_TESTED 409 "integration_not_tested" "Not tested" "The connection was never tested, or its last test failed."
    UNREADABLE 409 "integration_unreadable" "The stored credential cannot be read" "The credential was encrypted with a key that is gone."
    UNLISTED 409 "integration_unlisted" "The site is no longer listed" "The administrator took the site or LLM service off the list."
    CERTIFICATE_REFUSED 422 "certificate_refused" "The certificates cannot be used" "The uploaded text is not one to 20 CA or server certificates."

    CREDENTIAL_REFUSED 409 "credential_refused" "The credential was not accepted" "Jira or Confluence refused the stored token, or answered as to nobody."
    LOGIN_PAGE 409 "login_page" "A sign-in page answered" "A sign-in page came instead of data: a proxy stands before the site, or the token has expired."
    CAPTCHA 409 "captcha_required" "A CAPTCHA must be solved" "The site wants its person to solve a CAPTCHA in a browser first."
    FORBIDDEN_THERE 403 "forbidden_there" "Not allowed there" "The token is good, but the site does not let the person do this."
    NOT_FOUND_THERE 404 "not_found_there" "Not there" "The site has no such thing, or hides it from the person."
    REJECTED_THERE 422 "rejected_there" "The site refused" "The site understood the request and refused it; `errors` has its words."
    RATE_LIMITED_THERE 503 "rate_limited_there" "The site asks to wait" "The site limits how often it may be asked."
    UNAVAILABLE 502 "unavailable" "The site does not answer" "The site is not reachable, too slow, or in trouble."
    CERTIFICATE_UNTRUSTED 502 "certificate_untrusted" "The site's certificate is not trusted" "No known authority vouches for the certificate of the site."
    SITE_NOT_ALLOWED 403 "site_not_allowed" "The address is not allowed" "The address is not on the administrator's list, or leads to a forbidden network."
    MALFORMED_ANSWER 502 "malformed_answer" "The answer was not understood" "The site answered with something else than its interface promises."

    DRAFT_NOT_FOUND 404 "draft_not_found" "There is no such draft" "The draft does not exist, is in the bin, or belongs to somebody else."
    VERSION_NOT_FOUND 404 "version_not_found" "There is no such version" "The draft has no version with this number."
    DRAFT_CONFLICT 409 "draft_changed" "The draft has changed meanwhile" "Another tab or program changed the draft; `current` holds what is stored now."
    DRAFT_WRITING 409 "draft_being_written" "The draft is being written" "A job writes the draft; wait for it or stop it."
    DRAFT_PUBLISHING 409 "draft_being_published" "The issues are being created" "A run creates the issues of the draft."
    DRAFT_PUBLISHED 409 "draft_published" "The issues are in Jira already" "The draft was created in Jira and does not change any more."
    NOTHING_TO_REFINE 409 "nothing_to_refine" "The draft is empty" "There is nothing to refine before something was generated."
    NOTHING_TO_WRITE_FROM 409 "nothing_to_write_from" "Nothing to write from" "The draft has neither requirements nor a source that was read."
    SECTION_NOT_OPEN 409 "section_not_open" "No such section to write" "The section is written already, or the requirements are cut otherwise by now."
    NOTHING_UNCOVERED 409 "nothing_uncovered" "Nothing is uncovered" "Every sentence of the requirements is covered by a story."
    NO_JUDGED_RULES 409 "no_judged_rules" "No rules that a model judges" "The draft's rule set has no judged rules."
    NOTHING_TO_JUDGE 409 "nothing_to_judge" "Nothing to judge" "The draft has no stories yet."
    SOURCE_NOT_FOUND 404 "source_not_found" "There is no such source" "The draft has no such source, or the source has not changed."
    TOO_MANY_SOURCES 409 "too_many_sources" "The draft is full" "A draft has at most 300 sources."
    SOURCE_IS_THE_ISSUE 409 "source_is_the_issue" "The draft is about it" "The issue that a draft is about is to be removed from its sources."
    SOURCE_TOO_LATE 409 "source_too_late" "Not any more" "The source was removed too long ago, or there is nothing to read again."
    FILE_READER_BUSY 503 "file_reader_busy" "Other files are being read" "Several files are being read at the same time; the answer says when to try again."
    FILE_READER_MISSING 500 "file_reader_missing" "Files cannot be read" "The process that reads files could not be started; the log says why."
    PROMPT_NOT_FOUND 404 "prompt_not_found" "There is no such prompt" "No prompt that the person may use has this id."
    PROMPT_NOT_YOURS 403 "prompt_not_yours" "The prompt is not yours" "Only its owner changes a prompt, and administrators those for everybody."
    PROMPT_CONFLICT 409 "prompt_changed" "The prompt has changed meanwhile" "Another tab or program saved the prompt."
    PROMPT_CONFIGURED 409 "prompt_configured" "The prompt comes from the configuration" "prompts.json offers the prompt, so it would be back at once."
    TOO_MANY_PROMPTS 409 "too_many_prompts" "Too many prompts" "The person has as many prompts as are kept."
    TRIAL_NOT_FOUND 404 "trial_not_found" "There is no such trial" "The person has no trial of prompts with this id, or it has no such column."
    TRIAL_BUSY 409 "trial_busy" "The trial is not ended" "A job writes the trial or the column, or what is there is not written again."
    RULE_SET_NOT_FOUND 404 "rule_set_not_found" "There is no such rule set" "No rule set has this id."
    RULE_SET_CONFLICT 409 "rule_set_changed" "The rule set has changed meanwhile" "Somebody saved the rule set, or its id is taken."
    RULE_SET_SHIPPED 409 "rule_set_shipped" "The rule set comes with the configuration" "The rule set is changed in its file and nowhere else."
    RULE_SET_NOT_YOURS 403 "rule_set_not_yours" "Somebody else keeps the rule set" "Only who keeps a rule set and administrators change it."
    RULE_SET_IN_USE 409 "rule_set_in_use" "The rule set is in use" "A draft or a project has the rule set, so it cannot be removed."
    TOO_MANY_RULE_SETS 409 "too_many_rule_sets" "Too many rule sets" "There are as many rule sets as are kept."

    TOOL_SERVER_NOT_FOUND 404 "tool_server_not_found" "There is no such MCP server" "No MCP server with this id is on the administrator's list."
    TOOL_NOT_FOUND 404 "tool_not_found" "There is no such tool" "The server does not offer the person a tool of this name."
    TOOL_NOT_APPROVED 404 "tool_not_approved" "The tool is not approved" "There is no approval to withdraw."
    TOOL_CHANGED 409 "tool_changed" "The definition has changed" "What was looked at is not what the server gives now."
    TOOL_REFUSED 409 "tool_refused" "The tool cannot be used" "The definition of the tool breaks a rule, so nobody can approve it."

    JOB_NOT_FOUND 404 "job_not_found" "There is no such job" "The job does not exist or belongs to somebody else."
    ISSUE_NOT_TRACED 404 "issue_not_traced" "No run of yours created this issue" "The key is of no issue that a run of this person created."
    NO_QUESTION 409 "no_open_question" "The job asks nothing" "The question was answered already, or the job never asked."

    PLAN_BLOCKED 409 "plan_blocked" "The rules block creation" "Findings with severity `error` remain; `findings` lists them."
    PLAN_FIELDS 409 "plan_fields" "Some fields need attention" "Jira would refuse or drop something; `errors` names every field."
    TOO_MANY_ISSUES 409 "too_many_issues" "Too many issues for one run" "The draft would become more issues than one run takes."
    NO_SUBTASK_TYPE 409 "no_subtask_type" "The project has no sub-tasks" "The draft has sub-tasks, but the project has no issue type for them."
    ISSUE_TYPE_GONE 409 "issue_type_gone" "The issue type is gone" "The issue type of the draft cannot be created in this project any more."
    PLAN_CHANGED 409 "plan_changed" "The plan has changed" "What was approved is not what would be sent now; `plan` holds the new one."
    RUN_NOT_FOUND 404 "run_not_found" "There is no such run" "The run does not exist or belongs to somebody else."
    ITEM_NOT_FOUND 404 "item_not_found" "There is no such issue in the run" "The run or its item does not exist or belongs to somebody else."
    NO_EPIC_TYPE 409 "no_epic_type" "The project has no epics" "The draft has epics, but the project has no issue type for them."
    NOTHING_MISSING 409 "nothing_missing" "Nothing is missing" "Everything that is asked for is in Jira already."
    PROJECT_BUSY 409 "project_busy" "Another run is under way" "A person has one active run in a project at a time: wait until it has ended, or stop it."
    RUN_IN_DOUBT 409 "run_in_doubt" "Some issues are not known yet" "Whether some issues of the run are in Jira is not known: settle them first."
    ITEM_KNOWN 409 "item_settled" "The state of this issue is known" "Only an issue whose state is unknown can be settled."
    NOTHING_CREATED 409 "nothing_created" "Nothing to show" "No issue of the run is in Jira."
    PAGE_TITLE_TAKEN 409 "page_title_taken" "The title is taken" "The space has a page with this title already."
    PAGE_PLAN_CHANGED 409 "page_plan_changed" "The page has changed" "What would be written is not what was approved; nothing was written."
    PAGE_NOT_SETTLED 409 "page_not_settled" "An earlier writing is open" "A page is being written, or whether it was written is not known: settle it first."
    PAGE_SETTLED 409 "page_settled" "Nothing is open" "Nothing is to be looked up."
    CHANGES_AN_ISSUE 409 "changes_an_issue" "This draft changes an issue" "The draft improves an issue that is in Jira: its story changes that one, and none is created."
    NOT_ABOUT_AN_ISSUE 409 "not_about_an_issue" "The draft improves no issue" "Only a draft that was begun to improve an issue can change it."
    NOT_ONE_STORY 409 "not_one_story" "Not one story" "The draft must have exactly one story, with a summary that Jira takes, to change an issue."
    ISSUE_GONE 409 "issue_gone" "The issue is gone" "The issue that the draft is about was deleted, or the person may not see it any more."
    ISSUE_NOT_EDITABLE 409 "issue_not_editable" "The issue cannot be changed by you" "The person may not change summary and description of the issue."
    ISSUE_ELSEWHERE 409 "issue_on_another_site" "The issue is elsewhere" "The person is connected to another Jira site than the issue's."
    NOTHING_CHANGES 409 "nothing_changes" "Nothing would change" "The issue has the words of the draft already."
    NOTHING_TO_PUT_BACK 409 "nothing_to_put_back" "Nothing to put back" "The draft made no such change, or it never reached Jira."
    UPDATE_PLAN_CHANGED 409 "update_plan_changed" "Changed since you looked" "What would be changed is not what was approved; nothing was sent."
    UPDATE_NOT_SETTLED 409 "update_not_settled" "An earlier change is open" "An issue is being changed, or whether it was changed is not known: settle it first."
    UPDATES_USED_UP 409 "updates_used_up" "Too many changes" "The draft has changed its issue as often as one draft may: every change is kept so that it can be put back."
    UPDATE_SETTLED 409 "update_settled" "Nothing is open" "Nothing is to be looked up."
    RUN_ACTIVE 409 "run_active" "The run is under way" "The run must end or be stopped first."
    DRAFT_WENT_ON 409 "draft_went_on" "The draft has gone on without the run" "The draft of a run was changed, published again or binned, so the run cannot go on."
    RUN_ENDED 409 "run_ended" "The run has ended" "There is nothing left to stop."
}

/// Codes of `errors[].code`, with when they happen.
pub const FIELD_CODES: &[(&str, &str)] = &[
    ("answer_invalid", "The answer to the job's question is blank or too long."),
    ("below_unknown", "The choice of pages below is not `none`, `children` or `all`."),
    ("class_too_low", "The server itself says that the tool does more than the chosen class allows."),
    ("class_unknown", "The class is not `read`, `read_open`, `write`, `change` or `open`."),
    ("credential_empty", "The pasted token or cookie is blank."),
    ("credential_missing", "Nothing is stored yet, so a token is needed."),
    ("credential_of_other_site", "The stored token was made for another site."),
    ("credential_too_long", "The pasted text is longer than any token."),
    ("credential_unprintable", "The pasted text holds characters that cannot travel in a header."),
    ("document_too_large", "The document is larger than is stored."),
    ("duplicate_key", "A JSON object has the same key twice."),
    ("field_invalid", "The value has the wrong type or shape."),
    ("field_missing", "A required field is missing."),
    ("field_not_on_screen", "Jira's create screen has no such field."),
    ("field_unknown", "There is no such field; the message lists those that are."),
    ("finding_gone", "The finding is not there any more, or needs a person or a model."),
    ("finding_not_waivable", "Jira would refuse what the finding is about, or it is about no words of a story."),
    ("format_unknown", "The format is not `classic`, `bdd` or `custom`."),
    ("instructions_invalid", "The instruction is blank or too long."),
    ("issue_elsewhere", "The address is of no issue on the connected Jira site."),
    ("issue_is_subtask", "A sub-task has nothing below it and cannot be broken down."),
    ("issue_key_invalid", "The text is neither the key nor the address of an issue."),
    ("issue_not_editable", "The person may not change summary and description of the issue."),
    ("issue_not_found", "There is no such issue, or the person may not see it."),
    ("issue_type_missing", "No issue type was chosen."),
    ("issue_type_unknown", "The project has no such issue type."),
    ("file_damaged", "Parts of the file are missing or wrong."),
    ("file_empty", "Nothing is in the file."),
    ("file_encoding_unknown", "The text is neither UTF-8 nor UTF-16 with its mark."),
    ("file_has_private_key", "A private key stands in the file."),
    ("file_kind_unknown", "The file is neither text nor a Word document (`.docx`) nor a PDF."),
    ("file_not_as_named", "The file is something else than its name says."),
    ("file_protected", "The file opens with a password only."),
    ("file_swollen", "The file unpacks to far more than a document holds."),
    ("file_too_large", "The file is larger than 10 MiB."),
    ("file_too_much_work", "The file took too long or too much memory to read."),
    ("file_without_text", "There are only pictures in the file."),
    ("files_missing", "No file was sent, or too many at once."),
    ("no_such_issue", "The named issue is not part of the run's project."),
    ("page_title_invalid", "The title of the page is blank or too long."),
    ("page_not_found", "The address names no page that the person may see in the connected Confluence."),
    ("pages_missing", "No page was named, or too many at once."),
    ("password_common", "The password is easy to guess."),
    ("password_personal", "The password holds the person's name, employee ID or e-mail."),
    ("password_too_long", "The password is too long."),
    ("password_too_short", "The password is too short."),
    ("project_key_invalid", "The text is no project key."),
    ("project_not_creatable", "The person cannot create issues in the project, or it does not exist."),
    ("prompt_invalid", "A part of the prompt, or a value for one of its variables, is wrong; the message says how."),
    ("prompt_too_long", "The personal prompt is too long."),
    ("prompt_unknown", "There is no such prompt that the person may use, or it has no such version."),
    ("reason_invalid", "The reason is too short or too long."),
    ("refused_there", "Jira or Confluence refused the field; the message is theirs."),
    ("required_field_missing", "Jira's create screen demands the field."),
    ("purpose_unknown", "The purpose is neither `improve` nor `break_down`."),
    ("requirements_empty", "There are no requirements."),
    ("requirements_too_long", "The requirements are longer than the limit."),
    ("rule_set_invalid", "A key of the rule set is wrong; the message says how."),
    ("rule_set_unknown", "There is no such rule set."),
    ("site_not_listed", "The Jira site is not on the administrator's list."),
    ("space_invalid", "The space is none that may be written to."),
    ("source_too_long", "The text is longer than a source may be."),
    ("target_not_listed", "The site or LLM service is not on the administrator's list."),
    ("tls_must_be_verified", "The administrator wants this site's certificate verified."),
    ("too_many_waivers", "The draft has as many waivers as are kept."),
    ("tool_words_invalid", "The description of the tool is not 3 to 200 visible characters on one line."),
    ("trial_columns_invalid", "A trial has two to four prompts."),
    ("value_not_allowed", "Jira does not allow this value for the field."),
];

/// Codes that a connection test or a job reports besides those of the first table.
pub const REPORT_CODES: &[(&str, &str)] = &[
    ("employee_id_mismatch", "The credential belongs to another employee; the report shows both ids."),
    ("llm_credential_refused", "The LLM service did not accept the cookie or token."),
    ("llm_service_unknown", "The LLM service is no longer configured."),
    ("llm_rate_limited", "The LLM service asks to wait."),
    ("llm_input_too_long", "The text is longer than the model takes."),
    ("llm_rejected", "The LLM service refused the request."),
    ("llm_unavailable", "The LLM service does not answer."),
    ("llm_broke_off", "The answer broke off; what had come is kept."),
    ("llm_malformed", "The answer of the LLM service was not understood."),
    ("llm_answer_unusable", "The model's answer did not fit the story format, even when asked once more."),
    ("llm_length", "The answer ran into the model's length limit."),
    ("llm_filtered", "The LLM service filtered the answer."),
    ("llm_refused", "The model declined to answer."),
    ("llm_not_connected", "The LLM connection cannot be used."),
    ("token_budget_used", "The person has used their tokens of the day; the model was not called."),
    ("cost_budget_used", "The person has spent what they may spend on the LLM in a day; the model was not called."),
    ("token_budget_of_all_used", "All people together have used the tokens of the day; the model was not called."),
    ("storage_unavailable", "The database did not answer while the job ran."),
    ("mcp_credential_refused", "The MCP server did not accept the person's credential."),
    ("mcp_unreachable", "The MCP server does not answer; nothing was sent."),
    ("mcp_no_answer", "The MCP server took the request and gave no answer."),
    ("mcp_rate_limited", "The MCP server asks to wait."),
    ("mcp_rejected", "The MCP server refused the request."),
    ("mcp_asks_for_more", "The MCP server wants a conversation, which is never begun."),
    ("mcp_malformed", "The answer of the MCP server was not understood, or was too large."),
    ("mcp_certificate_untrusted", "No known authority vouches for the certificate of the MCP server."),
    ("mcp_not_allowed", "The address of the MCP server leads to a forbidden network."),
    ("mcp_not_listed", "The MCP server is no longer on the administrator's list."),
    ("not_connected", "A connection that the tools of the MCP server need cannot be used."),
    ("page_not_found", "A source: there is no such page, or the person may not see it."),
    ("space_not_allowed", "A source: its space is not among those that may be read."),
    ("source_too_long", "A source: its text is longer than a source may be."),
    ("site_not_connected", "A source: it belongs to another Confluence than the connected one."),
    ("stopped", "A source: reading was stopped before its turn."),
    ("confluence_not_connected", "The Confluence connection cannot be used."),
    ("attempts_exhausted", "The job failed too often."),
    ("worker_panicked", "The worker stopped unexpectedly; the job is tried again."),
    ("cancelled", "Somebody stopped it."),
];

/// Whether a code of a field is in the reference.
#[must_use]
pub fn is_field_code(code: &str) -> bool {
    FIELD_CODES.iter().any(|(listed, _)| *listed == code) || ALL.iter().any(|kind| kind.code == code)
}
