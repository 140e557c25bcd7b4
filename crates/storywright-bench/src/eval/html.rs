//! The report as one HTML page: figures, plots drawn as SVG, the table. It loads nothing and works from a folder.

use super::score::{Part, Score, number};
use std::fmt::Write as _;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2230;--muted:#5c6578;--line:#d9dde6;--page:#fff;--one:#3b4cca;--two:#0f8a5f;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--muted:#a0a8b8;--line:#343b4a;--page:#12151c;--one:#8c99ff;--two:#4cc596;--bad:#ff8a80}}
body{margin:0 auto;max-width:1100px;padding:24px 16px;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page)}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:32px 0 8px}p{color:var(--muted);margin:4px 0 0;max-width:75ch}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
dt{color:var(--muted);font-size:13px}dd{margin:0;font-size:22px;font-weight:600;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px;width:100%}
th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child,td.why{text-align:left}td.why{color:var(--bad);white-space:normal}
svg{display:block;width:100%;height:auto;max-width:760px}svg text{font-size:11px;fill:var(--muted);font-family:inherit}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 6px 0 14px}";

/// The whole page.
pub fn page(model: &str, scores: &[Score], total: &Score) -> String {
    let mut page = String::new();
    let figures = [
        ("documents", scores.len().to_string()),
        ("stories", total.stories.to_string()),
        ("required passages covered", percent(total.required)),
        ("excluded passages covered", percent(total.excluded)),
        ("sentences covered", percent(total.covered)),
        ("findings a story", format!("{:.2}", total.findings_per_story())),
        ("asked once more", total.reasks.to_string()),
        ("came to nothing", scores.iter().filter(|score| score.problem.is_some()).count().to_string()),
        ("tokens in / out", format!("{} / {}", total.input_tokens, total.output_tokens)),
    ];
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>Golden set: {model}</title><style>{STYLE}</style></head><body><h1>Golden set</h1><p>Model: {model}. \
         Whether a passage is covered is judged by words: good for comparing one run with another, no verdict on a single story.</p><dl>",
        model = escaped(model)
    );
    for (what, value) in figures {
        let _ = write!(page, "<div><dt>{what}</dt><dd>{value}</dd></div>");
    }
    page.push_str("</dl><h2>Coverage of each document</h2><p><span class=\"key\" style=\"background:var(--one)\"></span>required passages<span class=\"key\" style=\"background:var(--two)\"></span>sentences that ask for something</p>");
    page.push_str(&coverage(scores));
    page.push_str("<h2>Tokens by length</h2><p>Each dot is a document: its words to the right, tokens of prompts and answers upwards, both in powers of ten.</p>");
    page.push_str(&tokens(scores));
    page.push_str("<h2>Findings by code</h2>");
    page.push_str(&codes(total));
    page.push_str("<h2>All figures</h2><div class=\"wide\"><table><thead><tr><th scope=\"col\">document</th>");
    for head in [
        "words",
        "sections",
        "stories",
        "errors",
        "warnings",
        "hints",
        "covered",
        "required",
        "excluded",
        "asked again",
        "tokens in",
        "tokens out",
        "seconds",
    ] {
        let _ = write!(page, "<th scope=\"col\">{head}</th>");
    }
    page.push_str("</tr></thead><tbody>");
    for score in scores.iter().chain([total]) {
        row(&mut page, score);
    }
    page.push_str("</tbody></table></div></body></html>\n");
    page
}

fn row(page: &mut String, score: &Score) {
    let _ = write!(page, "<tr><td>{}</td><td>{}</td>", escaped(&score.name), score.words);
    if let Some(problem) = &score.problem {
        let _ = write!(page, "<td class=\"why\" colspan=\"12\">{}</td></tr>", escaped(problem));
        return;
    }
    let cells = [
        score.sections.to_string(),
        score.stories.to_string(),
        score.errors.to_string(),
        score.warnings.to_string(),
        score.hints.to_string(),
        cell(score.covered),
        cell(score.required),
        cell(score.excluded),
        score.reasks.to_string(),
        score.input_tokens.to_string(),
        score.output_tokens.to_string(),
        format!("{:.1}", score.seconds),
    ];
    for text in cells {
        let _ = write!(page, "<td>{text}</td>");
    }
    page.push_str("</tr>");
}

fn coverage(scores: &[Score]) -> String {
    let height = scores.len() * 22 + 24;
    let mut svg = format!("<svg viewBox=\"0 0 760 {height}\" role=\"img\" aria-label=\"Coverage of each document\">");
    for mark in [0.0, 0.5, 1.0] {
        let x = 240.0 + mark * 500.0;
        let _ = write!(
            svg,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{}\" stroke=\"var(--line)\"/><text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{:.0} %</text>",
            height - 18,
            height - 4,
            mark * 100.0
        );
    }
    for (index, score) in scores.iter().enumerate() {
        let y = index * 22;
        let name: String = score.name.chars().take(36).collect();
        let _ = write!(svg, "<text x=\"232\" y=\"{}\" text-anchor=\"end\">{}</text>", y + 14, escaped(&name));
        if score.problem.is_none() {
            for (part, top, ink) in [(score.required, y + 2, "--one"), (score.covered, y + 10, "--two")] {
                let _ = write!(
                    svg,
                    "<rect x=\"240\" y=\"{top}\" width=\"{:.1}\" height=\"7\" rx=\"2\" fill=\"var({ink})\"><title>{}</title></rect>",
                    part.share() * 500.0,
                    cell(part)
                );
            }
        }
    }
    svg + "</svg>"
}

/// Powers of ten from the one below the smallest to the one above the greatest: one long document would press all others into a corner.
fn decades(values: impl Iterator<Item = usize>) -> std::ops::RangeInclusive<u32> {
    let (least, most) = values.fold((usize::MAX, 1), |(least, most), value| (least.min(value), most.max(value)));
    let low = least.clamp(1, most).ilog10();
    let high = most.ilog10() + u32::from(10_usize.pow(most.ilog10()) < most);
    low..=high.max(low + 1)
}

/// Where a value is between the ends of the decades, from 0 to 1.
fn along(value: usize, decades: &std::ops::RangeInclusive<u32>) -> f64 {
    let (low, high) = (f64::from(*decades.start()), f64::from(*decades.end()));
    ((number(value.max(1)).log10() - low) / (high - low)).clamp(0.0, 1.0)
}

fn tokens(scores: &[Score]) -> String {
    let spent = |score: &Score| usize::try_from(score.input_tokens + score.output_tokens).unwrap_or(usize::MAX);
    let told: Vec<&Score> = scores.iter().filter(|score| score.problem.is_none()).collect();
    let wide = decades(told.iter().map(|score| score.words));
    let tall = decades(told.iter().map(|score| spent(score)));
    let x = |words: usize| 70.0 + 680.0 * along(words, &wide);
    let y = |tokens: usize| 230.0 - 210.0 * along(tokens, &tall);
    let mut svg = String::from("<svg viewBox=\"0 0 760 260\" role=\"img\" aria-label=\"Tokens by words\">");
    for power in tall.clone() {
        let (value, y) = (10_usize.pow(power), y(10_usize.pow(power)));
        let _ = write!(
            svg,
            "<line x1=\"70\" x2=\"750\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"var(--line)\"/><text x=\"64\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
            y + 4.0
        );
    }
    for power in wide.clone() {
        let (value, x) = (10_usize.pow(power), x(10_usize.pow(power)));
        let (anchor, unit) = if power == *wide.end() { ("end", " words") } else { ("middle", "") };
        let _ = write!(
            svg,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"20\" y2=\"230\" stroke=\"var(--line)\"/><text x=\"{x:.1}\" y=\"248\" text-anchor=\"{anchor}\">{value}{unit}</text>"
        );
    }
    for score in told {
        let _ = write!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"var(--one)\" fill-opacity=\".75\"><title>{}: {} words, {} tokens</title></circle>",
            x(score.words),
            y(spent(score)),
            escaped(&score.name),
            score.words,
            spent(score)
        );
    }
    svg + "</svg>"
}

fn codes(total: &Score) -> String {
    let mut codes: Vec<(&String, &usize)> = total.codes.iter().collect();
    codes.sort_by(|one, other| other.1.cmp(one.1).then(one.0.cmp(other.0)));
    codes.truncate(25);
    let Some(most) = codes.first().map(|(_, count)| **count) else { return "<p>None.</p>".to_owned() };
    let mut svg =
        format!("<svg viewBox=\"0 0 760 {}\" role=\"img\" aria-label=\"Findings by code\">", codes.len() * 20 + 4);
    for (index, (code, count)) in codes.iter().enumerate() {
        let y = index * 20;
        let width = 440.0 * number(**count) / number(most);
        let _ = write!(
            svg,
            "<text x=\"232\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"240\" y=\"{}\" width=\"{width:.1}\" height=\"12\" rx=\"2\" fill=\"var(--one)\"/><text x=\"{:.1}\" y=\"{}\">{count}</text>",
            y + 13,
            escaped(code),
            y + 3,
            246.0 + width,
            y + 13
        );
    }
    svg + "</svg>"
}

fn cell(part: Part) -> String {
    format!("{}/{}", part.of, part.all)
}

fn percent(part: Part) -> String {
    if part.all == 0 { "none".to_owned() } else { format!("{:.0} % of {}", part.share() * 100.0, part.all) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_document_leaves_room_for_the_short_ones() {
        let wide = decades([29, 350, 12_112].into_iter());
        assert_eq!(wide, 1..=5);
        assert!((along(1_000, &wide) - 0.5).abs() < 1e-9);
        assert_eq!((along(0, &wide), along(usize::MAX, &wide)), (0.0, 1.0));
        // One document, or none.
        assert_eq!(
            (decades([100].into_iter()), decades([0].into_iter()), decades([].into_iter())),
            (2..=3, 0..=1, 0..=1)
        );
    }

    #[test]
    fn what_a_model_said_is_text_in_the_page() {
        let failed = Score::failed("<b>", "one two", "<script>alert(1)</script>");
        let page = page("m<", std::slice::from_ref(&failed), &failed);
        assert!(
            page.contains("&lt;script&gt;alert(1)") && !page.contains("<script") && !page.contains("<b>"),
            "{page}"
        );
    }
}
