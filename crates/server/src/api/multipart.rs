//! A form with files, part by part as it comes in.
//!
//! The parser keeps whatever comes before a part's contents until all of that is there: what stands before the first part,
//! and each part's head. Here it gets no more of it than a head may have; the whole is bounded by the route. Not here: what
//! becomes of the parts.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use futures_util::{StreamExt as _, stream};

use crate::patience::Received;
use crate::problem::Problem;

/// Bytes before a part's contents at most; of a browser's form they are some hundreds, with a long file name a few thousand.
const HEAD_MAX: u64 = 16 * 1024;

/// A form that is being read.
pub(crate) struct Parts {
    form: Multipart,
    received: Received,
}

/// What was sent broke off, or is more than may be read.
pub(crate) fn cut(error: &MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large");
    }
    Problem::malformed("body-cut")
}

impl Parts {
    /// Begins to read: waits for the first of the body. The parser looks for more twice in a row before it looks for the first
    /// boundary again, and takes a form that comes in between for one without an end.
    pub(crate) async fn of(request: Request) -> Result<Self, Problem> {
        let received = Received::default();
        let (head, body) = received.count(request).into_parts();
        let mut rest = body.into_data_stream();
        let first = rest.next().await;
        let request = Request::from_parts(head, Body::from_stream(stream::iter(first).chain(rest)));
        let form = Multipart::from_request(request, &()).await;
        let form = form.map_err(|_| Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad-form"))?;
        Ok(Self { form, received })
    }

    /// The next part, once its head is there.
    pub(crate) async fn next(&mut self) -> Result<Option<Field<'_>>, Problem> {
        let Self { form, received } = self;
        let before = received.bytes();
        let mut next = pin!(form.next_field());
        poll_fn(|context| match next.as_mut().poll(context) {
            Poll::Ready(part) => Poll::Ready(part.map_err(|error| cut(&error))),
            // It took all that there was, and that was no whole head.
            Poll::Pending if received.bytes() - before > HEAD_MAX => Poll::Ready(Err(Problem::malformed("bad-form"))),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Bytes;

    use super::*;

    /// A form whose body comes in pieces, with a pause between them as on a line.
    fn form(pieces: impl Iterator<Item = Vec<u8>> + Send + 'static) -> Request {
        let pieces = futures_util::stream::iter(pieces).then(|piece| async move {
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(Bytes::from(piece))
        });
        let kind = "multipart/form-data; boundary=xxx";
        Request::builder().header("content-type", kind).body(Body::from_stream(pieces)).unwrap()
    }

    const FIRST: &str = "--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a";

    #[tokio::test]
    async fn what_comes_before_the_contents_of_a_part_without_end_is_read_no_further() {
        let piece = || vec![b'a'; 1_000];
        for (begin, then) in [("", piece()), (FIRST, piece()), ("--xxx", vec![b' '; 1_000]), ("--xxx\r\n", b"X: y\r\n".repeat(100))] {
            let endless = std::iter::once(begin.as_bytes().to_vec()).chain(std::iter::repeat(then));
            let mut parts = Parts::of(form(endless)).await.unwrap();
            let refused = parts.next().await.unwrap_err();
            assert_eq!((refused.status, refused.kind), (StatusCode::BAD_REQUEST, "bad-form"), "{begin:?}");
            assert!(parts.received.bytes() < 2 * HEAD_MAX, "{begin:?}: {} bytes were read", parts.received.bytes());
        }
    }

    #[tokio::test]
    async fn a_part_may_be_long_and_its_head_come_byte_by_byte() {
        let name = "tên".repeat(500);
        let head = format!("{FIRST}{name}\"\r\n\r\n");
        let body =
            [head.as_bytes(), &[b'a'; 100_000], b"\r\n--xxx\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\nc\r\n--xxx--"].concat();
        for size in [1, 4_096, 100_000, usize::MAX] {
            let pieces: Vec<Vec<u8>> = body.chunks(size.min(body.len())).map(<[u8]>::to_vec).collect();
            let mut parts = Parts::of(form(pieces.into_iter())).await.unwrap();
            let mut read = Vec::new();
            while let Some(part) = parts.next().await.unwrap() {
                let name = part.name().unwrap().to_owned();
                read.push((name, part.bytes().await.unwrap().len()));
            }
            assert_eq!(read, [("file".to_owned(), 100_000), ("b".to_owned(), 1)], "in pieces of {size}");
        }
    }
}
