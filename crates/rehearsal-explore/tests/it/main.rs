//! Campaigns: the same bytes on any number of threads, and what is found is shrunk. Pairs: none is left out.

mod campaign;
mod coverage;
mod depth;
mod exhaustive;
mod shards;
