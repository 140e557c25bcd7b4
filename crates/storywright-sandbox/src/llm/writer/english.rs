//! Small rules of English that the writer needs: number, person, articles, and word lists.

use std::{collections::HashSet, sync::LazyLock};

/// Words that never carry the topic of a sentence.
const STOP_WORDS: &str = "a an the this that these those it its they them their he she his her him we us our you your i me my \
    and or but nor so yet if when while whenever unless until because as than then else once after before during since \
    of in on at by for from to with without within into onto over under between through across per via about against \
    is are was were be been being am do does did has have had having will would shall should can could may might must \
    not no never none any all each every some more most less least least many much few several other another same such \
    only also too very just even still already again always often usually sometimes today now later soon currently \
    there here what which who whom whose where why how one two three four five six seven eight nine ten first second third \
    new old own good better best able available possible required necessary correct wrong valid invalid different \
    high low higher lower big small long short full empty main single multiple various existing current previous next last \
    least up down out off back hand etc e.g i.e eg ie yes ok please both either neither else instead together however therefore \
    minute minutes hour hours day days week weeks month months year years seconds milliseconds percent \
    automatically manually directly immediately quickly easily clearly default above below following \
    need needs want wants able allowed thing things way ways case cases example examples kind part time times requirement requirements story stories";

/// Verbs in their base form; used to recognise imperatives, inflected forms and to keep verbs out of the nouns.
const VERBS: &str = "accept access activate add adjust agree allow analyze announce answer appear apply approve archive arrive ask assign \
    attach authenticate authorize avoid base become begin belong block book browse build buy calculate call cancel capture carry categorize \
    change charge check choose clear click close collect combine come compare complete compute configure confirm connect \
    contain continue convert copy correct count cover create customize cut deactivate decide decline decrypt define delete deliver deny \
    depend deploy describe detect determine develop disable discard display distribute do download draft drag drop duplicate earn edit email \
    enable encrypt end enforce ensure enter escalate establish estimate exceed exclude execute exist expand expect expire \
    explain export extend extract fail fetch file fill filter find finish fix follow forward freeze generate get give go grant group \
    guide handle happen have help hide highlight hold identify ignore implement import improve include increase indicate \
    inform initiate insert inspect install integrate introduce investigate invite invoice issue join jump keep know label \
    lead leave let limit link list load lock log look lose maintain make manage mark mask match measure meet merge \
    migrate modify monitor move name navigate notify obtain occur offer omit open operate order override own pause pay perform pick place plan \
    post prefer prepare present preserve prevent preview print process produce prompt protect prove provide publish purchase put query \
    raise reach react read receive recognize recommend record recover redirect reduce refer refresh refund refuse register reimburse reject release rely \
    remain remember remind remove rename renew reopen reorder repeat replace reply report represent request require resend \
    reserve reset resolve respond restore restrict resume retain retrieve retry return review revoke rotate route run save scan schedule \
    scroll search secure see select sell send separate serve set share ship show sign skip solve sort specify split stand start stay stop \
    store stream submit subscribe suggest summarize supply support suspend switch synchronize sync tag take tell test throttle track transfer \
    transform translate transmit trigger try turn type undo unlock unsubscribe update upgrade upload use validate verify view visit \
    wait warn withdraw work write";

/// Verbs that are hardly ever nouns, so that they never become topics or labels.
const PURE_VERBS: &str = "accept add adjust agree allow appear apply approve ask assign attach authenticate authorize avoid become begin belong browse buy \
    calculate choose collect come compare complete confirm connect contain continue convert create decide decline define delete deliver deny \
    depend deploy describe detect determine disable discard do enable ensure enter escalate establish exceed exclude exist expand \
    expect expire explain extend extract fail fill find follow generate get give go happen have hide identify ignore implement improve include \
    inform insert integrate introduce invite keep know lead leave let load lose maintain make manage meet merge modify notify \
    obtain occur open perform prepare prevent produce protect prove provide publish put raise reach read receive recognize reduce refer \
    register reject rely remain remember remind remove rename renew replace require resend resolve respond restore restrict resume retain \
    retrieve revoke run save see select sell send show solve specify stay stop store submit subscribe suggest take tell transmit \
    try turn pay reset spare undo upload validate verify wait warn withdraw write use see tell sign";

/// People, by the head noun.
const PERSONS: &str = "user customer client administrator admin manager agent employee operator auditor clerk buyer seller member guest owner developer \
    tester analyst person visitor applicant approver reviewer editor author reader subscriber supplier vendor partner accountant bookkeeper \
    cashier supervisor lead leader director officer engineer designer planner dispatcher driver courier technician specialist expert consultant \
    assistant worker staff team teacher student pupil parent patient doctor nurse physician pharmacist passenger traveler tenant landlord \
    citizen resident merchant shopper recipient sender payer payee holder cardholder controller treasurer trader broker investor \
    stakeholder requester requestor reporter assignee participant organizer recruiter candidate coach trainer lawyer librarian colleague support \
    hr newcomer steward maintainer contributor moderator";

const IRREGULAR_PLURALS: [(&str, &str); 6] = [
    ("people", "person"),
    ("children", "child"),
    ("men", "man"),
    ("women", "woman"),
    ("data", "data"),
    ("criteria", "criterion"),
];

static STOP: LazyLock<HashSet<&str>> = LazyLock::new(|| STOP_WORDS.split_ascii_whitespace().collect());
static BASE: LazyLock<HashSet<&str>> = LazyLock::new(|| VERBS.split_ascii_whitespace().collect());
static PURE: LazyLock<HashSet<&str>> = LazyLock::new(|| PURE_VERBS.split_ascii_whitespace().collect());
static PEOPLE: LazyLock<HashSet<&str>> = LazyLock::new(|| PERSONS.split_ascii_whitespace().collect());

/// True for words that carry no topic of their own.
pub fn is_stop_word(word: &str) -> bool {
    STOP.contains(word)
}

/// True for a verb's base form.
pub fn is_base_verb(word: &str) -> bool {
    BASE.contains(word)
}

/// True for a form of a verb that is hardly ever a noun.
pub fn is_pure_verb(word: &str) -> bool {
    verb_stems(word).iter().any(|stem| PURE.contains(stem.as_str()))
}

/// True for any usual form (base, -s, -ed, -ing) of a known verb or an auxiliary.
pub fn is_verb_form(word: &str) -> bool {
    matches!(
        word,
        "is" | "are" | "was" | "were" | "be" | "has" | "have" | "must" | "should" | "can" | "shall" | "will" | "may"
    ) || matches!(
        word,
        "want" | "wants" | "need" | "needs" | "paid" | "sent" | "shown" | "kept" | "made" | "given" | "seen"
    ) || verb_stems(word).iter().any(|stem| is_base_verb(stem))
}

fn verb_stems(word: &str) -> Vec<String> {
    let mut stems = vec![word.to_owned()];
    for (ending, replacements) in [
        ("ies", &["y"][..]),
        ("ied", &["y"]),
        ("es", &["", "e"]),
        ("s", &[""]),
        ("ed", &["", "e"]),
        ("ing", &["", "e"]),
    ] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.len() > 1
        {
            stems.extend(replacements.iter().map(|end| format!("{stem}{end}")));
            let mut letters = stem.chars().rev();
            if letters.next() == letters.next() {
                let mut single = stem.to_owned();
                single.pop();
                stems.push(single);
            }
        }
    }
    stems
}

/// `sends` -> `send`, `is` -> `be`; a word that is no known verb stays.
pub fn base_form(word: &str) -> String {
    match word {
        "is" | "are" => "be".to_owned(),
        "has" => "have".to_owned(),
        _ => verb_stems(word).into_iter().find(|stem| is_base_verb(stem)).unwrap_or_else(|| word.to_owned()),
    }
}

/// True for a noun that names people, singular or plural.
pub fn is_person(word: &str) -> bool {
    let single = singular(word);
    PEOPLE.contains(single.as_str())
        || (single.len() > 7 && ["ologist", "grapher", "keeper", "holder"].iter().any(|end| single.ends_with(end)))
}

/// The singular of a noun, by the usual endings.
pub fn singular(word: &str) -> String {
    if let Some((_, single)) = IRREGULAR_PLURALS.iter().find(|(many, _)| *many == word) {
        return (*single).to_owned();
    }
    if word.chars().any(char::is_uppercase) && word.len() <= 4 {
        return word.strip_suffix('s').filter(|w| w.len() > 1).unwrap_or(word).to_owned();
    }
    if word.len() > 4 && word.ends_with("ies") {
        return format!("{}y", &word[..word.len() - 3]);
    }
    for ending in ["sses", "shes", "ches", "xes", "zes"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    let kept = [
        "ss", "us", "is", "news", "sms", "gps", "https", "dns", "os", "as", "status", "address", "process", "access",
        "days",
    ];
    if word.len() > 3 && word.ends_with('s') && !kept.iter().any(|end| word.ends_with(end)) {
        return word[..word.len() - 1].to_owned();
    }
    word.to_owned()
}

/// The plural of a singular noun phrase (its last word).
pub fn plural(phrase: &str) -> String {
    let (head, last) = phrase.rsplit_once(' ').map_or(("", phrase), |(h, l)| (h, l));
    let many = if let Some((many, _)) = IRREGULAR_PLURALS.iter().find(|(many, one)| *one == last || *many == last) {
        (*many).to_owned()
    } else if matches!(last, "staff" | "support" | "information" | "hr" | "HR" | "software" | "feedback")
        || is_plural(last)
    {
        last.to_owned()
    } else if last.ends_with('y') && !last.ends_with("ay") && !last.ends_with("ey") && !last.ends_with("oy") {
        format!("{}ies", &last[..last.len() - 1])
    } else if ["s", "x", "z", "ch", "sh"].iter().any(|end| last.ends_with(end)) {
        format!("{last}es")
    } else {
        format!("{last}s")
    };
    if head.is_empty() { many } else { format!("{head} {many}") }
}

/// True when the noun looks like a plural.
pub fn is_plural(word: &str) -> bool {
    matches!(word, "people" | "children" | "data" | "criteria" | "staff" | "they" | "we" | "you" | "i")
        || singular(word) != word
}

/// `send` -> `sends`, `be` -> `is`, `have` -> `has`.
pub fn third_person(verb: &str) -> String {
    match verb {
        "be" => "is".to_owned(),
        "have" => "has".to_owned(),
        "do" => "does".to_owned(),
        "go" => "goes".to_owned(),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| verb.ends_with(end)) => format!("{verb}es"),
        _ if verb.ends_with('y') && !["ay", "ey", "oy", "uy"].iter().any(|end| verb.ends_with(end)) => {
            format!("{}ies", &verb[..verb.len() - 1])
        }
        _ => format!("{verb}s"),
    }
}

/// `send` -> `sending`, `use` -> `using`, `submit` -> `submitting`.
pub fn gerund(verb: &str) -> String {
    const DOUBLED: &str = "get set put run log submit cut let split stop plan drop scan drag skip tag ship permit refer begin win hit sit commit prefer transfer";
    if DOUBLED.split_ascii_whitespace().any(|entry| entry == verb) {
        let last = verb.chars().last().unwrap_or('t');
        return format!("{verb}{last}ing");
    }
    if verb.len() > 2 && verb.ends_with('e') && !verb.ends_with("ee") && verb != "be" {
        return format!("{}ing", &verb[..verb.len() - 1]);
    }
    format!("{verb}ing")
}

/// `a customer`, `an order`, `an HR clerk`, `a user`.
pub fn with_article(phrase: &str) -> String {
    let first = phrase.split_whitespace().next().unwrap_or_default();
    let spelled = first.len() > 1 && first.chars().all(|c| c.is_ascii_uppercase());
    let start = first.chars().next().unwrap_or('x').to_ascii_lowercase();
    let vowel = if spelled {
        "aefhilmnorsx".contains(start)
    } else {
        let lower = first.to_lowercase();
        "aeiou".contains(start) && !["use", "uni", "eur", "one", "usu"].iter().any(|odd| lower.starts_with(odd))
            || lower.starts_with("hour")
    };
    format!("{} {phrase}", if vowel { "an" } else { "a" })
}

/// Small letters, byte for byte: places found in it are places in the text.
pub fn lower_in_place(text: &str) -> String {
    let small = |letter: char| {
        let lower: String = letter.to_lowercase().collect();
        if lower.len() == letter.len_utf8() { lower } else { letter.to_string() }
    };
    text.chars().map(small).collect()
}

/// First letter small, unless the word is an abbreviation or a name in capitals.
pub fn lower_first(text: &str) -> String {
    let first_word = text.split_whitespace().next().unwrap_or_default();
    let capitals = first_word.chars().filter(|c| c.is_uppercase()).count();
    if capitals > 1 || first_word == "I" || first_word.chars().any(|c| c.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// First letter capital.
pub fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The text as a sentence: capital first letter, one full stop.
pub fn sentence(text: &str) -> String {
    let trimmed = text.trim().trim_end_matches(['.', ';', ',', ':', ' ']);
    if trimmed.ends_with(['!', '?']) { upper_first(trimmed) } else { format!("{}.", upper_first(trimmed)) }
}

/// Items as English: `a`, `a and b`, `a, b and c`.
pub fn listing(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Cuts at a word's end so that at most `limit` characters remain; no dangling small words.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut words: Vec<&str> = Vec::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let with_space = word.chars().count() + usize::from(!words.is_empty());
        if length + with_space > limit {
            break;
        }
        length += with_space;
        words.push(word);
    }
    while words.last().is_some_and(|w| is_stop_word(&w.to_lowercase().replace(',', ""))) && words.len() > 1 {
        words.pop();
    }
    if words.is_empty() {
        return text.chars().take(limit).collect();
    }
    words.join(" ").trim_end_matches([',', ';', ':', '-']).to_owned()
}
