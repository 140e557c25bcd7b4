//! Turns one requirement into the phrases a story needs: goal, summary, criterion, benefit.

use super::english::{lower_first, plural, sentence, shorten, third_person, upper_first, with_article};
use super::reading::{Force, Requirement};
use super::wording::{
    impersonal, in_first_person, in_third_person, object_of, plural_subject, present, rest_of, singular_phrase, the,
    trimmed, without_article,
};

/// `to cancel my order within 14 days`; for systems `the system to send an e-mail`.
pub fn goal(requirement: &Requirement) -> String {
    let when = requirement.condition.as_ref().map_or_else(String::new, |condition| format!(" {condition}"));
    let action = &format!("{}{when}", trimmed(&requirement.action));
    if builds(requirement)
        || requirement.verb() == "have" && (requirement.role.is_some() || is_first_person(&requirement.subject))
    {
        return rest_of(action).to_owned();
    }
    if requirement.role.is_some() || requirement.subject.is_empty() || is_first_person(&requirement.subject) {
        let mine = if requirement.role.is_some() { in_first_person(action) } else { action.to_owned() };
        return format!("to {mine}");
    }
    format!("{} to {action}", the(&requirement.subject))
}

/// Short imperative or statement for the summary.
pub fn summary(requirement: &Requirement, limit: usize) -> String {
    let action = trimmed(&requirement.action);
    let conditional =
        requirement.condition.as_ref().map(|condition| format!("{action} {condition}")).filter(|long| long.len() < 72);
    let action = conditional.as_deref().unwrap_or(action);
    let plain = if requirement.role.is_some() || requirement.subject.is_empty() || is_first_person(&requirement.subject)
    {
        match action.strip_prefix("have ") {
            Some(thing) => format!("provide {}", impersonal(thing)),
            None => impersonal(action),
        }
    } else if requirement.is_state() {
        let verb = if plural_subject(&requirement.subject) { "are" } else { "is" };
        format!("{} {verb} {}", without_article(&requirement.subject), rest_of(action))
    } else if matches!(
        requirement.verb(),
        "have" | "contain" | "include" | "show" | "support" | "work" | "use" | "remain" | "stay"
    ) {
        let verb = if plural_subject(&requirement.subject) {
            requirement.verb().to_owned()
        } else {
            third_person(requirement.verb())
        };
        format!("{} {verb} {}", without_article(&requirement.subject), rest_of(action))
    } else {
        impersonal(action)
    };
    let wanted = limit.min(90);
    upper_first(&shorten(plain.trim_end_matches('.'), wanted.max(10)))
}

/// The requirement as a sentence that a tester can check.
pub fn criterion(requirement: &Requirement, role: &str) -> String {
    let main = match requirement.force {
        Force::Question => return String::new(),
        Force::Fact => return sentence(&requirement.text),
        Force::Must | Force::Can | Force::Never => main_clause(requirement, role),
    };
    sentence(&match (&requirement.condition, requirement.leading) {
        (Some(condition), true) => format!("{condition}, {}", lower_first(&main)),
        (Some(condition), false) => format!("{main} {condition}"),
        (None, _) => main,
    })
}

/// The main clause in the present tense, without its condition.
pub fn main_clause(requirement: &Requirement, role: &str) -> String {
    let action = trimmed(&requirement.action);
    let never = requirement.force == Force::Never;
    if requirement.subject.is_empty() {
        return imperative_clause(requirement, action, role);
    }
    if is_first_person(&requirement.subject) {
        return format!("{} can {}", upper_first(&with_article(role)), in_third_person(action));
    }
    let subject = the(&requirement.subject);
    let many = plural_subject(&requirement.subject);
    if requirement.role.is_some() {
        let modal = match requirement.force {
            Force::Never => "cannot",
            Force::Must if matches!(requirement.verb(), "see" | "receive" | "get" | "find" | "have") => {
                return format!("{subject} {}", if many { action.to_owned() } else { present(action) });
            }
            Force::Must if !requirement.is_state() || rest_of(action).starts_with("able") => "must",
            Force::Must => return format!("{subject} {} {}", if many { "are" } else { "is" }, rest_of(action)),
            Force::Can | Force::Fact | Force::Question => "can",
        };
        return format!(
            "{subject} {modal} {}",
            if requirement.subject.starts_with("the ") { in_third_person(action) } else { action.to_owned() }
        );
    }
    if requirement.is_state() {
        let verb = if many { "are" } else { "is" };
        return format!("{subject} {verb}{} {}", if never { " not" } else { "" }, rest_of(action));
    }
    match (never, requirement.force) {
        (true, _) => format!("{subject} {} not {action}", if many { "do" } else { "does" }),
        (false, Force::Can) => format!("{subject} can {action}"),
        _ => format!("{subject} {}", if many { action.to_owned() } else { present(action) }),
    }
}

fn imperative_clause(requirement: &Requirement, action: &str, role: &str) -> String {
    match requirement.verb() {
        "add" | "build" | "implement" | "provide" | "introduce" | "create" | "make" => {
            let object = rest_of(action);
            if object.starts_with("a ") || object.starts_with("an ") {
                format!("there is {object}")
            } else {
                format!("{} {} in place", object, if plural_subject(object) { "are" } else { "is" })
            }
        }
        "show" | "display" | "send" | "validate" | "log" | "store" | "check" | "calculate" | "notify" | "ensure"
        | "prevent" | "allow" | "support" | "record" | "keep" | "encrypt" | "mask" | "block" | "retry" | "hide"
        | "require" | "reject" => {
            format!("the system {} {}", third_person(requirement.verb()), rest_of(action))
        }
        _ => format!("{} can {action}", with_article(role)),
    }
}

/// An imperative such as "add a button": its object is what is wanted.
pub fn builds(requirement: &Requirement) -> bool {
    requirement.subject.is_empty()
        && matches!(
            requirement.verb(),
            "add" | "build" | "implement" | "provide" | "introduce" | "create" | "develop" | "design" | "make"
        )
}

/// Why anybody wants it, when the text does not say.
pub fn benefit(requirement: &Requirement, role: &str, noun: &str) -> String {
    let object = object_of(&in_first_person(&requirement.action)).unwrap_or_else(|| format!("the {noun}"));
    let shows = ["dashboard", "report", "overview", "list", "chart", "history"].iter().any(|word| noun.contains(word));
    if builds(requirement) && shows {
        return "I know where things stand without asking anybody".to_owned();
    }
    match requirement.verb() {
        "export" | "download" | "print" | "copy" => format!("I can work with {object} outside the application"),
        "search" | "find" | "filter" | "sort" | "browse" | "select" | "choose" => {
            format!("I get to the right {} without going through everything", singular_phrase(noun))
        }
        "see" | "view" | "read" | "open" | "check" | "track" | "monitor" | "show" | "display" | "list" | "have"
        | "compare" => "I know where things stand without asking anybody".to_owned(),
        "notify" | "email" | "send" | "remind" | "alert" | "inform" | "receive" | "get" => {
            format!("nobody misses a change to the {noun}")
        }
        "create" | "add" | "enter" | "register" | "submit" | "upload" | "record" | "import" | "request" | "book"
        | "order" => {
            format!(
                "{object} {} recorded once and without a detour",
                if plural_subject(&object) { "are" } else { "is" }
            )
        }
        "edit" | "change" | "update" | "correct" | "rename" | "set" | "configure" => {
            format!(
                "{object} {} right without a call to support",
                if plural_subject(&object) { "stay" } else { "stays" }
            )
        }
        "delete" | "remove" | "cancel" | "withdraw" | "revoke" | "archive" | "close" => {
            format!("I stay in control of {object}")
        }
        "approve" | "review" | "reject" | "validate" | "verify" | "confirm" | "assign" => {
            format!("only checked {} go on", plural(&singular_phrase(noun)))
        }
        "pay" | "refund" | "charge" | "reimburse" | "transfer" => {
            "the money is where it belongs without a call to support".to_owned()
        }
        "log" | "sign" | "authenticate" | "reset" | "encrypt" | "mask" | "lock" => {
            "my account and my data stay protected".to_owned()
        }
        _ => format!("{} can rely on the {noun}", plural(role)),
    }
}

fn is_first_person(subject: &str) -> bool {
    matches!(subject.to_lowercase().as_str(), "i" | "we" | "you")
}
