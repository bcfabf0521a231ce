//! What comes from outside, as it may come.

mod hostile;
mod request;
mod work;
