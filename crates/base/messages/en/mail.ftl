# Letters to people. Each has a subject and a body; a link stands on a line of its own.
mail-greeting = Dear { $name },
mail-greeting-unknown = Hello,
mail-footer =
    { $space }
    { $link }
mail-confirm-email-subject = Confirm your e-mail address at { $space }
mail-confirm-email =
    You, or somebody using this address, signed up at { $space }. Open this link within 24 hours to confirm the address:

    { $link }

    If it was not you, ignore this letter: an account that is not confirmed cannot be used.
mail-already-registered-subject = You already have an account at { $space }
mail-already-registered =
    Somebody just signed up at { $space } with this address, which has an account already. If it was you and you forgot the password, set a new one here:

    { $link }

    If it was not you, there is nothing to do: your account has not changed.
mail-reset-password-subject = Set a new password at { $space }
mail-reset-password =
    Somebody asked for a new password for your account at { $space }. This link works once, for 10 minutes:

    { $link }

    If it was not you, ignore this letter: the old password still works.
mail-password-changed-subject = Your password at { $space } was changed
mail-password-changed =
    The password of your account was just changed, and all other sessions have ended.

    If it was not you, set a new password now:

    { $link }
mail-second-factor-set-subject = A second factor was set up at { $space }
mail-second-factor-set =
    A second factor was just set up for your account. Keep the recovery codes in a safe place.

    If it was not you, set a new password now:

    { $link }
mail-second-factor-removed-subject = Your second factor at { $space } was removed
mail-second-factor-removed =
    The second factor of your account was just removed.

    If it was not you, set a new password now:

    { $link }
mail-recovery-code-used-subject = A recovery code of yours at { $space } was used
mail-recovery-code-used =
    A recovery code was just used to sign in to your account; that code will not work again.

    If it was not you, set a new password now:

    { $link }
mail-party-invitation-subject = Invitation to join { $party }
mail-party-invitation =
    You are invited to join { $party } at { $space }. Sign in to accept or decline:

    { $link }
mail-party-invitation-new-subject = Invitation to join { $party }
mail-party-invitation-new =
    You are invited to join { $party } at { $space }. Sign up with this very address; the invitation is waiting there:

    { $link }

    If you do not know this party, ignore this letter.
mail-second-factor-taken-subject = Your second factor at { $space } was removed
mail-second-factor-taken =
    An administrator just removed the second factor of your account and ended all its sessions. The reason given:

    { $reason }

    Your next sign-in needs the password alone; please set up a second factor again right after it.

    If you did not ask for this, set a new password now:

    { $link }

mail-listing-published-subject = “{ $title }” has been published
mail-listing-published =
    Listing { $code }, “{ $title }”, has been reviewed and published at { $space }. See it at:

    { $link }

mail-listing-changes-requested-subject = “{ $title }” needs changes before it is published
mail-listing-changes-requested =
    A moderator asks for changes to listing { $code }, “{ $title }”. The notes stand beside the fields; submit it again when they are done. See it at:

    { $link }

mail-listing-rejected-subject = “{ $title }” will not be published
mail-listing-rejected =
    A moderator rejected listing { $code }, “{ $title }”; the reason is in its history. See it at:

    { $link }

mail-listing-expires-soon-subject = “{ $title }” expires soon
mail-listing-expires-soon =
    Listing { $code }, “{ $title }”, expires soon. If it is still true, confirm it and it stays published. See it at:

    { $link }

mail-listing-expired-subject = “{ $title }” has expired
mail-listing-expired =
    Listing { $code }, “{ $title }”, has expired and is no longer published. Confirm it to publish it again. See it at:

    { $link }
