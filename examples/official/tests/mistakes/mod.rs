//! Five copies of the order, each with one mistake, and that each is found.

mod deaf;
mod own_token;
mod remembered_late;
mod timer_left;
mod undone_twice;
