//! People: signing up, signing in, sessions, tokens, profile.

mod password;
mod profile;
mod register;
mod reset;
mod session;
mod sign_in;
mod token;

pub use password::{BadPassword, MIN_CHARS as MIN_PASSWORD_CHARS, check_password};
pub use profile::{
    ChangePasswordError, ProofError, audit_trail, change_password, list_sessions, list_tokens, profile,
    save_preferences,
};
pub use register::{ConfirmError, RegisterError, confirm_registration, pending_registration, register};
pub use reset::confirm_or_reset;
pub use session::{
    LiveSession, Visitor, create_session, end_other_sessions, end_session, end_session_of, load_session, save_session,
};
pub use sign_in::{SignInError, sign_in};
pub use token::{IssueTokenError, IssuedToken, authenticate_token, issue_token, issue_token_for, revoke_token};
