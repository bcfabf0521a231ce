//! One attempt of an activity: a future that is canceled from outside and tells of heartbeats.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures::FutureExt as _;
use futures::future::{BoxFuture, LocalBoxFuture};
use rehearsal_history::{Payloads, SmolStr};
use rehearsal_proto::{ConvertError, from_list, header, list};
use temporalio_common::data_converters::{DataConverter, PayloadConversionError};
use temporalio_common::payload_visitor::decode_payloads;
use temporalio_common::protos::coresdk::activity_task::Start;
use temporalio_common::protos::temporal::api::common::v1::Payload;
use temporalio_sdk::testing::ActivityEnvironment;

use super::context::{context, environment};
use super::execution::{
    Call, Code, Instance, Outcome, Refusal, failed, outcome, serialization, undecodable,
};
use super::heartbeat::HeartbeatTypes;
use super::info::AttemptInfo;
use super::waker::AttemptWaker;

/// One attempt of an activity that runs.
///
/// Poll it inside of [`Runtime::enter`](super::Runtime::enter), and take its heartbeats after each poll. It wakes its
/// poller when its code is woken, and when a task that the code has spawned records a heartbeat. A task's heartbeats after
/// the end of the attempt are lost, as a worker drops them.
pub struct Attempt {
    code: LocalBoxFuture<'static, Outcome>,
    /// What the code ended with, as long as a heartbeat before it is not encoded.
    ended: Option<Outcome>,
    encoded: Vec<Option<Payloads>>,
    shared: Arc<Shared>,
}

/// What an activity is run with, beside what the server says.
pub(super) struct Equipment {
    pub(super) code: Code,
    pub(super) instance: Option<Instance>,
    pub(super) converter: DataConverter,
    pub(super) heartbeats: Arc<HeartbeatTypes>,
    pub(super) waker: AttemptWaker,
}

impl Attempt {
    /// Nothing runs before the first poll.
    pub(super) fn new(equipment: Equipment, info: AttemptInfo, input: Option<&Payloads>) -> Self {
        let Equipment { code, instance, converter, heartbeats, waker } = equipment;
        let shared = Arc::new(Shared {
            activity: info.activity_type.clone(),
            converter,
            heartbeats,
            waker: Arc::new(waker),
            state: Mutex::default(),
        });
        let task = task_of(&info, input);
        let execution = run(Arc::clone(&shared), code, instance, info, task);
        Self { code: execution.boxed_local(), ended: None, encoded: Vec::new(), shared }
    }

    /// Tells the code that its cancel was requested, or that it should end for another reason: the SDK knows no
    /// difference. Once is enough; the first poll comes first if there was none.
    pub fn cancel(&self) {
        let environment = {
            let mut state = self.shared.state();
            state.canceled = true;
            state.environment.clone()
        };
        if let Some(environment) = environment {
            environment.cancel();
        }
    }

    /// The heartbeats that the code and its tasks have recorded since the last call, in order: their details, encoded.
    /// Nothing is held back.
    pub fn take_heartbeats(&mut self) -> Vec<Option<Payloads>> {
        std::mem::take(&mut self.encoded)
    }

    /// Lets the data converter's codec work on heartbeats, one after the other.
    fn encode_heartbeats(&mut self, cx: &mut Context<'_>) {
        loop {
            let Some(mut beat) = self.shared.state().beats.pop_front() else { return };
            match beat.poll_unpin(cx) {
                Poll::Ready(Ok(details)) => match from_list(details) {
                    Ok(details) => self.encoded.push(details),
                    Err(error) => self.shared.refuse(self.shared.unmapped(error)),
                },
                Poll::Ready(Err(error)) => self.shared.refuse_encoding(&error),
                Poll::Pending => return self.shared.state().beats.push_front(beat),
            }
        }
    }
}

impl Future for Attempt {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let this = self.get_mut();
        let waker = Arc::clone(&this.shared.waker);
        waker.polled(cx.waker(), || {
            let waker = Waker::from(Arc::clone(&waker));
            let cx = &mut Context::from_waker(&waker);
            if this.ended.is_none()
                && let Poll::Ready(outcome) = this.code.poll_unpin(cx)
            {
                this.ended = Some(outcome);
            }
            this.encode_heartbeats(cx);
        });
        let mut state = this.shared.state();
        if let Some(refusal) = state.refused.take() {
            Poll::Ready(Outcome::Refused(refusal))
        } else if state.beats.is_empty() {
            this.ended.take().map_or(Poll::Pending, Poll::Ready)
        } else {
            Poll::Pending
        }
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("activity", &self.shared.activity).finish_non_exhaustive()
    }
}

/// The task that core hands to the worker, as far as it holds payloads.
fn task_of(info: &AttemptInfo, input: Option<&Payloads>) -> Result<Start, ConvertError> {
    Ok(Start {
        header_fields: header(info.header.as_ref())?,
        input: list(input)?,
        heartbeat_details: list(info.heartbeat_details.as_ref())?,
        ..Start::default()
    })
}

/// What happens from the task that the worker gets to what it answers.
async fn run(
    shared: Arc<Shared>,
    code: Code,
    instance: Option<Instance>,
    info: AttemptInfo,
    task: Result<Start, ConvertError>,
) -> Outcome {
    let converter = shared.converter.clone();
    let mut task = match task {
        Ok(task) => task,
        Err(error) => return Outcome::Refused(shared.unmapped(error)),
    };
    if let Err(error) = decode_payloads(&mut task, converter.codec(), &serialization()).await {
        return failed(&shared.activity, &converter, undecodable(&error)).await;
    }
    let input = std::mem::take(&mut task.input);
    // The environment is kept in `shared`, so what it calls must not keep `shared`.
    let weak = Arc::downgrade(&shared);
    let on_heartbeat = move |details: Box<dyn Any>| {
        if let Some(shared) = weak.upgrade() {
            shared.record(details.as_ref());
        }
    };
    let environment = environment(info.to_sdk(), task, converter.payload_converter(), on_heartbeat);
    let environment = match environment {
        Ok(environment) => Arc::new(environment),
        Err(error) => {
            return Outcome::Refused(Refusal::HeartbeatDetails {
                activity: shared.activity.clone(),
                reason: error.to_string(),
            });
        }
    };
    let context = context(&environment);
    shared.install(environment);
    let call = Call { instance, context, input, converter: converter.clone() };
    let result = code(call).await;
    outcome(&shared.activity, &converter, result).await
}

/// What an attempt shares with the context of its code.
struct Shared {
    activity: SmolStr,
    converter: DataConverter,
    heartbeats: Arc<HeartbeatTypes>,
    waker: Arc<AttemptWaker>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Once the code has begun.
    environment: Option<Arc<ActivityEnvironment>>,
    canceled: bool,
    /// Heartbeats on their way through the codec.
    beats: VecDeque<BoxFuture<'static, Result<Vec<Payload>, PayloadConversionError>>>,
    refused: Option<Refusal>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn install(&self, environment: Arc<ActivityEnvironment>) {
        let mut state = self.state();
        if state.canceled {
            environment.cancel();
        }
        state.environment = Some(environment);
    }

    /// Takes the details of a heartbeat, on whichever thread it is recorded.
    fn record(&self, details: &dyn Any) {
        let data = serialization();
        match self.heartbeats.encode(details, self.converter.payload_converter(), &data) {
            Some(Ok(payloads)) => {
                let encoding = self.converter.codec().encode(&data, payloads);
                self.state().beats.push_back(encoding);
            }
            Some(Err(error)) => self.refuse_encoding(&error),
            None => self.refuse(Refusal::HeartbeatType { activity: self.activity.clone() }),
        }
        self.waker.wake_for_news();
    }

    fn refuse_encoding(&self, error: &PayloadConversionError) {
        let reason = error.to_string();
        self.refuse(Refusal::HeartbeatEncoding { activity: self.activity.clone(), reason });
    }

    fn unmapped(&self, error: ConvertError) -> Refusal {
        Refusal::Unmapped { activity: self.activity.clone(), error }
    }

    fn refuse(&self, refusal: Refusal) {
        self.state().refused.get_or_insert(refusal);
    }
}
