//! Who asks, and from where. Nothing passes without the cookie; what changes anything must come from a
//! form of the desk's own.
//!
//! A page of another site cannot read the desk: a name that it bound to 127.0.0.1 is another Host. It
//! cannot send a form: its Origin is another, its browser sends no cookie (SameSite), and it does not know
//! the token of forms.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, ORIGIN, REFERRER_POLICY,
    SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;

use super::page::{self, *};

/// The headers of every answer: nothing is kept, framed or loaded from elsewhere, and no script runs but
/// the desk's own.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // With `no-referrer` a browser would leave the Origin out of a form.
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Lets a request through to its page, or answers it.
pub(super) async fn check(State(desk): Here, request: Request, next: Next) -> Response {
    let mut response = match desk.judge(&request) {
        Some(answer) => answer,
        None => as_page(next.run(request).await),
    };
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What axum itself refuses (a parameter that is no number, a method that a page does not have) is answered
/// as a page too.
fn as_page(answer: Response) -> Response {
    let is_page = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.starts_with(b"text/html") || kind.starts_with(b"application/")
    });
    match answer.status().is_client_error() && !is_page {
        true => {
            let status = answer.status();
            Failure::new(status, EN.page.not_understood, status.to_string()).into_response()
        }
        false => answer,
    }
}

impl Desk {
    /// The answer to a request that does not reach a page.
    fn judge(&self, request: &Request) -> Option<Response> {
        let t = &EN.guard;
        let refused = |why| {
            let failure = Failure::new(StatusCode::FORBIDDEN, why, t.what_to_do);
            Some(failure.into_response())
        };
        let headers = request.headers();
        let local = self.host.replace("127.0.0.1", "localhost");
        let host = header(headers, &HOST);
        if host != Some(&self.host) && host != Some(&local) {
            return refused(t.wrong_host);
        }
        let path = request.uri().path();
        match path {
            "/desk.css" => return Some(page::style()),
            "/desk.js" => return Some(page::script()),
            _ => {}
        }
        if let Some(token) = path.strip_prefix("/open/") {
            return match is_same(token, &self.secrets.token) {
                true => Some(self.opened()),
                false => refused(t.wrong_token),
            };
        }
        if !self.has_session(headers) {
            return refused(t.no_session);
        }
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let origin = header(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        if origin.is_none() || origin != host {
            return refused(t.wrong_origin);
        }
        let query = request.uri().query().unwrap_or_default();
        let mut given = form_urlencoded::parse(query.as_bytes());
        if !given.any(|(name, value)| name == "form" && is_same(&value, &self.secrets.form)) {
            return refused(t.wrong_form);
        }
        None
    }

    /// The name of the cookie: desks on other ports have other ones.
    fn cookie(&self) -> String {
        format!(
            "kycdrop-{}",
            self.host.rsplit(':').next().unwrap_or_default()
        )
    }

    fn has_session(&self, headers: &HeaderMap) -> bool {
        let name = self.cookie();
        let cookies = headers.get_all(COOKIE).into_iter();
        let mut cookies = cookies.filter_map(|cookies| cookies.to_str().ok());
        cookies.any(|cookies| {
            let mut pairs = cookies
                .split(';')
                .filter_map(|pair| pair.trim().split_once('='));
            pairs.any(|(n, value)| n == name && is_same(value, &self.secrets.session))
        })
    }

    /// The address with the token was opened: the browser gets the session, and the token leaves its bar.
    fn opened(&self) -> Response {
        let cookie = format!(
            "{}={}; HttpOnly; SameSite=Strict; Path=/",
            self.cookie(),
            self.secrets.session
        );
        let mut response = page::opening().into_response();
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
        response
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Compares with a secret, in a time that does not depend on where they differ.
fn is_same(given: &str, secret: &str) -> bool {
    let differences = given
        .bytes()
        .zip(secret.bytes())
        .fold(0, |d, (a, b)| d | (a ^ b));
    given.len() == secret.len() && differences == 0
}
