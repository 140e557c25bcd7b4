//! The server's own JSON API, called as any other program would.

use serde_json::Value;
use std::time::Duration;

use crate::failure::{Explain, Failure};

/// A client, signed in or not.
pub struct Api {
    agent: ureq::Agent,
    address: String,
    token: Option<String>,
}

impl Api {
    /// Nobody yet, at an address such as `http://127.0.0.1:8080`.
    pub fn new(address: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self { agent: config.into(), address: address.trim_end_matches('/').to_owned(), token: None }
    }

    /// The same client as this person.
    pub fn sign_in(mut self, username: &str, password: &str) -> Result<Self, Failure> {
        let body = serde_json::json!({ "username": username, "password": password });
        let answer = self.post("/api/v1/tokens", &body)?;
        let token = answer["access_token"].as_str().ok_or_else(|| odd("/api/v1/tokens", "access_token"))?;
        self.token = Some(format!("Bearer {token}"));
        Ok(self)
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Result<Value, Failure> {
        let request = self.agent.get(format!("{}{path}", self.address));
        let request = match &self.token {
            Some(token) => request.header("Authorization", token),
            None => request,
        };
        answer("GET", path, request.call())
    }

    /// `POST` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send("POST", self.agent.post(format!("{}{path}", self.address)), path, body)
    }

    /// `PUT` with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send("PUT", self.agent.put(format!("{}{path}", self.address)), path, body)
    }

    fn send(
        &self,
        method: &str,
        request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let request = match &self.token {
            Some(token) => request.header("Authorization", token),
            None => request,
        };
        answer(method, path, request.send_json(body))
    }
}

/// A text field of an answer.
pub fn field(answer: &Value, path: &str, name: &str) -> Result<String, Failure> {
    answer[name].as_str().map(str::to_owned).ok_or_else(|| odd(path, name))
}

fn odd(path: &str, name: &str) -> Failure {
    Failure::new(format!("the answer of {path} has no `{name}`"), "use a server of the same version as this program")
}

fn answer(
    method: &str,
    path: &str,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, Failure> {
    let mut response = response.explain(format!("{method} {path}"), "check that the server runs at this address")?;
    let status = response.status();
    let text = response.body_mut().read_to_string().explain(format!("read {path}"), "read the server's log")?;
    if status.is_success() {
        if text.is_empty() {
            return Ok(Value::Null);
        }
        return serde_json::from_str(&text).explain(format!("read the JSON of {path}"), "read the server's log");
    }
    Err(Failure::new(format!("{method} {path} answered {status}: {}", refusal(&text)), "read the server's log"))
}

/// The words of a problem document; of anything else the beginning.
fn refusal(text: &str) -> String {
    let Ok(problem) = serde_json::from_str::<Value>(text) else {
        return text.chars().take(200).collect();
    };
    let word = |name: &str| problem[name].as_str().unwrap_or_default();
    let mut words = format!("{} {} {}", word("code"), word("title"), word("detail"));
    for error in problem["errors"].as_array().into_iter().flatten() {
        let (field, message) = (error["field"].as_str(), error["message"].as_str());
        words.push_str(&format!(" [{}: {}]", field.unwrap_or_default(), message.unwrap_or_default()));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let text = r#"{"code":"draft_invalid","title":"Not valid","detail":"Mend it.",
            "errors":[{"field":"format","code":"unknown","message":"Choose classic."}]}"#;
        assert_eq!(refusal(text), "draft_invalid Not valid Mend it. [format: Choose classic.]");
        assert_eq!(refusal("<html>"), "<html>");
    }
}
