# Lists and tables: how long ago, files to take away, sorting, marks of what is missing.
ago-now = just now
ago-minutes = { $count ->
    [one] 1 minute ago
   *[other] { $count } minutes ago
  }
ago-hours = { $count ->
    [one] 1 hour ago
   *[other] { $count } hours ago
  }
ago-yesterday = yesterday
ago-days = { $count ->
    [one] 1 day ago
   *[other] { $count } days ago
  }
hit-updated = updated
hit-published = published
hit-joined = joined
list-csv = Take away as CSV
column-code = Code
column-kind = Kind
column-party = Party
column-parties = Parties
staff-event-from = From
staff-event-to = To
staff-not-a-day = Choose a day, such as 2026-11-24.
