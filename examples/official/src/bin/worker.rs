//! The worker: `cargo run -p rehearsal-example-official --bin order-worker [URL]`, with a server at
//! <http://localhost:7233> or at the URL.
#![expect(clippy::print_stdout, reason = "the sandbox shows what it is asked to do")]

use async_trait::async_trait;
use rehearsal_example_official::{Gateway, GatewayError, Order, OrderWorkflow, Payment, Shop};
use temporalio_client::{Client, ClientOptions, Connection, ConnectionOptions, Url};
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::{Runtime, Worker, WorkerOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://localhost:7233".to_owned());
    let runtime = Runtime::from_current_tokio(RuntimeOptions::default())?;
    let connection =
        Connection::connect(ConnectionOptions::new(url.parse::<Url>()?).build()).await?;
    let client = Client::new(connection, ClientOptions::new("default").build())?;

    let options = WorkerOptions::new("orders")
        .register_workflow::<OrderWorkflow>()?
        .register_activities(Shop::new(Sandbox))
        .build();
    Worker::new(&runtime, client, options)?.run().await?;
    Ok(())
}

/// The sandbox of the gateway: everything works at once, and nothing costs anything.
struct Sandbox;

#[async_trait]
impl Gateway for Sandbox {
    async fn charge(&self, order: &Order) -> Result<Payment, GatewayError> {
        println!("{}: charged {} cents", order.id, order.cents);
        Ok(Payment::of(order))
    }

    async fn refund(&self, order: &Order) -> Result<(), GatewayError> {
        println!("{}: refunded", order.id);
        Ok(())
    }

    async fn book_courier(&self, order: &Order) -> Result<String, GatewayError> {
        println!("{}: booked a courier", order.id);
        Ok(format!("parcel of {}", order.id))
    }

    async fn is_collected(&self, parcel: &str) -> Result<bool, GatewayError> {
        println!("{parcel}: collected");
        Ok(true)
    }

    async fn cancel_courier(&self, order: &Order) -> Result<(), GatewayError> {
        println!("{}: called the courier off", order.id);
        Ok(())
    }
}
