//! What is particular about each kind of service.

use storywright_domain::ports::Usage;

/// How it declines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declines {
    /// It says so, and with these words for people.
    Refuses(&'static str),
    /// A filter stops it.
    Filters,
    /// It writes its words as if they were the answer: what reads the answer sees that they are no JSON.
    Writes(&'static str),
}

/// A kind of service.
#[derive(Debug, Clone, Copy)]
pub struct Speaker {
    /// Name of its example and of its recordings.
    pub name: &'static str,
    /// First line of a chat request.
    pub line: &'static str,
    /// Header of the credential.
    pub credential: (&'static str, &'static str),
    /// Where the request holds the system prompt.
    pub system: &'static str,
    /// Where it holds the user message.
    pub user: &'static str,
    /// Where it holds the schema; `None` when the prompt alone must do.
    pub schema: Option<&'static str>,
    /// Where it holds the name of the first tool.
    pub tool: &'static str,
    /// Where it holds the result of a tool.
    pub result: &'static str,
    /// Where it holds the model's name, if not in the path.
    pub model: Option<(&'static str, &'static str)>,
    pub usage: Usage,
    pub declines: Declines,
    /// The answer comes in pieces.
    pub streams: bool,
}

const BEARER: (&str, &str) = ("authorization", "Bearer session=cookie-canary-4711");
const COUNTED: Usage = Usage { input: 120, output: 34 };
const WORDS: &str = "I cannot help with that.";

fn like_openai(name: &'static str, model: &'static str) -> Speaker {
    Speaker {
        name,
        line: "POST /v1/chat/completions HTTP/1.1",
        credential: BEARER,
        system: "/messages/0/content",
        user: "/messages/1/content",
        schema: Some("/response_format/json_schema/schema"),
        tool: "/tools/0/function/name",
        result: "/messages/3/content",
        model: Some(("/model", model)),
        usage: COUNTED,
        declines: Declines::Writes(WORDS),
        streams: true,
    }
}

pub fn openai() -> Speaker {
    Speaker {
        line: "POST /openai/v1/chat/completions HTTP/1.1",
        declines: Declines::Refuses(WORDS),
        ..like_openai("openai", "gpt-4.1")
    }
}

pub fn azure() -> Speaker {
    Speaker {
        line: "POST /openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21 HTTP/1.1",
        credential: ("api-key", "session=cookie-canary-4711"),
        model: None,
        declines: Declines::Filters,
        ..like_openai("azure", "")
    }
}

pub fn vllm() -> Speaker {
    like_openai("vllm", "corp/qwen3-32b")
}

pub fn llama_cpp() -> Speaker {
    like_openai("llama-cpp", "qwen3-14b")
}

pub fn ollama() -> Speaker {
    Speaker { usage: Usage::default(), ..like_openai("ollama", "qwen3:14b") }
}

pub fn litellm() -> Speaker {
    Speaker { declines: Declines::Filters, ..like_openai("litellm", "corp-large") }
}

pub fn cookie_gateway() -> Speaker {
    Speaker {
        credential: ("cookie", "session=cookie-canary-4711"),
        declines: Declines::Filters,
        ..like_openai("cookie-gateway", "corp-large")
    }
}

pub fn plain() -> Speaker {
    Speaker {
        line: "POST /api/chat HTTP/1.1",
        credential: ("cookie", "session=cookie-canary-4711"),
        schema: None,
        declines: Declines::Refuses(WORDS),
        streams: false,
        ..like_openai("plain", "corp-large")
    }
}

pub fn ndjson() -> Speaker {
    Speaker { line: "POST /api/chat HTTP/1.1", schema: Some("/format"), ..like_openai("ndjson", "qwen3:14b") }
}

pub fn anthropic() -> Speaker {
    Speaker {
        line: "POST /v1/messages HTTP/1.1",
        credential: ("x-api-key", "session=cookie-canary-4711"),
        system: "/system",
        user: "/messages/0/content",
        schema: Some("/output_config/format/schema"),
        tool: "/tools/0/name",
        result: "/messages/2/content/0/content",
        declines: Declines::Refuses(""),
        ..like_openai("anthropic", "corp-claude")
    }
}
