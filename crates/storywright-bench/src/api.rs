//! The JSON API as the benchmark uses it: sign-up, connections, drafts, jobs.

use crate::Failure;
use crate::http::Connection;
use serde_json::Value;

/// A client of one server with a bearer token.
pub struct Api {
    port: u16,
    token: Option<String>,
}

impl Api {
    /// Nobody yet.
    pub fn new(port: u16) -> Self {
        Self { port, token: None }
    }

    /// Port of the server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The bearer token.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Calls a path below `/api/v1/` on a fresh connection; an answer that is no success is a failure.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call_with(method, path, &[], body).await
    }

    /// [`Api::call`] with further headers.
    pub async fn call_with(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &Value,
    ) -> Result<Value, Failure> {
        let mut connection = Connection::open(self.port).await?;
        let bearer = format!("Bearer {}", self.token());
        let mut headers = vec![("Content-Type", "application/json"), ("Connection", "close")];
        if self.token.is_some() {
            headers.push(("Authorization", &bearer));
        }
        headers.extend_from_slice(more);
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let request = connection.request(method, &format!("/api/v1/{path}"), &headers, &text);
        let answer = connection.send(&request).await?;
        if !(200..300).contains(&answer.status) {
            return Err(format!("{method} {path} answered {}: {}", answer.status, answer.text()).into());
        }
        if answer.body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&answer.body)?) }
    }

    /// Signs in for a token.
    pub async fn sign_in(&mut self, username: &str, password: &str) -> Result<(), Failure> {
        let answer =
            self.call("POST", "tokens", &serde_json::json!({"username": username, "password": password})).await?;
        self.token = answer["access_token"].as_str().map(str::to_owned);
        if self.token.is_some() { Ok(()) } else { Err("no access_token".into()) }
    }
}
