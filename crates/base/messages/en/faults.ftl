# What is wrong with what was sent: says how to mend it.
fault-too-long = At most { $max } characters; this has { $length }.
fault-forbidden-character = It has a control character or one that turns the writing direction; type this part again.
fault-negative = It must not be negative.
fault-unknown-currency = A currency is three capital letters of ISO 4217, such as VND.
fault-end-before-start = The end must be the same as the start or after it.
fault-unknown-code = The list “{ $list }” has no code “{ $code }”.
fault-retired-code = The code “{ $code }” of the list “{ $list }” can no longer be chosen.
