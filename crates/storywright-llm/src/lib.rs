//! Company LLM port: configured dialects, streaming, structured output.
