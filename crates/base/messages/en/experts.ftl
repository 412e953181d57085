# Experts: one's own profile, the public page, the list.
experts-title = Experts
experts-about = People who present what they can do and agreed to be public. They answer for what they state; the space does not certify it.
experts-search = Search by word, field, province
experts-none = No expert has published a profile yet. If there is something you could help others with, be the first.
expert-kind = Expert
expert-demonstration = This person is a demonstration and does not exist.
expert-facts = Work
expert-everywhere = Throughout the country
expert-page = See the page as others do
expert-own-title = My expert profile
expert-own-about = Let others know what you are good at and what shows it. You need not. The profile is public only with your consent, which you can take back at any time.
expert-who = Who you are
expert-who-about = Your e-mail address is never public.
expert-able = Expertise
expert-able-about = One entry for each thing, five at most. Readers trust what can be checked: works, years, certificates, publications.
expert-reach = What you do, where, in which languages
expert-reach-about = Used to bring you together with needs that fit.
expert-other-language = Vietnamese version
expert-other-language-about = Optional. Translates what is written above; save before you translate something new.
field-expert-name = Name to be shown
field-expert-party = Your organisation
field-expert-orcid = ORCID iD
field-expert-expertise = Expertise
field-expert-what = What you are good at
field-expert-evidence = What shows it
field-expert-services = Services
field-expert-languages = Working languages
field-expert-regions = Where you work
hint-field-expert-name = With a title if you like, for example Dr Nguyen Van A.
hint-field-expert-party = Only organisations whose confirmed member you are. When you leave one, its name leaves the profile by itself.
hint-field-expert-orcid = 16 characters, for example 0000-0002-1825-0097.
hint-field-expert-regions = None chosen means throughout the country.
expert-state-draft = The profile is not public; only you see it.
expert-state-published = The profile is public. What you save is seen by everybody at once.
expert-state-withdrawn = You withdrew the profile; only you see it.
expert-consented-on = You consented at { $time }.
expert-publication = Publish the profile
expert-missing = Before it can be public, the profile still lacks:
expert-publish-about = Please read this. The version of the text and the moment of your consent are recorded.
expert-agree = I have read this and agree.
expert-agree-first = Read the text and tick that you agree before you publish.
expert-publish = Publish the profile
expert-withdraw-about = If you take your consent back, the profile leaves its public page, the search and the suggestions at once. Its contents stay with you alone.
expert-withdraw = Withdraw the profile
expert-did-save = The profile was saved.
expert-did-publish = The profile is public.
expert-did-withdraw = The profile was withdrawn; nobody else sees it any more.
expert-stale = The profile was changed in another window after you opened this page. What you typed is still here; if you save again, it replaces the other change.
expert-stale-publish = The profile was changed in another window. Look at it below and consent again.
# The texts consented to, one number per version. Old ones stay as they are, since people consented to them.
expert-consent-1 = I agree that the Space makes this expert profile public: name, presentation, expertise with evidence, services, languages, places of work, ORCID iD and the name of the organisation I chose.
    Purpose: that agencies, firms, co-operatives and citizens find me, and that the system suggests me for needs that fit. Anybody can see it, search engines on the web included.
    What I change later is public under this consent as well. My e-mail address and my account are not made public.
    I can take my consent back at any time, on this very page; the profile is then public no more. Taking it back does not make wrong what happened before.
# Experts and parties that fit a listing.
counterparts-experts-need = Experts who may help
counterparts-experts-offer = Experts in the matter
counterparts-experts-about = By the expertise, fields and places of work that experts state; each with reasons.
counterparts-experts-none = No expert fits so far.
counterparts-parties-need = Organisations that may help
counterparts-parties-offer = Organisations that may be interested
counterparts-parties-about = By what organisations can do, have and look for; each with reasons.
counterparts-parties-none = No organisation fits so far.
counterparts-all = See all { $count }
counterparts-matches = Matches
counterparts-list = The list
