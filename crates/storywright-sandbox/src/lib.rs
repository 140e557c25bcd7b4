//! A pretend company on loopback: Jira, Confluence and LLM, with faults; for demo and tests.
