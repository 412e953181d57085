# Words on the pages.
home = Home
yes = Yes
no = No
picture-shared = Picture of { $name }
nav-skip = Skip to the content
live-unanswered = There was no answer. What you typed is still here; try again in a moment.
nav-main = Main
nav-footer = Foot of the page
nav-parties = Parties
crumbs = Where you are
demo-bar = Demonstration space: every party, listing and figure here is invented.
waiting = Working…
searching = Searching…
parts-label = Parts of this page
parts-about = This is long, so it is shown in { $count } parts.
parts-next = Read on in part { $number }
parts-one = Part { $number }
fact-whole = see all
verified-party = verified
verified-on = on { $day }
months = { $count ->
    [one] 1 month
   *[other] { $count } months
  }
since-year = since { $year }
money-from = from { $amount }
money-up-to = up to { $amount }

kind-all = All
kind-technologies = Technologies
kind-ip-assets = IP assets
kind-needs = Needs
kind-parties = Parties
kind-experts = Experts
kind-one-technology = Technology
kind-one-ip-asset = IP asset
kind-one-need = Need
kind-one-party = Party
kind-one-expert = Expert
written-in-vi = Vietnamese
written-in-en = English
money-million = { $figure } million
money-billion = { $figure } billion
percent = { $number }%
noun-technology = { $count ->
    [one] technology
   *[other] technologies
  }
noun-ip-asset = { $count ->
    [one] IP asset
   *[other] IP assets
  }
noun-need = { $count ->
    [one] need
   *[other] needs
  }
noun-party = { $count ->
    [one] party
   *[other] parties
  }
noun-expert = { $count ->
    [one] expert
   *[other] experts
  }

home-about = Where institutes, universities, firms, co-operatives and individuals publish technologies, intellectual property and needs, and find each other.
home-heading = Find technologies, intellectual property and problems to solve
home-hint = Vietnamese words are found with or without their marks. For example: coconut dryer, xu ly nuoc thai, CN-2026-000001
home-doors = What do you need?
home-newest = New technologies
home-all-technologies = All technologies
home-no-technologies = No technology has been published yet. New ones appear here as soon as they are approved.
home-needs = Needs looking for an answer
home-all-needs = All needs
home-no-needs = No need has been published yet. New ones appear here as soon as they are approved.
door-problem = I have a problem to solve
door-problem-about = Find technologies ready for transfer, with figures to compare and their readiness level.
door-technology = I have a technology
door-technology-about = See who needs one, and which figures it must reach.
door-mark = I want to use intellectual property
door-mark-about = Patents, plant varieties, marks, geographical indications and other rights of the region.

search-label = Words, a listing code or a registration number
search-hint = Words, a listing code or a registration number
search-short-hint = Search
search-button = Search
search-title = Search
search-all = All listings
search-kinds = Kinds of result
found = { $count ->
    [one] 1 result
   *[other] { $count } results
  }
found-all = { $count ->
    [one] 1 entry
   *[other] { $count } entries
  }
found-took = in { $ms } ms
found-relaxed = Few entries have all of the words, so entries with some of them are shown too.
found-ignored = Not understood, and searched as plain words or left out:
found-cut = The text is longer than can be searched, so the results are for its beginning, up to “…{ $text }”. Shorten it to the words that matter most.
did-you-mean = Did you mean
facets = Narrow the results
facets-open = Narrow the results
found-see = { $count ->
    [one] See 1 result
   *[other] See { $count } results
  }
facet-more = { $count } more
facet-choose = Choose
facet-cut = { $count ->
    [one] There is 1 more. Add words or other conditions to narrow the results.
   *[other] There are { $count } more. Add words or other conditions to narrow the results.
  }
facet-most = { $name }: at most { $max } can be chosen at once, so the results are for the first { $max }. Untick some.
facet-field = Field
facet-trl = Readiness (TRL)
facet-cooperation = Cooperation
facet-ipr-status = Protection
facet-province = Place
facet-party-type = Kind of party
facet-language = Language
facet-commune = Commune or ward
facet-price-band = Price
facet-ipc = Patent class (IPC)
facet-ip-kind = Kind of IP asset
facet-published = Published
facet-closes = Closes
period-last-7-days = Last 7 days
period-last-30-days = Last 30 days
period-last-365-days = Last 12 months
period-next-30-days = Within 30 days
period-next-90-days = Within 90 days
period-other = Choose dates
period-first-day = From
period-last-day = To
period-apply = Apply
period-from = from { $from }
period-to = until { $to }
period-between = { $from } – { $to }
period-reversed = { $name }: the first day { $from } is after the last day { $to }, so the results are not narrowed to these days. Swap the two and apply again.
period-unread = { $name }: “{ $text }” cannot be read as a day, so the results are not narrowed to it. Write a day like 24/11/2026.
export-csv = Download list (CSV)
similar = Similar listings
chips = Narrowed to
chip-remove = Remove:
chips-clear = Clear all
sort = Sort by
sort-relevance = Best match
sort-newest = Newest
sort-trl = Readiest
sort-closing = Closing soon
trl-from = from
pager = Pages of results
pager-first = ‹ First page
pager-next = Next page ›
empty-heading = Nothing found
empty-drop = Drop a filter:
empty-clear = Clear all filters
empty-fewer = Try fewer words, or wider ones: “dryer” instead of “500 kg heat-pump dryer”.
empty-code = To look up a code, type all of it: CN-2026-000001 or 1-2019-01234.
empty-everything = See all listings

listing-not-public = This listing is not public now; only members and the staff responsible see it.
listing-preview = A preview: this is how the public will see the page. Only you and those who write it see this one.
listing-preview-back = Back
listing-newer-than-public = You see the newest version. The public one does not have these changes yet.
listing-not-translated = There is no English text yet; what follows is in Vietnamese.
listing-stale-translation = The English text is older than the Vietnamese original; some details may have changed.
party-withheld = The seeker is not named
confirmed-on = Confirmed on
share = Address of this page
block-problem = The problem it solves
block-description = How it works
block-advantages = Advantages in figures
block-applications = Applications
block-products = Products, crops, livestock
block-partner-role = What the partner is expected to do
block-capacity = Capacity
block-inputs = Inputs, energy, water
block-requirements = Skills and infrastructure needed
block-environment = Effect on the environment
block-references = Where it is in use
block-demonstration-site = Where it can be seen
block-limitations = Limits and risks
block-competing = Other solutions
block-publications = Publications
block-effect = Effect
block-abstract = Abstract
block-technologies = Technologies it protects
block-encumbrances = Encumbrances
block-need = The problem
block-targets = Results wanted
block-constraints = Conditions to be met
block-already-tried = Tried already
block-excluded = Solutions that will not do
block-absorptive = What the seeker brings
block-co-funding = Other funding
advantage-metric = Measure
advantage-baseline = Today
advantage-offered = This technology
advantage-compared = Compared with:
advantage-conditions = Conditions:
advantage-evidence = Evidence:
advantage-not-measured = Not measured yet:
target-metric = Measure
target-today = Today
target-wanted = Wanted
target-priority = Priority

facts = Key facts
facts-key = In short
facts-readiness = Readiness
facts-protection = Rights and protection
facts-terms = Terms of cooperation
facts-costs = Costs
facts-classes = Classification
facts-status = Legal status
facts-numbers = Numbers and dates
facts-holders = Holders
facts-wanted = Wanted
facts-listing = About this listing
facts-party = At a glance
fact-code = Code
fact-published = First published
fact-confirmed = Last confirmed
fact-expires = Listed until
fact-languages = Languages
fact-source = Source
fact-licence = Licence
fact-trl = Technology readiness
fact-trl-min = Least readiness
fact-field = Field
fact-keywords = Keywords
fact-ipr-status = Protection
fact-ip-assets = Related IP assets
fact-owners = Owners
fact-disclosed = First disclosed
fact-task = State-funded task
fact-accepted = Accepted on
fact-decision = Right-holder decision
fact-list-check = Transfer lists
fact-cooperation = Cooperation
fact-right = Right transferred
fact-exclusivity = Exclusivity
fact-sublicence = Sublicence allowed
fact-field-of-use = Field of use
fact-territory = Territory
fact-term = Term
fact-payment = Payment
fact-price = Price
fact-partner-types = Partners wanted
fact-support = Support offered
fact-investment = Investment
fact-operating-cost = Operating cost per year
fact-payback = Payback
fact-standards = Standards
fact-ipc = Patent classes (IPC)
fact-cpc = Cooperative patent classes (CPC)
fact-vsic = Economic activity
fact-sdg = Sustainable Development Goals
fact-video = Video
fact-ip-kind = Kind
fact-ip-status = Status
fact-status-known = As known from
fact-in-force-in = In force in
fact-protected-until = Protected until
fact-availability = Availability
fact-application = Application
fact-publication = Publication
fact-grant = Registration
fact-priority = Priority
fact-route = Route
fact-family = Family
fact-holders = Holders
fact-creators = Creators
fact-representative = Representative
fact-nice = Nice classes
fact-locarno = Locarno classes
fact-vienna = Vienna classes
fact-deadline = Wanted by
fact-urgency = Urgency
fact-province = Place
fact-address = Address
fact-size = Size
fact-trade = Trade
fact-tax-code = Tax code
fact-registration = Registration
fact-website = Web site

party-about = About
party-capacities = What it can do
party-equipment = Equipment
party-standards = Standards held
party-interests = Looks for
party-listings = Listings
party-no-listings = No public listing yet. New ones appear here as soon as they are approved.
party-all-listings = See all { $count } listings
party-demonstration = An invented party of the demonstration.

sign-in = Sign in
sign-out = Sign out
sign-in-email = E-mail
sign-in-password = Password
sign-in-why = Everybody can read and search without signing in. Sign in to manage the listings of your organisation.
sign-in-fields-missing = Enter e-mail and password.
sign-in-code-title = Second factor
sign-in-code-about = Open the authenticator app on your phone and enter the 6-digit code, or use a recovery code.
sign-in-code = Code
sign-in-continue = Continue
form-fault = That did not work

account-sign-up-title = Create an account
account-sign-up-about = An account lets you post for your organisation, show interest and save searches. Reading and searching need none.
account-sign-up-button = Create the account
account-sign-up-link = Create an account
account-name = Your name
account-new-password = New password
account-have-one = I have an account
account-sent-title = Look into your mailbox
account-sent-about = If this address can be used, a letter with a link is on its way. If it does not come within minutes, look among the unwanted mail too.
account-confirm-title = Confirm your e-mail address
account-confirm-about = Press the button to confirm that this address is yours; then you can sign in.
account-confirm-button = Confirm
account-confirmed-title = Confirmed
account-confirmed-about = Your e-mail address is confirmed. You can sign in now.
account-resend-title = Send the confirmation again
account-resend-about = Enter the e-mail you made the account with; we send the letter with the link that confirms it once more.
account-resend-button = Send the letter again
account-resend-link = Send the confirmation again
account-forgot-title = Forgotten password
account-forgot-about = Enter the e-mail of your account; we send a link to set a new password.
account-forgot-button = Send the link
account-forgot-link = Forgotten your password?
account-new-link = Send me a new link
account-reset-title = Set a new password
account-reset-about = When the new password is set, every open session ends.
account-reset-button = Set the password
account-reset-done-title = The new password is set
account-reset-done-about = Sign in with the new password.

memberships-title = My organisations
memberships-about = The organisations you belong to or are invited to. After you accept, an admin of the organisation confirms.
memberships-none = You belong to no organisation yet. An admin of one can invite you by this e-mail address.
membership-accept = Accept the invitation
membership-decline = Decline
membership-leave = Leave
membership-invited = invited, waiting for your answer
membership-accepted = accepted, waiting for the organisation to confirm
membership-confirmed = member
membership-suspended = suspended
party-role-viewer = reads
party-role-editor = edits
party-role-admin = administers
party-role-signatory = signs

error-missing = This page was not found
error-missing-why = The address may be mistyped, the content taken down, or you may need to sign in to see it. Try a search:
error-sign-in = Please sign in
error-sent-lost-sign-in = What you just sent was not saved. Sign in again in another tab, then go back in your browser and send it again.
error-sent-lost = What you just sent was not saved. Go back in your browser and send it again.
error-sent-kept = What you just sent was not saved, but this tab has kept it. When you open the form again, you will be asked whether to fill it in.
kept-offer = What you sent from here last time was not saved. Fill it in again?
kept-fill = Fill in again
kept-drop = Leave it
error-forbidden = You may not see this page
error-busy = Please wait a moment
error-ours = Something went wrong on our side
error-request = This request could not be handled
error-wait = Try again in { $seconds } seconds.
error-request-id = Request id, for the administrators:
error-home = To the home page
problem-type-about = This is a type of problem that the API answers with (RFC 9457). "errors", where present, names every fault; "request_id" lets the administrators find the request in the log.

api-title = API
api-lead = Whatever can be done on the pages can be done by a program, by the same rules and with the same rights.
api-download = Download the OpenAPI 3.1 document
api-rules = What holds everywhere
api-rule-address = Base address:
api-rule-token = Public content needs no key. For the rest, make a token with POST /api/v1/tokens and send it as Authorization: Bearer.
api-rule-list = A list is items, next, total. Give next back as cursor to get the next page.
api-rule-etag = To change something, send If-Match with the ETag you saw. Missing: 428; out of date: 412.
api-rule-key = POST takes an Idempotency-Key: the same key gets the same answer and makes nothing twice.
api-rule-language = The language of answers follows Accept-Language or the parameter lang (vi, en).
api-groups = Groups of operations
api-errors = Errors
api-errors-about = Errors are application/problem+json (RFC 9457) and name every fault at once.
api-parameters = Parameters
api-body = Body
api-example = Example
api-answers = Answers
api-no-body = no body
api-schemas = Schemas
api-name = Name
api-type = Type
api-meaning = Meaning
api-required = required
api-permission-public = public
api-permission-signed-in = signed in
api-permission-member = member
api-permission-staff = staff

help-title = Help
help-about = A short page for each role, and one on how to search.
search-tips = Search tips

styleguide-title = Pieces of the interface
styleguide-about = New pages are put together from these. Each has one place in the source.
styleguide-colours = Colours
styleguide-type = Type
styleguide-buttons = Buttons
styleguide-signs = Labels and signs
styleguide-notices = Notices and empty states
styleguide-empty = Says what will appear here and names one thing to do.
styleguide-forms = Forms
styleguide-note = Please be a little clearer here.
styleguide-table = Tables
styleguide-pager = Pages of a list
styleguide-tabs = Tabs
styleguide-chips = Chips and facets
styleguide-cards = Cards
styleguide-advantage = Drying time of a batch
styleguide-waiting = While waiting
styleguide-progress = Done so far
styleguide-nothing = Empty states
styleguide-layout = Layout
styleguide-layout-story = What is read from top to bottom.
styleguide-layout-facts = Facts and what can be done, beside it; on a wide screen always in sight.
styleguide-chart = Charts
styleguide-flow = Steps

lists-title = Lists of codes
lists-about = The lists of codes that listings use, with their sources and dates.
lists-name = List
lists-code = Code
lists-count = Entries
lists-version = Version
lists-term = Name
lists-from = From
lists-to = To
lists-empty = This list has no entry yet.
lists-more = See all { $count } entries (JSON)
