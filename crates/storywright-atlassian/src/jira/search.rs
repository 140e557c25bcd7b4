//! Finding issues: by mark, by words, the newest one, epics.

use super::AtlassianJira;
use super::issues::{FIELDS, Row};
use crate::site;
use serde::Deserialize;
use storywright_domain::jira::{Issue, Marker, ProjectKey};
use storywright_domain::remote::{Access, RemoteError};

/// Most hits of a search by mark.
const MOST_HITS: usize = 200;
/// Most people or epics to pick from.
const MOST_PICKED: usize = 20;
/// Most words that are searched for: a query travels in the address.
const MOST_WORDS: usize = 12;
/// What Lucene reads as something else than a letter of a word.
const LUCENE: &str = "+-&|!(){}[]^~*?\\:/\"";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hits {
    issues: Vec<Row>,
    /// Data Center.
    #[serde(default)]
    total: usize,
    /// Cloud; absent on the last page.
    next_page_token: Option<String>,
}

/// A row of `GET /rest/api/2/field`.
#[derive(Deserialize)]
struct FieldRow {
    id: String,
    #[serde(default)]
    schema: FieldSchema,
}

#[derive(Deserialize, Default)]
struct FieldSchema {
    #[serde(default)]
    custom: String,
}

impl AtlassianJira {
    pub(super) fn search_marked(
        &self,
        access: &Access,
        project: &str,
        marker: &Marker,
    ) -> Result<Vec<Issue>, RemoteError> {
        let clause = match marker {
            Marker::RunLabel(label) => format!("labels = {}", site::quoted(label)),
            Marker::Footer(word) | Marker::Word(word) => format!("description ~ {}", words_of(word)),
            Marker::Field { id, value } => match clause_of(id) {
                Some(field) => format!("{field} ~ {}", words_of(value)),
                None => return Ok(Vec::new()),
            },
            Marker::Manual => return Ok(Vec::new()),
        };
        let project = site::quoted(project);
        self.search(access, &format!("project = {project} AND {clause} ORDER BY created DESC, key DESC"), MOST_HITS)
    }

    pub(super) fn search_newest(&self, access: &Access, project: &str) -> Result<Option<u64>, RemoteError> {
        let found = self.search(access, &format!("project = {} ORDER BY key DESC", site::quoted(project)), 1)?;
        Ok(found.first().and_then(|issue| issue.key.rsplit_once('-')?.1.parse().ok()))
    }

    pub(super) fn search_similar(
        &self,
        access: &Access,
        project: &str,
        words: &[String],
        limit: u32,
    ) -> Result<Vec<Issue>, RemoteError> {
        let meaningful = words.iter().filter(|word| word.chars().any(char::is_alphanumeric)).take(MOST_WORDS);
        let clauses: Vec<String> = meaningful.map(|word| format!("text ~ {}", words_of(word))).collect();
        if clauses.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        // Without an order of its own, a search for words answers the best hits first.
        let jql = format!("project = {} AND ({})", site::quoted(project), clauses.join(" OR "));
        self.search(access, &jql, usize::try_from(limit).unwrap_or(MOST_HITS).min(MOST_HITS))
    }

    pub(super) fn search_epics(&self, access: &Access, project: &str, query: &str) -> Result<Vec<Issue>, RemoteError> {
        let query = query.trim();
        if let Some(epic) = self.epic_with_key(access, project, query)? {
            return Ok(vec![epic]);
        }
        let (is_epic, named) = if self.is_cloud(access)? {
            let key = ProjectKey::parse(project).map_err(|_| RemoteError::NotFound)?;
            let types = self.read_issue_types(access, &key)?;
            let ids: Vec<String> = types.iter().filter(|kind| kind.epic).map(|kind| site::quoted(&kind.id)).collect();
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            (format!("issuetype in ({})", ids.join(", ")), None)
        } else {
            // Types and fields are called something else on every site; the field that all epics have is known by its type.
            match self.epic_name_clause(access)? {
                Some(field) => (format!("{field} is not EMPTY"), Some(field)),
                None => return Ok(Vec::new()),
            }
        };
        let mut jql = format!("project = {} AND {is_epic}", site::quoted(project));
        let words = query.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(MOST_WORDS);
        for word in words {
            let beginning = site::quoted(&format!("{}*", word.to_lowercase()));
            let in_name = named.as_ref().map_or_else(String::new, |field| format!(" OR {field} ~ {beginning}"));
            jql.push_str(&format!(" AND (summary ~ {beginning}{in_name})"));
        }
        self.search(access, &format!("{jql} ORDER BY created DESC, key DESC"), MOST_PICKED)
    }

    /// The epic with exactly this key. A key that does not exist is an error in JQL, so it is not searched for.
    fn epic_with_key(&self, access: &Access, project: &str, query: &str) -> Result<Option<Issue>, RemoteError> {
        let key = query.to_ascii_uppercase();
        let number = key.strip_prefix(project).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(None);
        }
        self.read_issue(access, &key, None)
    }

    /// How JQL names the field that holds the names of epics: `cf[10101]`.
    fn epic_name_clause(&self, access: &Access) -> Result<Option<String>, RemoteError> {
        if let Some(known) = self.site_facts(access, |facts| facts.epic_name.clone()) {
            return Ok(known);
        }
        let rows: Vec<FieldRow> = site::read(self.get(access, "/rest/api/2/field"))?;
        let found = rows.iter().find(|row| row.schema.custom.ends_with(":gh-epic-label"));
        let clause = found.and_then(|row| clause_of(&row.id));
        self.site_facts(access, |facts| facts.epic_name = Some(clause.clone()));
        Ok(clause)
    }

    fn search(&self, access: &Access, jql: &str, most: usize) -> Result<Vec<Issue>, RemoteError> {
        let is_cloud = self.is_cloud(access)?;
        let path = if is_cloud { "/rest/api/2/search/jql" } else { "/rest/api/2/search" };
        let mut found: Vec<Issue> = Vec::new();
        let mut token: Option<String> = None;
        while found.len() < most {
            let (start, size) = (found.len().to_string(), (most - found.len()).to_string());
            let mut pairs = vec![("jql", jql), ("maxResults", &size), ("fields", FIELDS)];
            if !is_cloud {
                pairs.push(("startAt", &start));
            }
            pairs.extend(token.as_deref().map(|token| ("nextPageToken", token)));
            let hits: Hits = site::read(self.get(access, &format!("{path}{}", site::query(&pairs))))?;
            if hits.issues.is_empty() && (!is_cloud || hits.next_page_token.is_none()) {
                break;
            }
            found.extend(hits.issues.into_iter().map(|row| row.into_issue(None)));
            // A token that comes again would go round for ever.
            let ended = if is_cloud {
                hits.next_page_token.is_none() || hits.next_page_token == token
            } else {
                found.len() >= hits.total
            };
            if ended {
                break;
            }
            token = hits.next_page_token;
        }
        found.truncate(most);
        Ok(found)
    }
}

/// `customfield_10101` as JQL names it in any language.
fn clause_of(field: &str) -> Option<String> {
    let number = field.strip_prefix("customfield_")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("cf[{number}]"))
}

/// A value for `~` that is found as it stands: what Lucene would read as an operator is escaped for Lucene, and the whole for JQL.
fn words_of(text: &str) -> String {
    let mut lucene = String::new();
    for c in text.to_lowercase().chars() {
        if LUCENE.contains(c) {
            lucene.push('\\');
        }
        lucene.push(if c.is_control() { ' ' } else { c });
    }
    site::quoted(&lucene)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_an_operator() {
        assert_eq!(words_of("Refund"), "\"refund\"");
        assert_eq!(words_of("AND"), "\"and\"");
        assert_eq!(words_of("c++"), r#""c\\+\\+""#);
        assert_eq!(words_of(r#"a" OR project = "B"#), r#""a\\\" or project = \\\"b""#);
        assert_eq!(words_of(r"back\slash"), r#""back\\\\slash""#);
        assert_eq!(words_of("x:(y) [z] {w} ~1 a/b"), r#""x\\:\\(y\\) \\[z\\] \\{w\\} \\~1 a\\/b""#);
    }

    #[test]
    fn fields_go_by_number() {
        assert_eq!(clause_of("customfield_10101").as_deref(), Some("cf[10101]"));
        assert_eq!(clause_of("customfield_1] OR x"), None);
        assert_eq!(clause_of("summary"), None);
    }
}
