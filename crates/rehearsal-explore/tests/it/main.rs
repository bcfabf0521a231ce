//! Campaigns: the same bytes on any number of threads and in any number of shards, and what is found is shrunk. Pairs: none is
//! left out. All runs of a small scenario: as many as there are. Coverage: what a run has done.

mod campaign;
mod coverage;
mod depth;
mod exhaustive;
mod order;
mod past;
mod shards;
