//! Templates and static files: in the binary, or from a folder while somebody works on them.

use crate::state::StartError;
use crate::view::View;
use actix_web::web::Bytes;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storywright_domain::ports::Sha256;
use tera::{Context, Kwargs, State, Tera, TeraResult};

#[derive(RustEmbed)]
#[folder = "../../web-assets/templates"]
struct Templates;

#[derive(RustEmbed)]
#[folder = "../../web-assets/static"]
struct Statics;

/// A static file.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Bytes,
    /// First twelve digits of a SHA-256, of its own bytes or of all that is in its folder: part of its address, so that it may be
    /// kept for ever. Modules of one folder import each other by relative address, which keeps the hash.
    pub hash: String,
    /// Its type.
    pub content_type: &'static str,
}

/// Templates and static files.
pub struct Views {
    loaded: Arc<Loaded>,
    folder: Option<PathBuf>,
    sha256: Arc<dyn Sha256>,
}

struct Loaded {
    tera: Tera,
    statics: HashMap<String, Asset>,
}

impl Views {
    /// Reads everything once. With a folder (`web-assets`), it is read anew for each page.
    ///
    /// # Errors
    /// [`StartError::Templates`] names the template and the place.
    pub fn load(folder: Option<&Path>, sha256: Arc<dyn Sha256>) -> Result<Self, StartError> {
        let loaded = Arc::new(Loaded::read(folder, sha256.as_ref())?);
        Ok(Self { loaded, folder: folder.map(Path::to_owned), sha256 })
    }

    fn current(&self) -> Result<Arc<Loaded>, StartError> {
        match &self.folder {
            None => Ok(Arc::clone(&self.loaded)),
            Some(folder) => Loaded::read(Some(folder), self.sha256.as_ref()).map(Arc::new),
        }
    }

    /// A static file by name.
    #[must_use]
    pub fn asset(&self, name: &str) -> Option<Asset> {
        self.current().ok()?.statics.get(name).cloned()
    }

    /// Renders a view; `around` adds what does not belong to the view itself.
    ///
    /// # Errors
    /// What is wrong with the template or a variable, for the log.
    pub fn render<V: View>(&self, view: &V, around: impl FnOnce(&mut Context)) -> Result<String, String> {
        let loaded = self.current().map_err(|error| error.to_string())?;
        let mut context = Context::from_serialize(view).map_err(|error| chain(&error))?;
        around(&mut context);
        loaded.tera.render(V::TEMPLATE, &context).map_err(|error| chain(&error))
    }
}

fn chain(error: &tera::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

impl Loaded {
    fn read(folder: Option<&Path>, sha256: &dyn Sha256) -> Result<Self, StartError> {
        let statics = hashed(files::<Statics>(folder.map(|folder| folder.join("static")).as_deref())?, sha256);
        let addresses: HashMap<String, tera::Value> = statics
            .iter()
            .map(|(name, asset)| (name.clone(), tera::Value::from(format!("/static/{}/{name}", asset.hash))))
            .collect();
        let mut texts: Vec<(String, String)> = Vec::new();
        for (name, bytes) in files::<Templates>(folder.map(|folder| folder.join("templates")).as_deref())? {
            let text = String::from_utf8(bytes.into_owned())
                .map_err(|_| StartError::Templates(format!("`{name}` is not UTF-8")))?;
            texts.push((name, text));
        }
        let plain = engine(&addresses, &texts)?;
        for (name, text) in &mut texts {
            let quick = with_constants(&plain, text)
                .map_err(|error| StartError::Templates(format!("`{name}`: {}", chain(&error))))?;
            *text = compact(&quick);
        }
        let tera = engine(&addresses, &texts)?;
        Ok(Self { tera, statics })
    }
}

/// Static files with the hash of their address.
fn hashed(mut files: Files, sha256: &dyn Sha256) -> HashMap<String, Asset> {
    // The same hash on every machine, whatever order the files come in.
    files.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    let group = |name: &str| name.rsplit_once('/').map_or(name, |(folder, _)| folder).to_owned();
    let mut together: HashMap<String, String> = HashMap::new();
    for (name, bytes) in &files {
        together.entry(group(name)).or_default().push_str(&format!("{name} {}\n", sha256.hex(bytes)));
    }
    let hashes: HashMap<String, String> = together
        .into_iter()
        .map(|(group, list)| (group, sha256.hex(list.as_bytes()).chars().take(12).collect()))
        .collect();
    let asset = |(name, bytes): (String, Cow<'static, [u8]>)| {
        let hash = hashes.get(&group(&name)).cloned().unwrap_or_default();
        let content_type = content_type(&name);
        (name, Asset { bytes: Bytes::from(bytes.into_owned()), hash, content_type })
    };
    files.into_iter().map(asset).collect()
}

/// An engine with these templates.
fn engine(addresses: &HashMap<String, tera::Value>, texts: &[(String, String)]) -> Result<Tera, StartError> {
    let addresses = addresses.clone();
    let mut tera = Tera::default();
    // Functions must be known before templates are added.
    tera.register_function("asset", move |kwargs: Kwargs, _: &State| -> TeraResult<tera::Value> {
        let name: &str = kwargs.must_get("name")?;
        addresses.get(name).cloned().ok_or_else(|| tera::Error::message(format!("there is no static file `{name}`")))
    });
    tera.add_raw_templates(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .map_err(|error| StartError::Templates(chain(&error)))?;
    Ok(tera)
}

/// A template in which calls that give the same each time, such as an icon, are replaced by what they give. A page has some sixty of
/// them, and they took nearly half of its rendering.
fn with_constants(tera: &Tera, text: &str) -> TeraResult<String> {
    let mut done = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(start) = rest.find("{{ ") {
        let Some(length) = rest[start..].find(" }}").map(|end| end + 3) else { break };
        let call = &rest[start..start + length];
        let inner = &call[3..call.len() - 3];
        // Components see nothing but their arguments.
        let component = inner.starts_with('<') && inner.ends_with("/>") && !inner.contains('{');
        let address = inner.starts_with("asset(name=\"") && inner.ends_with("\")");
        done.push_str(&rest[..start]);
        if component || address {
            done.push_str(&tera.render_str(call, &Context::new(), true)?);
        } else {
            done.push_str(call);
        }
        rest = &rest[start + length..];
    }
    done.push_str(rest);
    Ok(done)
}

/// A template without indentation and without the line breaks of lines that hold nothing but statements: a fifth of a page. What is
/// preformatted stays as it is.
fn compact(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut preformatted = false;
    for line in text.split_inclusive('\n') {
        let was_preformatted = preformatted;
        if let Some(start) = line.rfind("<pre") {
            preformatted = !line[start..].contains("</pre>");
        } else if line.contains("</pre>") {
            preformatted = false;
        }
        let bare = line.trim();
        if was_preformatted {
            done.push_str(line);
        } else if !bare.is_empty() {
            let statement = bare.starts_with("{%") && bare.ends_with("%}") && !bare.contains('<');
            let comment = bare.starts_with("{#") && bare.ends_with("#}");
            done.push_str(if preformatted { line.trim_start() } else { bare });
            if !statement && !comment && !preformatted && line.ends_with('\n') {
                done.push('\n');
            }
        }
    }
    done
}

type Files = Vec<(String, Cow<'static, [u8]>)>;

fn files<E: RustEmbed>(folder: Option<&Path>) -> Result<Files, StartError> {
    match folder {
        None => Ok(E::iter().filter_map(|name| E::get(&name).map(|file| (name.into_owned(), file.data))).collect()),
        Some(folder) => {
            let mut found = Vec::new();
            walk(folder, folder, &mut found)
                .map_err(|error| StartError::Templates(format!("{}: {error}", folder.display())))?;
            Ok(found)
        }
    }
}

fn walk(base: &Path, folder: &Path, found: &mut Files) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(base, &path, found)?;
        } else if let Ok(name) = path.strip_prefix(base) {
            found.push((name.to_string_lossy().into_owned(), Cow::Owned(fs::read(&path)?)));
        }
    }
    Ok(())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_goes_and_what_is_preformatted_stays() {
        let page =
            "<ul>\n  {% for x in xs %}\n  <li>{{ x }}</li>\n  {% endfor %}\n</ul>\n\n  <pre>a\n  b\n</pre>\n  <i>c</i>";
        assert_eq!(
            compact(page),
            "<ul>\n{% for x in xs %}<li>{{ x }}</li>\n{% endfor %}</ul>\n<pre>a\n  b\n</pre>\n<i>c</i>"
        );
    }

    #[test]
    fn a_folder_has_one_hash_and_every_change_in_it_gives_another() {
        let hashes = |dom: &'static str| {
            let files = [("app/main.js", "import './dom.js';"), ("app/dom.js", dom), ("app.css", "a {}")];
            let files = files.map(|(name, text)| (name.to_owned(), Cow::Borrowed(text.as_bytes())));
            let assets = hashed(files.into(), &storywright_testkit::FakeSha256);
            ["app/main.js", "app/dom.js", "app.css"].map(|name| assets[name].hash.clone())
        };
        let [main, dom, css] = hashes("1");
        assert_eq!(main, dom);
        let [main_then, _, css_then] = hashes("2");
        assert_ne!(main, main_then, "main.js imports what has changed");
        assert_eq!(css, css_then);
    }

    #[test]
    fn calls_without_variables_are_made_once() {
        let component = "{% component icon(name: string, class: string = \"\") -%}<i class=\"{{ class }}\">{{ name }}</i>{%- endcomponent icon %}";
        let page = "{{ <icon name=\"x\" /> }}{{ <icon name={which} /> }}{{ which }}{{ asset(name=\"app.css\") }}{{ asset(name=which) }}";
        let addresses =
            HashMap::from(["app.css", "y"].map(|name| (name.to_owned(), tera::Value::from(format!("/{name}")))));
        let texts = [("c.html", component), ("p.html", page)].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let plain = engine(&addresses, &texts).unwrap();
        let changed = with_constants(&plain, page).unwrap();
        assert!(changed.starts_with("<i class=\"\">x</i>{{ <icon name={which} /> }}{{ which }}"), "{changed}");
        assert!(!changed.contains("app.css\")") && changed.ends_with("{{ asset(name=which) }}"), "{changed}");
        let quick = engine(&addresses, &[texts[0].clone(), ("p.html".to_owned(), changed)]).unwrap();
        let mut context = Context::new();
        context.insert("which", "y");
        assert_eq!(quick.render("p.html", &context).unwrap(), plain.render("p.html", &context).unwrap());
    }
}
