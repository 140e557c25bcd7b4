//! What counts as alike.

use super::*;

fn score(one: &str, other: &str) -> f64 {
    Profile::of(one).similarity(&Profile::of(other))
}

#[track_caller]
fn alike(one: &str, other: &str) {
    let score = score(one, other);
    assert!(score >= ALIKE, "{score:.2}: {one} / {other}");
}

#[track_caller]
fn different(one: &str, other: &str) {
    let score = score(one, other);
    assert!(score < ALIKE, "{score:.2}: {one} / {other}");
}

#[test]
fn stop_words_are_sorted_so_that_they_are_found() {
    assert!(STOP_WORDS.is_sorted(), "binary search needs the order");
    assert!(is_stop("the") && is_stop("und") && is_stop("pour") && !is_stop("refund"));
}

#[test]
fn order_case_accents_and_punctuation_do_not_count() {
    assert!((score("Pay with a saved card", "saved CARD: pay!") - 1.0).abs() < 1e-9);
    assert!((score("Créer la facture", "creer facture") - 1.0).abs() < 1e-9);
    assert!((score("Größe", "grosse") - 1.0).abs() < 1e-9);
}

#[test]
fn the_same_wish_in_other_words_is_alike() {
    alike("Refund a card payment in one step", "Refund card payments in a single step");
    alike("Export invoices as CSV", "CSV export of invoices");
    alike("Reset forgotten password by e-mail", "Password reset by email");
    alike("Afficher la liste des factures impayées", "Liste des factures impayées");
    alike("Pay with a saved card", "Pay with saved cards");
}

#[test]
fn other_wishes_are_different() {
    different("Refund a card payment in one step", "Export invoices as CSV");
    different("Pay with a saved card", "Delete a saved address");
    different("Import invoices", "Export the invoices as CSV");
    different("Show the order history", "Renew the acquirer's certificate");
    different("As a user I want to log in", "As a user I want to export reports");
}

#[test]
fn nothing_is_like_nothing() {
    assert!(score("", "").abs() < 1e-9);
    assert!(score("!!!", "Pay").abs() < 1e-9);
    assert!(
        (score("to be or not to be", "not to be, or to be") - 1.0).abs() < 1e-9,
        "stop words are better than nothing"
    );
}

#[test]
fn a_score_is_symmetric_and_between_zero_and_one() {
    let texts = ["Pay with a saved card", "pay", "", "日本語 の テスト", "x y z", "Refunds on the same day"];
    for one in texts {
        for other in texts {
            let (there, back) = (score(one, other), score(other, one));
            assert!((there - back).abs() < 1e-12 && (0.0..=1.0).contains(&there), "{one} / {other}: {there}");
        }
    }
}

#[test]
fn descriptions_count_when_both_have_one() {
    let of = |summary: &str, description: &str| IssueProfile::of(summary, description);
    let bare = of("Saved cards", "");
    assert!((bare.similarity(&of("Saved cards", "whatever is written here")) - 1.0).abs() < 1e-9);
    let near =
        of("Saved cards", "List the last four digits").similarity(&of("Saved cards", "Show the last four digits"));
    let far = of("Saved cards", "List the last four digits").similarity(&of("Saved cards", "Encrypt them at rest"));
    assert!(near > far && far >= SUMMARY - 1e-9, "{near} {far}");
}

#[test]
fn doubles_of_a_list_come_most_alike_first() {
    let list =
        ["Export invoices as CSV", "Pay with a saved card", "CSV export of all new invoices", "Pay with a saved card"];
    let profiles: Vec<IssueProfile> = list.iter().map(|summary| IssueProfile::of(summary, "")).collect();
    let places: Vec<(usize, usize)> = doubles(&profiles, ALIKE).iter().map(|(one, other, _)| (*one, *other)).collect();
    assert_eq!(places, [(1, 3), (0, 2)]);
}

#[test]
fn searches_go_by_the_words_that_say_most() {
    let words = keywords("As a shopper, I want to pay with saved cards", "The cards are listed. Checkout!", 5);
    assert_eq!(words, ["shopper", "saved", "cards", "pay", "checkout"]);
    assert_eq!(keywords("Été à la plage", "", 5), ["plage", "été"]);
    assert!(keywords("I am on it", "", 5).is_empty());
}
