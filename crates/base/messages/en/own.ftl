# The profile of an organisation, its members, my account, and the pages of the staff.
own-save = Save
own-back = Back to my space
own-stale = This changed after you opened the page. Here is how it stands now; look it over and go on.
own-password-wrong = The present password is not right.

profile-new-title = Register an organisation, a cooperative or a person
profile-new-about = Every listing is posted in the name of an organisation or a person. Whoever registers becomes its administrator and can invite others. What it does, its skills and its equipment can be added later.
profile-register = Register
profile-title = Profile of { $name }
profile-verified = This organisation is verified. With a new name, type or tax code it has to be verified again.
profile-stale = Somebody changed this profile after you opened the page. What you typed is still here; if you save once more, it takes the place of what they wrote.
profile-who = Name and type
profile-who-about = By this you are found and staff can verify you.
profile-where = Address
profile-where-about = Everybody sees province and commune. House and street are for members and staff only, unless you make them public.
profile-about = What you do
profile-about-about = This stands on the page of the organisation.
profile-reach = Contact and size
profile-reach-about = Your e-mail address and telephone number are never shown in public.
profile-other-language = In Vietnamese
profile-other-language-about = Not required, but most readers look for Vietnamese. The name and a few sentences are a good beginning.
field-profile-name = Full name
field-profile-type = Type
field-profile-registration = Number and date of registration or founding decision
field-profile-province = Province or city
field-profile-commune = Commune or ward
field-profile-street = House and street
field-profile-street-public = Everybody may see house and street
field-profile-relay = Others may write to us through this site
field-profile-presentation = About
hint-field-profile-name = As on the registration certificate, the founding decision or the identity card.
hint-fact-tax-code = 10 digits; a dependent unit 10 and 3 digits; a person or household business 12 digits. That of a person or household business is never shown.
hint-field-profile-registration = Where there is no tax code, such as: Decision 12/QĐ-UBND of 5 March 2020.
hint-field-profile-commune = The list has the communes and wards of one province. In another one, leave it empty.
hint-field-profile-street-public = Never shown for a person or household business.
hint-field-profile-relay = Letters are passed on to you; your address stays hidden.
hint-field-profile-presentation = What you do, for whom, since when. Markdown works: an empty line begins a paragraph, a line with - in front is an item.
hint-party-capacities = Each thing you can do for others on a line of its own, such as: Testing for pesticide residues.
hint-party-equipment = One piece on each line.
hint-party-standards = One standard on each line, such as ISO 22000.
hint-party-interests = One thing on each line.
hint-fact-website = It begins with https://.

members-title = Members of { $party }
members-count = { $count ->
    [one] { $count } person, invitations included.
   *[other] { $count } people, invitations included.
}
members-readers = Only administrators of the organisation can invite people and change roles.
members-since = since { $day }
members-change = Change
members-email = E-mail
members-roles = Roles
members-set-roles = Set the roles
members-confirm = Confirm
members-confirm-about = They can act for the organisation from now on.
members-suspend = Suspend
members-suspend-about = They can neither read nor change anything of the organisation until you let them go on.
members-reinstate = Let them go on
members-reinstate-about = They have the same roles as before.
members-remove = Remove
members-remove-about = They lose their rights at once. What they wrote stays. To have them back you have to invite them again.
members-invite = Invite somebody
members-invite-about = They get a letter and answer; then you confirm. Whoever has no account makes one with this address.
members-send = Send the invitation
members-did-invite = The invitation is on its way.
members-did-roles = The roles are set.
members-did-confirm = Confirmed.
members-did-suspend = Suspended.
members-did-reinstate = They can go on.
members-did-remove = Removed.

own-title = Account
own-language = Language of letters to you
own-language-about = The language of the pages is changed at the top of each.
own-safety = Safety and access
own-due = to be done
own-did-save = Saved.
own-did-password = The password is changed. All your other sessions have ended.
own-did-removed = The second factor is off.
own-did-ended = Ended.
own-did-revoked = The token is revoked.
own-memberships-door = Invitations and the organisations you belong to.

own-password-title = Change the password
own-password-door = All your other sessions end when you change it.
own-password-due = Your password is too old; please change it.
own-password-about = All your other sessions end; here you go on.
own-password-now = Present password
own-password-hint = At least { $min } characters. A few unrelated words are easy to remember and hard to guess.
own-password-button = Change the password

own-second-factor-title = Second factor
own-second-factor-off = It is off. With it, nobody gets in by knowing your password alone.
own-second-factor-on = It is on. When you sign in you also enter a code from the app on your phone.
own-second-factor-due = Staff have to set up a second factor before they can do the work of staff.
own-second-factor-about = Each time you sign in you enter your password and a 6-digit code from an app on your phone. Nobody gets in by knowing your password alone.
own-second-factor-begin = Begin
own-second-factor-app = Install an authenticator app on your phone, such as Google Authenticator, Microsoft Authenticator, Aegis or FreeOTP.
own-second-factor-scan = Scan this with the app:
own-second-factor-qr = QR code for the authenticator app; the key to type is below
own-second-factor-here = The app is on this device: open it there
own-second-factor-type = If it cannot be scanned, type this key into the app:
own-second-factor-then = Enter the 6-digit code that the app shows.
own-second-factor-confirm = Turn on the second factor
own-second-factor-again = Enter the 6-digit code that the app shows now; it changes every 30 seconds. The clock of the phone must be right.
own-second-factor-restart = Begin again with another key
own-second-factor-remove = Turn off the second factor
own-second-factor-remove-about = From then on the password alone opens your account. The recovery codes are void.
own-codes-about = The second factor is on. These are your recovery codes: each opens your account once if you lose the phone. They are shown only now.
own-codes-print = Print this page or copy the codes onto paper, and keep it where only you can get it.
own-codes-kept = I have put them away
own-codes-renew = Make new recovery codes
own-codes-renew-about = The old ones are void.

own-sessions-title = Sessions
own-sessions-door = { $count ->
    [one] { $count } other session.
   *[other] { $count } other sessions.
}
own-sessions-about = Where your account is signed in. If you do not know one, end it and change your password.
own-session-this = this one
own-session-since = Signed in
own-session-seen = last used
own-session-ends = ends
own-session-end-about = Whoever is signed in there has to sign in again at once. What was saved stays; what is half typed there cannot be saved.
own-session-end = End this session
own-sessions-end-others = End all other sessions
own-device-unknown = Unknown device

own-tokens-title = Access tokens for programs
own-tokens-door = { $count ->
    [one] { $count } token works.
   *[other] { $count } tokens work.
}
own-tokens-about = A program uses a token instead of your password and can do only what the token allows.
own-tokens-none = There is none yet. Those you make will appear here.
own-token-made = Token “{ $name }”
own-token-once = Copy it into your program now. It is shown only this once; if you lose it, revoke it and make another.
own-token-live = works
own-token-over = over
own-token-revoked = revoked
own-token-since = made on
own-token-ends = ends on
own-token-used = last used
own-token-unused = never used
own-token-revoke-about = A token that is taken back stops at once and cannot be turned on again; a program that should go on needs a new one.
own-token-revoke = Revoke
own-token-new = Make a token
own-token-name = What it is for
own-token-name-hint = Such as: Listings on the web site of the institute.
own-token-scopes = It may
own-token-party = Only for the organisation
own-token-all-parties = All my organisations
own-token-days = Days it works
own-token-days-hint = From 1 to { $number } days.
own-token-create = Make the token
fault-token-made-before = The token of this form was made before; load the page again to make another.
own-scope-read = Read
own-scope-read-about = What you can read.
own-scope-write = Write
own-scope-write-about = Make and change listings of the organisations you edit for.
own-scope-staff = Work of staff
own-scope-staff-about = Reviews, verification, the audit trail.
own-scope-import = Import files
own-scope-import-about = Send files with many listings at once.

nav-staff = Staff
staff-title = Staff
lists-door = What each code means, where it comes from and since when it holds.
staff-filter = Filter the list
staff-none-here = There is nothing here.
staff-review-door = { $count ->
    [one] { $count } submission waits for review.
   *[other] { $count } submissions wait for review.
}
staff-parties-title = Verify parties
staff-parties-door = { $count ->
    [one] { $count } party is not verified.
   *[other] { $count } parties are not verified.
}
staff-parties-count = { $count ->
    [one] { $count } party.
   *[other] { $count } parties, the newest first.
}
staff-parties-about = Open the page of a party for its tax code, registration and address, compare them, then note how it was verified.
staff-verify = Note how it was verified
staff-level = How it was verified
staff-verify-do = Note it
staff-accounts-title = Accounts
staff-accounts-door = { $count ->
    [one] { $count } account.
   *[other] { $count } accounts.
}
staff-accounts-all = All
staff-accounts-staff = Staff
staff-accounts-unconfirmed = E-mail not confirmed
staff-accounts-active = Active
staff-accounts-disabled = Disabled
staff-account-unconfirmed = e-mail not confirmed
staff-account-active = active
staff-account-disabled = disabled
staff-second-factor-on = has a second factor
staff-second-factor-off = no second factor
staff-roles = Roles in the space
staff-roles-about = When roles change, all sessions of this person end and they sign in again.
staff-roles-mean = What each role is for
staff-set-roles = Set the roles
staff-disable = Disable the account
staff-disable-about = All sessions of this person end at once and their tokens are revoked. What they posted stays. The account can be enabled again.
staff-enable = Enable the account
staff-enable-about = This person can sign in again. Their old tokens stay revoked.
staff-did-roles = The roles are set.
staff-did-disable = The account is disabled.
staff-did-enable = The account is enabled.
staff-did-verify = Noted.
staff-events-title = Audit trail
staff-events-door = { $count ->
    [one] { $count } event.
   *[other] { $count } events.
}
staff-event-number = Number
staff-event-at = When
staff-event-by = By whom
staff-event-kind = What
staff-event-subject = Id of the thing
staff-event-actor = Id of the account
staff-event-facts = Facts
staff-not-an-id = This is no id; copy a whole one from the table.
staff-actor-system = the space
staff-actor-anonymous = somebody not signed in
staff-actor-person = a person
staff-actor-program = a program
staff-chain-check = Check the chain
staff-chain-about = Reads the whole trail from its beginning to find whether a line was changed or taken out.
staff-chain-whole = The trail is whole: { $count } events were checked.
staff-chain-broken = The trail is not whole from event { $number } on. Tell whoever runs the server at once.

needs-title = Need desk
needs-about = The needs in public, who looks after them, and what is due. Who seeks is shown here to staff alone.
needs-door = { $count ->
    [one] { $count } need is due
   *[other] { $count } needs are due
}
needs-all = All
needs-mine = Mine
needs-free = Nobody's
needs-due = Due
needs-responsible = Responsible
needs-nobody = nobody
needs-next = Next action
needs-is-due = due
needs-matches = Matches
needs-see-matches = See technologies
needs-care = Assign
needs-open = See the need
needs-take = I take it in hand
needs-save = Keep
needs-responsible-hint = Whoever is responsible reads and edits the need as its own members do, the private part included.
needs-not-yours = Only brokers, administrators and whoever is responsible change this.
column-need = Need
choose-none = Not chosen
staff-accounts-find = Find by e-mail or name
staff-accounts-find-now = Find
staff-parties-find = Find by name, short name or tax code
staff-act-reason = Reason for removing the second factor
staff-act-reason-hint = At least 10 characters; the person reads it in a letter. Make sure it is really them first.
staff-take-second-factor = Remove the second factor
staff-take-second-factor-about = For somebody who lost their device. They are signed out everywhere, sign in with the password alone, and are told by mail.
staff-end-sessions = End all sessions
staff-end-sessions-about = They are signed out everywhere at once and can sign in again.
staff-act-second-factor-removed = The second factor was removed.
staff-did-second-factor = The second factor was removed; the person is told by mail.
staff-did-sessions = All sessions were ended.
