//! JQL's grammar: `or` of `and` of `not` of clauses, then `order by`.

use super::{
    Node, Op, OrderBy, Term,
    lexer::{Kind, Token, tokens},
};

/// A query in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// `None` finds everything.
    pub(crate) condition: Option<Node>,
    pub(crate) order: Vec<OrderBy>,
}

/// Words that cannot be values or fields unless quoted.
const KEYWORDS: [&str; 11] = ["and", "or", "not", "in", "is", "order", "by", "was", "changed", "empty", "null"];

/// Deepest nesting of parentheses and `not`.
const DEPTH: usize = 64;

/// Reads a query; the error is Jira's message with line and character.
pub(crate) fn parse(jql: &str) -> Result<Query, String> {
    let tokens = tokens(jql).map_err(|(message, at)| located(&message, jql, at))?;
    let mut parser = Parser { tokens, next: 0, depth: 0 };
    parser.query().map_err(|(message, at)| located(&message, jql, at))
}

fn located(message: &str, jql: &str, at: usize) -> String {
    let before: String = jql.chars().take(at).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let message = message.trim_end_matches('.');
    format!("Error in the JQL Query: {message}. (line {line}, character {column})")
}

type Refused = (String, usize);

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Kind {
        self.tokens.get(self.next).map_or(&Kind::End, |token| &token.kind)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(0, |token| token.at)
    }

    fn keyword(&self, word: &str) -> bool {
        matches!(self.peek(), Kind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    fn take_keyword(&mut self, word: &str) -> bool {
        let taken = self.keyword(word);
        self.next += usize::from(taken);
        taken
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let taken = matches!(self.peek(), Kind::Sign(text) if *text == sign);
        self.next += usize::from(taken);
        taken
    }

    fn expecting(&self, what: &str) -> Refused {
        let found = match self.peek() {
            Kind::Word(text) | Kind::Quoted(text) => format!("got '{text}'"),
            Kind::Sign(sign) => format!("got '{sign}'"),
            Kind::End => "before the end of the query".to_owned(),
        };
        let link = if matches!(self.peek(), Kind::End) { "" } else { "but " };
        (format!("Expecting {what} {link}{found}"), self.at())
    }

    fn query(&mut self) -> Result<Query, Refused> {
        let condition = if matches!(self.peek(), Kind::End) || self.keyword("order") { None } else { Some(self.or()?) };
        let order = if self.take_keyword("order") { self.order()? } else { Vec::new() };
        match self.peek() {
            Kind::End => Ok(Query { condition, order }),
            _ => Err(self.expecting("either 'OR' or 'AND'")),
        }
    }

    fn or(&mut self) -> Result<Node, Refused> {
        let mut parts = vec![self.and()?];
        while self.take_keyword("or") || self.take_sign("||") {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::Or(parts) })
    }

    fn and(&mut self) -> Result<Node, Refused> {
        let mut parts = vec![self.not()?];
        while self.take_keyword("and") || self.take_sign("&&") {
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::And(parts) })
    }

    fn not(&mut self) -> Result<Node, Refused> {
        if self.depth >= DEPTH {
            return Err(("The query is nested too deeply".to_owned(), self.at()));
        }
        self.depth += 1;
        let node = if self.take_keyword("not") || self.take_sign("!") {
            Ok(Node::Not(Box::new(self.not()?)))
        } else if self.take_sign("(") {
            let inner = self.or()?;
            if self.take_sign(")") { Ok(inner) } else { Err(self.expecting("')'")) }
        } else {
            self.clause()
        };
        self.depth -= 1;
        node
    }

    fn clause(&mut self) -> Result<Node, Refused> {
        let field = self.name("a field name")?;
        let op = self.operator()?;
        let terms = match op {
            Op::In | Op::NotIn => self.list()?,
            _ => vec![self.term()?],
        };
        if matches!(op, Op::Is | Op::IsNot) && terms != [Term::Empty] {
            return Err((format!("The operator '{}' can only be used with EMPTY or NULL", op.sign()), self.at()));
        }
        Ok(Node::Clause { field, op, terms })
    }

    fn name(&mut self, what: &str) -> Result<String, Refused> {
        let name = match self.peek() {
            Kind::Quoted(text) => text.clone(),
            Kind::Word(text) if !KEYWORDS.contains(&text.to_ascii_lowercase().as_str()) => text.clone(),
            _ => return Err(self.expecting(what)),
        };
        self.next += 1;
        Ok(name)
    }

    fn operator(&mut self) -> Result<Op, Refused> {
        const SIGNS: [(&str, Op); 8] = [
            ("=", Op::Eq),
            ("!=", Op::Ne),
            ("~", Op::Like),
            ("!~", Op::NotLike),
            (">", Op::Gt),
            (">=", Op::Ge),
            ("<", Op::Lt),
            ("<=", Op::Le),
        ];
        for (sign, op) in SIGNS {
            if self.take_sign(sign) {
                return Ok(op);
            }
        }
        if self.take_keyword("in") {
            return Ok(Op::In);
        }
        if self.take_keyword("is") {
            return Ok(if self.take_keyword("not") { Op::IsNot } else { Op::Is });
        }
        if self.keyword("was") || self.keyword("changed") {
            return Err(("This site keeps no history, so WAS and CHANGED are not supported".to_owned(), self.at()));
        }
        if self.keyword("not") {
            self.next += 1;
            return if self.take_keyword("in") { Ok(Op::NotIn) } else { Err(self.expecting("'IN'")) };
        }
        Err(self.expecting("operator but got an unexpected word. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'; a value"))
    }

    fn list(&mut self) -> Result<Vec<Term>, Refused> {
        if !self.take_sign("(") {
            return Err(self.expecting("'('"));
        }
        let mut terms = vec![self.term()?];
        while self.take_sign(",") {
            terms.push(self.term()?);
        }
        if self.take_sign(")") { Ok(terms) } else { Err(self.expecting("',' or ')'")) }
    }

    fn term(&mut self) -> Result<Term, Refused> {
        match self.peek().clone() {
            Kind::Quoted(text) => {
                self.next += 1;
                Ok(Term::Text(text))
            }
            Kind::Word(word) => {
                if word.eq_ignore_ascii_case("empty") || word.eq_ignore_ascii_case("null") {
                    self.next += 1;
                    return Ok(Term::Empty);
                }
                if KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) {
                    return Err(self.expecting("a value, list or function"));
                }
                self.next += 1;
                if self.take_sign("(") { self.call(word) } else { Ok(Term::Text(word)) }
            }
            _ => Err(self.expecting("a value, list or function")),
        }
    }

    fn call(&mut self, name: String) -> Result<Term, Refused> {
        let mut arguments = Vec::new();
        while !self.take_sign(")") {
            match self.peek().clone() {
                Kind::Quoted(text) | Kind::Word(text) => arguments.push(text),
                _ => return Err(self.expecting("')'")),
            }
            self.next += 1;
            if !self.take_sign(",") && !matches!(self.peek(), Kind::Sign(")")) {
                return Err(self.expecting("',' or ')'"));
            }
        }
        Ok(Term::Call(name, arguments))
    }

    fn order(&mut self) -> Result<Vec<OrderBy>, Refused> {
        if !self.take_keyword("by") {
            return Err(self.expecting("'BY'"));
        }
        let mut order = Vec::new();
        loop {
            let field = self.name("a field name")?;
            let descending =
                if self.take_keyword("desc") { true } else { !self.take_keyword("asc") && default_descending(&field) };
            order.push(OrderBy { field, descending });
            if !self.take_sign(",") {
                return Ok(order);
            }
        }
    }
}

/// Dates come newest first unless the query says otherwise.
fn default_descending(field: &str) -> bool {
    ["created", "updated", "createddate", "updateddate"].contains(&field.to_ascii_lowercase().as_str())
}
