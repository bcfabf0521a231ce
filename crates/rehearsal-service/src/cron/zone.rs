//! Time zones whose clocks are not changed. Where they are, a table of the changes would be needed; there is none.

/// How many seconds the clocks of a time zone are ahead of UTC; `None` if they are changed, or it is not known here.
///
/// Names are those of the IANA database, as Go's `time.LoadLocation` takes them. All of these have kept their clocks
/// since 1995.
pub(super) fn ahead_of_utc(name: &str) -> Option<i64> {
    let minutes = match name {
        "" | "UTC" | "Etc/UTC" | "Etc/GMT" | "GMT" => 0,
        "Africa/Lagos" => 60,
        "Africa/Johannesburg" => 120,
        "Africa/Nairobi" | "Asia/Riyadh" => 180,
        "Asia/Dubai" => 240,
        "Asia/Kolkata" | "Asia/Calcutta" => 330,
        "Asia/Kathmandu" => 345,
        "Asia/Bangkok" | "Asia/Ho_Chi_Minh" | "Asia/Jakarta" => 420,
        "Asia/Hong_Kong" | "Asia/Manila" | "Asia/Shanghai" | "Asia/Singapore" | "Asia/Taipei" => {
            480
        }
        "Asia/Seoul" | "Asia/Tokyo" => 540,
        "Australia/Brisbane" => 600,
        "America/Puerto_Rico" => -240,
        "America/Bogota" | "America/Lima" => -300,
        "America/Phoenix" => -420,
        "Pacific/Honolulu" => -600,
        _ => return None,
    };
    Some(minutes * 60)
}
