//! Channels of workflow code as cases of a selector: `AddReceive` and `AddSend`.

use super::{Case, Selector};
use crate::channel::{Channel, Receiving, Sending};

impl<'a, R> Selector<'a, R> {
    /// Adds the values of a channel of workflow code: `None` when it is closed and empty.
    ///
    /// # Examples
    ///
    /// ```
    /// # use rehearsal::{Context, WorkflowError, secs};
    /// enum Step {
    ///     Counted(Option<u32>),
    ///     Late,
    /// }
    ///
    /// async fn sum(ctx: Context, (): ()) -> Result<u32, WorkflowError> {
    ///     let numbers = ctx.channel::<u32>();
    ///     let sender = numbers.clone();
    ///     ctx.spawn(async move {
    ///         sender.send(1).await;
    ///         sender.send(2).await;
    ///         sender.close();
    ///     });
    ///     let mut sum = 0;
    ///     let mut selector = ctx
    ///         .selector()
    ///         .receive(&numbers, Step::Counted)
    ///         .timer(&ctx.timer(secs(10)), |_| Step::Late);
    ///     while let Step::Counted(Some(number)) = selector.select().await {
    ///         sum += number;
    ///     }
    ///     Ok(sum)
    /// }
    /// ```
    pub fn receive<T: 'static>(
        mut self,
        channel: &Channel<T>,
        then: impl FnMut(Option<T>) -> R + 'a,
    ) -> Self
    where
        R: 'a,
    {
        self.cases.push(Case::Channel(Box::new(Receiving::new(channel, then))));
        self
    }

    /// Adds that this value is sent on a channel of workflow code. Each time the case is taken, it is sent once more.
    ///
    /// # Panics
    ///
    /// [`select`](Self::select) panics with `Closed channel`, as Go does, if the channel is closed when it is asked.
    pub fn send<T: Clone + 'static>(
        mut self,
        channel: &Channel<T>,
        value: T,
        then: impl FnMut() -> R + 'a,
    ) -> Self
    where
        R: 'a,
    {
        self.cases.push(Case::Channel(Box::new(Sending::new(channel, value, then))));
        self
    }
}
