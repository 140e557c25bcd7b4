//! Reads a query into a tree.

use super::{
    BadQuery,
    lexer::{Token, tokens},
};

/// A whole query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query {
    /// What must hold; everything matches when there is none.
    pub(super) condition: Option<Condition>,
    /// Field and direction (true: descending).
    pub(super) order: Vec<(Field, bool)>,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Clause { field: Field, operator: Operator, values: Vec<Operand> },
}

/// Fields that can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Type,
    Space,
    SpaceTitle,
    Title,
    Text,
    SiteSearch,
    Label,
    Ancestor,
    Parent,
    Id,
    Creator,
    Contributor,
    Created,
    LastModified,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    ContainsNot,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    In,
    NotIn,
}

/// A value, or a function with its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Literal(String),
    Function(String, Option<String>),
}

/// Reads the query; empty text is refused as Confluence does.
pub(crate) fn parse(query: &str) -> Result<Query, BadQuery> {
    let mut parser = Parser { tokens: tokens(query)?, at: 0 };
    if parser.tokens.is_empty() {
        return Err(BadQuery("the query is empty".to_owned()));
    }
    let condition = if parser.at_keywords(&["order", "by"]) { None } else { Some(parser.either()?) };
    let order = parser.order()?;
    match parser.peek() {
        None => Ok(Query { condition, order }),
        Some(token) => Err(BadQuery(format!("unexpected {}", spelled(token)))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn at_keywords(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| {
            matches!(self.tokens.get(self.at + offset), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word))
        })
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = self.at_keywords(&[word]);
        self.at += usize::from(found);
        found
    }

    fn either(&mut self) -> Result<Condition, BadQuery> {
        let mut left = self.both()?;
        while self.keyword("or") {
            left = Condition::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Condition, BadQuery> {
        let mut left = self.single()?;
        loop {
            if self.keyword("and") {
                let negated = self.keyword("not");
                let right = self.single()?;
                let right = if negated { Condition::Not(Box::new(right)) } else { right };
                left = Condition::And(Box::new(left), Box::new(right));
            } else if self.at_keywords(&["not"]) {
                // `A NOT B` reads as `A AND NOT B`.
                self.at += 1;
                left = Condition::And(Box::new(left), Box::new(Condition::Not(Box::new(self.single()?))));
            } else {
                return Ok(left);
            }
        }
    }

    fn single(&mut self) -> Result<Condition, BadQuery> {
        if self.keyword("not") {
            return Ok(Condition::Not(Box::new(self.single()?)));
        }
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let inner = self.either()?;
            return match self.take() {
                Some(Token::Close) => Ok(inner),
                _ => Err(BadQuery("a bracket is not closed".to_owned())),
            };
        }
        let field = self.field()?;
        let operator = self.operator()?;
        if !allowed(field, operator) {
            return Err(BadQuery(format!("the operator is not supported by the field {field:?}")));
        }
        let values =
            if matches!(operator, Operator::In | Operator::NotIn) { self.list()? } else { vec![self.operand()?] };
        Ok(Condition::Clause { field, operator, values })
    }

    fn field(&mut self) -> Result<Field, BadQuery> {
        let Some(Token::Word(name)) = self.take() else {
            return Err(BadQuery("expected a field".to_owned()));
        };
        Ok(match name.to_lowercase().as_str() {
            "type" => Field::Type,
            "space" | "space.key" => Field::Space,
            "space.title" => Field::SpaceTitle,
            "title" => Field::Title,
            "text" => Field::Text,
            "sitesearch" => Field::SiteSearch,
            "label" => Field::Label,
            "ancestor" => Field::Ancestor,
            "parent" => Field::Parent,
            "id" | "content" => Field::Id,
            "creator" => Field::Creator,
            "contributor" => Field::Contributor,
            "created" => Field::Created,
            "lastmodified" => Field::LastModified,
            _ => return Err(BadQuery(format!("no field exists with name '{name}'"))),
        })
    }

    fn operator(&mut self) -> Result<Operator, BadQuery> {
        Ok(match self.take() {
            Some(Token::Operator("=")) => Operator::Equal,
            Some(Token::Operator("!=")) => Operator::NotEqual,
            Some(Token::Operator("~")) => Operator::Contains,
            Some(Token::Operator("!~")) => Operator::ContainsNot,
            Some(Token::Operator(">")) => Operator::Greater,
            Some(Token::Operator(">=")) => Operator::GreaterOrEqual,
            Some(Token::Operator("<")) => Operator::Less,
            Some(Token::Operator("<=")) => Operator::LessOrEqual,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("in") => Operator::In,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") && self.keyword("in") => Operator::NotIn,
            Some(token) => return Err(BadQuery(format!("expected an operator, found {}", spelled(&token)))),
            None => return Err(BadQuery("expected an operator, found the end".to_owned())),
        })
    }

    fn list(&mut self) -> Result<Vec<Operand>, BadQuery> {
        if self.take() != Some(Token::Open) {
            return Err(BadQuery("expected a list in brackets".to_owned()));
        }
        let mut values = vec![self.operand()?];
        loop {
            match self.take() {
                Some(Token::Comma) => values.push(self.operand()?),
                Some(Token::Close) => return Ok(values),
                _ => return Err(BadQuery("a list is not closed".to_owned())),
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, BadQuery> {
        match self.take() {
            Some(Token::Text(text)) => Ok(Operand::Literal(text)),
            Some(Token::Word(word)) if self.peek() == Some(&Token::Open) => {
                self.at += 1;
                let argument = match self.peek() {
                    Some(Token::Text(text)) => Some(text.clone()),
                    Some(Token::Word(text)) => Some(text.clone()),
                    _ => None,
                };
                self.at += usize::from(argument.is_some());
                match self.take() {
                    Some(Token::Close) => Ok(Operand::Function(word.to_lowercase(), argument)),
                    _ => Err(BadQuery(format!("the call of {word} is not closed"))),
                }
            }
            Some(Token::Word(word)) => Ok(Operand::Literal(word)),
            Some(token) => Err(BadQuery(format!("expected a value, found {}", spelled(&token)))),
            None => Err(BadQuery("expected a value, found the end".to_owned())),
        }
    }

    fn order(&mut self) -> Result<Vec<(Field, bool)>, BadQuery> {
        let mut order = Vec::new();
        if !self.keyword("order") {
            return Ok(order);
        }
        if !self.keyword("by") {
            return Err(BadQuery("expected BY after ORDER".to_owned()));
        }
        loop {
            let field = self.field()?;
            if !matches!(
                field,
                Field::Title | Field::Created | Field::LastModified | Field::Space | Field::Type | Field::Id
            ) {
                return Err(BadQuery(format!("cannot order by the field {field:?}")));
            }
            let descending = self.keyword("desc");
            if !descending {
                self.keyword("asc");
            }
            order.push((field, descending));
            if self.peek() != Some(&Token::Comma) {
                return Ok(order);
            }
            self.at += 1;
        }
    }
}

fn allowed(field: Field, operator: Operator) -> bool {
    use Operator::{Contains, ContainsNot, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, NotEqual, NotIn};
    match field {
        Field::Text | Field::SiteSearch => matches!(operator, Contains | ContainsNot),
        Field::Title | Field::SpaceTitle => matches!(operator, Equal | NotEqual | Contains | ContainsNot),
        Field::Created | Field::LastModified => {
            matches!(operator, Equal | NotEqual | Greater | GreaterOrEqual | Less | LessOrEqual)
        }
        _ => matches!(operator, Equal | NotEqual | In | NotIn),
    }
}

fn spelled(token: &Token) -> String {
    match token {
        Token::Word(word) => format!("'{word}'"),
        Token::Text(text) => format!("\"{text}\""),
        Token::Operator(operator) => format!("'{operator}'"),
        Token::Open => "'('".to_owned(),
        Token::Close => "')'".to_owned(),
        Token::Comma => "','".to_owned(),
    }
}
