//! Where a page is made: what its person, the request and the templates have to do with each other, and how the answer leaves.

use crate::errors::{AppError, kinds};
use crate::guard::{Body, request_token};
use crate::observe::Nonce;
use crate::session;
use crate::state::AppState;
use crate::view::{
    Flash, Issue, Page, Preferences, Public, SessionState, Shell, ShellPerson, Theme, Time, View, minutes,
};
use crate::visit::{SignedIn, Visit, Who};
use actix_session::{Session, SessionExt};
use actix_web::cookie::Cookie;
use actix_web::http::{StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev, web};
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};
use storywright_application::Ports;
use storywright_application::jobs::open_jobs;
use storywright_application::people::save_session;
use storywright_domain::Timestamp;
use storywright_domain::job::Job;

/// What the browser's session becomes with an answer.
pub enum SessionChange {
    /// This token from now on; the session under the old one ends.
    SignIn(String),
    /// None.
    End,
}

/// What a page answers.
pub struct Answer {
    status: StatusCode,
    html: Option<String>,
    json: Option<serde_json::Value>,
    headers: Vec<(&'static str, String)>,
    cookies: Vec<Cookie<'static>>,
    session: Option<SessionChange>,
    whole_page: bool,
}

impl Answer {
    fn new(status: StatusCode) -> Self {
        Self {
            status,
            html: None,
            json: None,
            headers: Vec::new(),
            cookies: Vec::new(),
            session: None,
            whole_page: false,
        }
    }

    /// Nothing but a status.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self::new(status)
    }

    /// JSON.
    #[must_use]
    pub fn json(value: serde_json::Value) -> Self {
        Self { json: Some(value), ..Self::new(StatusCode::OK) }
    }

    /// Another page: htmx follows a header, because a redirect would be followed unseen.
    #[must_use]
    pub fn go(visit: &Visit, place: &str) -> Self {
        if visit.htmx {
            Self::new(StatusCode::NO_CONTENT).with_header("hx-redirect", place)
        } else {
            Self::new(StatusCode::SEE_OTHER).with_header("location", place)
        }
    }

    /// With another status.
    #[must_use]
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// With a header; values that no header can carry are left out.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// With another session.
    #[must_use]
    pub fn with_session(self, change: SessionChange) -> Self {
        Self { session: Some(change), ..self }
    }

    /// With a message in the corner of the page that is open.
    #[must_use]
    pub fn with_toast(self, tone: &str, text: &str) -> Self {
        let event = serde_json::json!({"toast": {"tone": tone, "text": text}}).to_string();
        // Headers are ASCII; JSON can say everything in it.
        let ascii: String = event.chars().flat_map(ascii_json).collect();
        self.with_header("hx-trigger", &ascii)
    }

    fn send(self, session: &Session) -> HttpResponse {
        match &self.session {
            Some(SessionChange::SignIn(token)) => session::sign_in_with(session, token),
            Some(SessionChange::End) => session.purge(),
            None => {}
        }
        let mut answer = HttpResponse::build(self.status);
        for (name, value) in self.headers {
            if let Ok(value) = header::HeaderValue::from_str(&value) {
                answer.append_header((name, value));
            }
        }
        for cookie in self.cookies {
            answer.cookie(cookie);
        }
        match (self.html, self.json) {
            (Some(html), _) => answer.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(html),
            (None, Some(json)) => answer.json(json),
            (None, None) => answer.finish(),
        }
    }
}

fn ascii_json(c: char) -> Vec<char> {
    if c.is_ascii() {
        return vec![c];
    }
    let mut units = [0; 2];
    c.encode_utf16(&mut units).iter().flat_map(|unit| format!("\\u{unit:04x}").chars().collect::<Vec<_>>()).collect()
}

/// A person's side of the making of a page. All of it happens on a thread that may block.
pub struct Desk<'a> {
    /// The ports.
    pub ports: &'a Ports,
    /// The person and their session.
    pub who: &'a Who,
    /// The request.
    pub visit: &'a Visit,
    /// Shared state.
    pub state: &'a AppState,
    /// Now.
    pub now: Timestamp,
    nonce: &'a str,
    token: &'a str,
}

impl Desk<'_> {
    /// A point in time as pages show it.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> Time {
        Time::of(at, self.now)
    }

    /// A failure as shown within a page.
    #[must_use]
    pub fn issue(&self, error: &AppError) -> Issue {
        Issue::of(error, self.visit.request_id.as_str())
    }

    /// A whole page.
    ///
    /// # Errors
    /// When something around the page cannot be read, or the template is wrong.
    pub fn page<P: Page>(&self, page: &P) -> Result<Answer, AppError> {
        self.page_with_jobs(page, &open_jobs(self.ports, &self.who.actor)?)
    }

    /// A whole page, when the open jobs are known.
    ///
    /// # Errors
    /// As [`Desk::page`].
    pub fn page_with_jobs<P: Page>(&self, page: &P, open: &[Job]) -> Result<Answer, AppError> {
        let preferences = Preferences::of(&self.who.person.preferences);
        let shell = Shell {
            nonce: self.nonce,
            theme: preferences.theme,
            nav: if preferences.rail { "rail" } else { "pinned" },
            nav_width: preferences.nav_width,
            active: P::ACTIVE,
            person: ShellPerson::of(self.who),
            running_jobs: open.len(),
            jobs_wait: all_wait(open),
            query: page.query(),
            request_id: self.visit.request_id.as_str(),
            flash: self.take_flash()?,
            idle_minutes: minutes(self.ports.settings.session_idle),
            version: &self.state.settings.version,
        };
        let html = self
            .state
            .views
            .render(page, |context| {
                context.insert("shell", &shell);
                context.insert("csrf", &self.csrf());
            })
            .map_err(AppError::internal)?;
        Ok(Answer { html: Some(html), whole_page: true, ..Answer::new(StatusCode::OK) })
    }

    /// A part of a page.
    ///
    /// # Errors
    /// When the template is wrong.
    pub fn fragment<V: View>(&self, view: &V) -> Result<Answer, AppError> {
        let html = self
            .state
            .views
            .render(view, |context| context.insert("csrf", &self.csrf()))
            .map_err(AppError::internal)?;
        Ok(Answer { html: Some(html), ..Answer::new(StatusCode::OK) })
    }

    /// Another page.
    #[must_use]
    pub fn go(&self, place: &str) -> Answer {
        Answer::go(self.visit, place)
    }

    /// Another page, with a message on it.
    ///
    /// # Errors
    /// When the message cannot be kept.
    pub fn go_and_say(&self, place: &str, tone: &str, text: &str) -> Result<Answer, AppError> {
        let state = SessionState { flash: Some(Flash { tone: tone.to_owned(), text: text.to_owned() }) };
        // A session that ended meanwhile has nobody to tell.
        let _ = save_session(self.ports, self.token, &state.to_json())?;
        Ok(self.go(place))
    }

    /// The message for this page; it is shown once.
    fn take_flash(&self) -> Result<Option<Flash>, AppError> {
        let flash = SessionState::of(&self.who.session.state).flash;
        if flash.is_some() {
            let _ = save_session(self.ports, self.token, &SessionState::default().to_json())?;
        }
        Ok(flash)
    }

    /// A request token for the forms of this answer.
    #[must_use]
    pub fn csrf(&self) -> String {
        request_token(self.ports, self.token)
    }
}

impl SignedIn {
    /// Makes an answer for the person: session check, use case and template in one trip to the blocking pool.
    ///
    /// # Errors
    /// As [`SignedIn::run`].
    pub async fn serve(
        &self,
        work: impl FnOnce(&Desk<'_>) -> Result<Answer, AppError> + Send + 'static,
    ) -> Result<HttpResponse, AppError> {
        let visit = self.visit.clone();
        let state = self.state.clone();
        let token = self.token().to_owned();
        let nonce = nonce(&self.state);
        let for_page = nonce.clone();
        let answer = self
            .run(move |ports, who| {
                let now = ports.clock.now();
                work(&Desk { ports, who, visit: &visit, state: &state, now, nonce: &for_page, token: &token })
            })
            .await?;
        Ok(finish(self.request(), answer, nonce))
    }
}

fn nonce(state: &AppState) -> String {
    state.ports.ids.secret().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn finish(req: &HttpRequest, answer: Answer, nonce: String) -> HttpResponse {
    if answer.whole_page {
        req.extensions_mut().insert(Nonce(nonce));
    }
    answer.send(&req.get_session())
}

/// Whether there are jobs and all of them wait for an answer.
pub(super) fn all_wait(open: &[Job]) -> bool {
    !open.is_empty() && open.iter().all(|job| job.question.is_some())
}

/// A visitor's side of the making of a page.
pub struct Lobby {
    /// The request.
    pub visit: Visit,
    /// Shared state.
    pub state: web::Data<AppState>,
    req: HttpRequest,
    nonce: String,
}

impl Lobby {
    /// The request itself.
    #[must_use]
    pub fn request(&self) -> &HttpRequest {
        &self.req
    }

    /// The token of the browser, if somebody may be signed in with it.
    #[must_use]
    pub fn session_token(&self) -> Option<String> {
        session::token_of(&self.req.get_session()).filter(|token| session::is_signed_in(token))
    }

    /// A whole page; a visitor without a token gets one, so that the form on it can be sent.
    ///
    /// # Errors
    /// When the template is wrong.
    pub fn page<V: View>(&self, view: &V) -> Result<Answer, AppError> {
        let public = Public {
            nonce: &self.nonce,
            theme: Theme::System,
            request_id: self.visit.request_id.as_str(),
            version: &self.state.settings.version,
        };
        let html = self
            .state
            .views
            .render(view, |context| {
                context.insert("public", &public);
                context.insert("csrf", &self.csrf());
            })
            .map_err(AppError::internal)?;
        Ok(Answer { html: Some(html), whole_page: true, ..Answer::new(StatusCode::OK) })
    }

    /// A part of a page.
    ///
    /// # Errors
    /// When the template is wrong.
    pub fn fragment<V: View>(&self, view: &V) -> Result<Answer, AppError> {
        let html = self
            .state
            .views
            .render(view, |context| context.insert("csrf", &self.csrf()))
            .map_err(AppError::internal)?;
        Ok(Answer { html: Some(html), ..Answer::new(StatusCode::OK) })
    }

    fn csrf(&self) -> String {
        let token = session::token_or_visitor(&self.req.get_session(), &self.state.ports);
        request_token(&self.state.ports, &token)
    }

    /// Sends an answer.
    #[must_use]
    pub fn send(&self, answer: Answer) -> HttpResponse {
        finish(&self.req, answer, self.nonce.clone())
    }
}

impl FromRequest for Lobby {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(match req.app_data::<web::Data<AppState>>().cloned() {
            Some(state) => {
                let nonce = nonce(&state);
                Ok(Self { visit: Visit::of(req), state, req: req.clone(), nonce })
            }
            None => Err(AppError::internal("a handler ran outside the application")),
        })
    }
}

/// A submitted form. A field that is given twice is refused.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let extensions = req.extensions();
        let body = extensions.get::<Body>().map(|body| body.0.clone()).unwrap_or_default();
        let parsed = std::str::from_utf8(&body).ok().and_then(|text| web::Query::<T>::from_query(text).ok());
        ready(parsed.map(|form| Self(form.into_inner())).ok_or_else(|| {
            AppError::new(&kinds::INVALID_BODY, "The form cannot be read", "Reload the page and send it again")
        }))
    }
}

/// Parameters of an address; unknown ones are ignored.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let parsed = web::Query::<T>::from_query(req.query_string());
        ready(parsed.map(|query| Self(query.into_inner())).map_err(|_| {
            AppError::new(
                &kinds::INVALID_QUERY,
                "The address cannot be read",
                "Check what stands after the question mark",
            )
        }))
    }
}

/// A part of the path, such as an id.
#[must_use]
pub fn part(req: &HttpRequest, name: &str) -> String {
    req.match_info().get(name).unwrap_or_default().to_owned()
}

/// A text as part of a query.
#[must_use]
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
