# The pictures of help, in words.
picture-search = Results for “may say com dua”: filters on the left, each result with its title, readiness, party and an excerpt with the words that matched marked.
picture-listing = The page of a technology: title, summary and problem on the left; Show interest, readiness and field on the right.
picture-need-targets = The part “Result wanted” of a need: each figure with its value today, the value wanted, its unit and whether it is a must.
picture-matches = Technologies that may answer a need, each with how well it fits and the reasons.
picture-interest = The form that shows interest: for which organisation, what it is about, what it is for.
picture-posting = One part of posting a technology: the parts and the meter “Complete” on the left, the results in figures on the right.
picture-interest-received = An interest that came in: what it says, who is interested, by when to answer, and the ways to accept, ask for more or decline.
picture-need-desk = The page that records a need: first whose need it is, a party found by its name or a new one, then how it became known.
picture-deal = The page of a deal: its stages on top, what is next and whose move it is, the offers side by side.
picture-board = The board of deals: a column for each stage, a card for each deal with its parties and its date.
picture-queue = The review queue: what waits longest on top, the days it waits and who has it in hand.
picture-review = A revision under review: what is in public beside what was submitted, changed words marked, checks and points on the right.
