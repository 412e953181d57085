# The figures of the space.
numbers-title = Figures
numbers-about = Counted over what is public at the moment you open this page. Each row leads to what it counts.
numbers-none = There is nothing to count yet. When listings are public, figures will appear here.
numbers-staff = Figures for staff
number-waiting = Waiting for review
number-waiting-about = The longest since { $since }
number-waiting-none = Nothing waits.
number-time = From submitted to published
number-time-about = Median. Nine of ten of the last { $count } publications took at most { $ninth }.
span-minutes = { $count } min
span-hours = { $count } h
span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
chart-away = Take away:
chart-kinds = Most are { $first }: { $count } of { $all }
chart-kinds-head = Kind
chart-kinds-unit = Listings
chart-fields = { $first } has the most listings
chart-fields-head = Field
chart-fields-unit = Listings
chart-places = { $count } of { $all } listings are in { $first }
chart-places-none = no place given
chart-places-head = Province
chart-places-unit = Listings
chart-parties = { $first } posts the most
chart-parties-head = Sort of party
chart-parties-unit = Listings
chart-standing = Most are { $first }: { $count } of { $all } listings
chart-standing-head = Kind – status
chart-standing-unit = Listings
