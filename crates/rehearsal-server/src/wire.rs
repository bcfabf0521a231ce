//! One unary call: its bytes in, its bytes out.

use std::future::Future;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use rehearsal_proto::status;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::server::{Grpc, UnaryService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// How large a request may be, compressed or not: what gRPC of Go takes unless it is told otherwise. Workers look for the
/// words of that refusal, and fail the task that is too large.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// How Go begins that refusal (`rpc_util.go` of grpc-go).
const LARGER: &str = "grpc: received message larger than max";

/// How much of a request is read before it is refused, so that it can be said how large it is.
const READ_BYTES: usize = 4 * MOST_BYTES;

/// How long the bytes of a request may take to come.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// How many requests are read at once: so many times [`MOST_BYTES`] is what strangers can make the server hold.
const READ_AT_ONCE: usize = 64;

static READING: Semaphore = Semaphore::const_new(READ_AT_ONCE);

/// The bytes of a request: from a connection, or from this process.
pub(crate) trait Message:
    hyper::body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send
{
}

impl<B> Message for B where
    B: hyper::body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
{
}

/// A function as a service of `tonic`.
struct Call<F>(F);

impl<M, R, F, A> UnaryService<M> for Call<F>
where
    M: prost::Message,
    F: FnMut(Request<M>) -> A,
    A: Future<Output = Result<R, Status>> + Send + 'static,
    R: Send + 'static,
{
    type Response = R;
    type Future =
        std::pin::Pin<Box<dyn Future<Output = Result<Response<R>, Status>> + Send + 'static>>;

    fn call(&mut self, request: Request<M>) -> Self::Future {
        if request.get_ref().encoded_len() > MOST_BYTES {
            let wrong =
                format!("grpc: received message after decompression larger than max {MOST_BYTES}");
            return Box::pin(async move { Err(Status::resource_exhausted(wrong)) });
        }
        let answer = (self.0)(request);
        Box::pin(async move { answer.await.map(Response::new).map_err(status::short) })
    }
}

/// Reads the request, has it answered, and writes the answer. A request may be compressed with gzip, which SDKs do unless
/// they are told otherwise; answers are not.
pub(crate) async fn unary<M, R, A>(
    request: http::Request<impl Message>,
    call: impl FnMut(Request<M>) -> A,
) -> http::Response<Body>
where
    M: prost::Message + Default + Send + 'static,
    R: prost::Message + Default + Send + 'static,
    A: Future<Output = Result<R, Status>> + Send + 'static,
{
    let (head, body) = request.into_parts();
    let bytes = match read(body).await {
        Ok(bytes) => bytes,
        Err(status) => return status.into_http(),
    };
    let request = http::Request::from_parts(head, Full::new(bytes));
    Grpc::new(ProstCodec::<R, M>::default())
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(READ_BYTES)
        .unary(Call(call), request)
        .await
}

/// How long the message says that it is: a byte that says whether it is compressed stands before that.
fn length(bytes: &[u8]) -> Option<usize> {
    let length = bytes.get(1..5)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(length)).ok()
}

/// The bytes of a request, if they are not too many and come in time.
async fn read(body: impl Message) -> Result<Bytes, Status> {
    let Ok(_permit) = READING.acquire().await else {
        return Err(Status::unavailable("the server ends"));
    };
    let whole = Limited::new(body, READ_BYTES).collect();
    match tokio::time::timeout(READ_WITHIN, whole).await {
        Ok(Ok(whole)) => {
            let bytes = whole.to_bytes();
            match length(&bytes) {
                Some(length) if length > MOST_BYTES => {
                    Err(Status::resource_exhausted(format!("{LARGER} ({length} vs. {MOST_BYTES})")))
                }
                _ => Ok(bytes),
            }
        }
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Status::resource_exhausted(
            format!("{LARGER} (more than {READ_BYTES} vs. {MOST_BYTES})"),
        )),
        Ok(Err(error)) => Err(Status::aborted(format!("the request cannot be read: {error}"))),
        Err(_) => Err(Status::deadline_exceeded("the request did not come in time")),
    }
}
