//! Campaigns: the same bytes on any number of threads, and what is found is shrunk.

mod campaign;
mod coverage;
