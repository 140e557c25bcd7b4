//! How an issue is found again when the answer to its creation was lost: chosen for each project and issue type.

use storywright_domain::jira::{CreateField, FieldKind, Marker};
use storywright_domain::remote::Site;

/// The mark that a create screen can hold, the best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkerChoice {
    /// The text field that the site's administrator added for it.
    Field {
        /// Field id.
        id: String,
        /// Name as the site shows it.
        name: String,
    },
    /// One label for each run.
    RunLabel,
    /// A word in the last line of the description.
    Footer,
    /// A word of its own for each issue in the last line of the description: issues are created by a tool, which carries no property.
    Word,
    /// Nothing: a person says what became of an issue whose answer was lost.
    Manual,
}

impl MarkerChoice {
    /// The best that the screen can hold: custom field, run label, footer, nothing. Where a tool creates issues the mark must be a proof
    /// as well: a word, or nothing.
    #[must_use]
    pub fn of(site: &Site, fields: &[CreateField]) -> Self {
        let named = site.marker_field.as_deref().map(|name| name.trim().to_lowercase());
        let field = fields.iter().find(|field| {
            let is_text = matches!(field.kind, FieldKind::Text) && field.id.starts_with("customfield_");
            is_text && named.as_deref().is_some_and(|name| field.name.trim().to_lowercase() == name || field.id == name)
        });
        let has = |id: &str| fields.iter().any(|field| field.id == id);
        match field {
            _ if site.publish_through.is_some() => {
                if has("description") {
                    Self::Word
                } else {
                    Self::Manual
                }
            }
            Some(field) => Self::Field { id: field.id.clone(), name: field.name.clone() },
            None if has("labels") => Self::RunLabel,
            None if has("description") => Self::Footer,
            None => Self::Manual,
        }
    }

    /// The word in plans, the journal and the API.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Field { .. } => "field",
            Self::RunLabel => "run_label",
            Self::Footer => "footer",
            Self::Word => "word",
            Self::Manual => "manual",
        }
    }

    /// The mark of a run; [`Marker::Word`] is made each issue's own later. In running text it is one word of letters and digits: indexes take words apart at hyphens.
    #[must_use]
    pub fn marker(&self, run_label: &str) -> Marker {
        let word = || run_label.chars().filter(char::is_ascii_alphanumeric).collect();
        match self {
            Self::Field { id, .. } => Marker::Field { id: id.clone(), value: word() },
            Self::RunLabel => Marker::RunLabel(run_label.to_owned()),
            Self::Footer => Marker::Footer(word()),
            Self::Word => Marker::Word(word()),
            Self::Manual => Marker::Manual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: &str, name: &str, kind: FieldKind) -> CreateField {
        CreateField {
            id: id.to_owned(),
            name: name.to_owned(),
            required: false,
            has_default: false,
            kind,
            allowed: Vec::new(),
        }
    }

    fn site(marker_field: Option<&str>) -> Site {
        Site {
            id: "jira".to_owned(),
            name: "Jira".to_owned(),
            kind: storywright_domain::remote::SiteKind::Jira,
            base_url: "https://jira.corp.example".to_owned(),
            allow_http: false,
            allow_loopback: false,
            allow_unverified_tls: false,
            marker_field: marker_field.map(str::to_owned),
            spaces: Vec::new(),
            restricted_spaces: Vec::new(),
            publish_through: None,
        }
    }

    #[test]
    fn the_best_mark_that_the_screen_can_hold_is_chosen() {
        let all = [
            field("description", "Description", FieldKind::TextArea),
            field("labels", "Étiquettes", FieldKind::Labels),
            field("customfield_9", "Storywright Mark", FieldKind::Text),
        ];
        let choice = |name: Option<&str>, fields: &[CreateField]| MarkerChoice::of(&site(name), fields).as_str();
        assert_eq!(choice(Some("storywright mark"), &all), "field");
        assert_eq!(choice(Some("customfield_9"), &all), "field");
        assert_eq!(choice(Some("Other"), &all), "run_label");
        assert_eq!(choice(None, &all), "run_label");
        assert_eq!(choice(None, &all[..1]), "footer");
        assert_eq!(choice(None, &[]), "manual");
        let number = [field("customfield_9", "Storywright Mark", FieldKind::Number)];
        assert_eq!(choice(Some("Storywright Mark"), &number), "manual", "a mark is a word");
    }

    #[test]
    fn a_mark_in_a_text_is_one_word() {
        assert_eq!(MarkerChoice::Footer.marker("aid-0123"), Marker::Footer("aid0123".to_owned()));
        assert_eq!(MarkerChoice::RunLabel.marker("aid-0123"), Marker::RunLabel("aid-0123".to_owned()));
        let choice = MarkerChoice::Field { id: "customfield_9".to_owned(), name: "Mark".to_owned() };
        let marker = Marker::Field { id: "customfield_9".to_owned(), value: "aid0123".to_owned() };
        assert_eq!(choice.marker("aid-0123"), marker);
        assert_eq!(MarkerChoice::Manual.marker("aid-0123"), Marker::Manual);
    }
}
