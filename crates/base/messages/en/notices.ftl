# Notices, saved searches and the letters about them.
notices-title = Notices
notices-unread = { $count } unread
notices-none = Nothing yet. When somebody is interested in a listing of yours, a deal takes a step or a saved search finds something, you will see it here.
notices-new = New
notices-read-all = Mark all as read
notice-untitled = a listing that is not shown any more
notice-untitled-story = a story that is no longer shown
notice-interest-received = Somebody is interested in “{ $title }”
notice-interest-answered = There is an answer to your interest in “{ $title }”
notice-interest-due = An interest in “{ $title }” waits for an answer
notice-deal-moved = The deal about “{ $title }” took a step
notice-deal-left = Your party no longer takes part in the deal { $code }
notice-deal-message = There is something new (a message, an offer, a document, a record, an accepted agreement) in the deal about “{ $title }”
notice-deal-free = The deal { $code }, which nobody brokers, has stood in its stage beyond its day
notice-deal-register = The contract of the deal about “{ $title }” is due to be registered by law
notice-task-due = Something is due in the deal about “{ $title }”
notice-disclosure-granted = Confidential details of “{ $title }” were opened to you; read and accept the agreement first
notice-document-to-sign = A confidential document of the deal about “{ $title }” was opened to you; read and accept the agreement first
notice-document-granted = A confidential document of the deal about “{ $title }” was opened to you
notice-disclosure-used = Somebody accepted the agreement for, or opened, the confidential details of “{ $title }”
notice-glass-broken = An administrator opened the confidential details of “{ $title }” in an emergency; the reason is in the ledger
notice-match-found = A counterpart for “{ $title }” was found
notice-expert-found = An expert who may help with “{ $title }” was found
notice-need-for-expert = A need fits what you can do: “{ $title }”
notice-search-news = { $count ->
    [one] A new result for the search “{ $title }”
   *[other] { $count } new results for the search “{ $title }”
}
notice-consent-asked = You are asked for your consent or statement on “{ $title }”
notice-deals-handed-over = Deals were handed over to you; state your interests in each of them
notice-party-merged = Parties merged: { $title }
notice-merged-names = “{ $from }” is now part of “{ $to }”
notice-story-published = The success story “{ $title }” is public
notice-story-withdrawn = A party took its consent to the success story “{ $title }” back; the story is not public
notice-kind-interest-received = Somebody is interested in a listing of mine
notice-kind-interest-answered = My interest was answered
notice-kind-interest-due = An interest waits for my answer
notice-kind-deal-moved = A deal took a step
notice-kind-deal-message = Messages, offers and documents in deals
notice-kind-task-due = Something is due
notice-kind-disclosure-granted = Something confidential was opened to me
notice-kind-disclosure-used = My confidential details: agreement accepted, or opened
notice-kind-glass-broken = My confidential details were opened in an emergency
notice-kind-match-found = A new counterpart was found
notice-kind-search-news = A saved search found something
notice-kind-consent-asked = I am asked for consent or a statement
notice-kind-party-merged = My party was merged
notice-kind-story-published = A success story of my organisation is public
notice-kind-story-withdrawn = A party takes its consent to a success story back
notice-way-at-once = A letter at once
notice-way-daily = In one letter each morning
notice-way-off = No letter
notice-choices-title = How I am told
notice-choices-door = A letter at once, one letter each morning, or only here.
notice-choices-about = Every notice is listed in the space. Here you choose which of them are mailed as well. The letters of saved searches are chosen there:
saved-title = Saved searches
saved-about = A saved search goes on looking for you. When something new is published, or something that was edited fits only now, you get a notice, and a letter if you like.
saved-none = You have saved no search yet. Search, then choose “Tell me of new ones” on the page of results.
saved-begin = Search
saved-when = How I am told
saved-when-at-once = By letter at once (within minutes)
saved-when-daily = By letter each morning, if there is something
saved-when-weekly = By letter on Monday mornings, if there is something
saved-when-in-space = Only in the space, without letters
saved-when-off = Paused
saved-remove = Remove
saved-news = What it brought
saved-feed = Atom feed
saved-feed-about = An Atom feed is for feed readers. Whoever has the address reads what you may see, so keep it to yourself; it ends when you remove the search.
saved-everything = Everything
saved-did-kept = The search was saved.
saved-did-edited = The change was saved.
saved-did-removed = The search was removed.
saved-new-title = Tell me of new results
saved-new-about = From now on you are told of whatever is published and found by this search, each once. It can be saved though it finds nothing yet.
saved-looks-for = Looks for:
saved-name = Name
saved-keep = Save the search
saved-back = Back to the results
saved-all = All it finds now
saved-brought = { $count ->
    [one] One result brought
   *[other] { $count } results brought
}
saved-no-news = Nothing new since it was saved.
saved-over = This is not to be seen any more
saved-offer = Tell me of new ones
saved-need = Counterparts of the need “{ $title }”
saved-need-gone = Counterparts of a need that is not shown any more
saved-need-back = Back to the matches
empty-keep = Save this search and be told when there is something
stop-title = Stop letters
stop-search = Letters about the saved search “{ $name }”
stop-kind = Letters of this kind: { $name }
stop-all = All letters of notices
stop-button = Stop these letters
stop-done = They were stopped.
stop-after-search = The search goes on, and what is new is told in the space. To get letters again, or to pause it:
stop-after = The notices stay in the space. To get letters again:
fault-bad-search = The search cannot be read at “{ $name }”.
fault-too-many-saved = At most { $max } saved searches; remove one first.
fault-notice-kind-elsewhere = How “{ $code }” is told is chosen with each saved search.
mail-notice =
    { $text }

    { $link }

    Choose which notices are mailed:
    { $choose }
mail-digest-subject = { $count ->
    [one] One new notice
   *[other] { $count } new notices
}
mail-digest =
    Since yesterday:

    { $lines }

    All of them:
    { $link }

    Choose which notices are mailed:
    { $choose }
mail-alert-subject = { $count ->
    [one] A new result: { $name }
   *[other] { $count } new results: { $name }
}
mail-alert =
    The saved search “{ $name }” found something new ({ $count }):

    { $lines }

    All of them:
    { $link }

    Stop letters about this search:
    { $stop }
